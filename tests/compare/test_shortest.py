"""From a difference in generated traffic to the shortest way there, and to a test that a person can keep."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compare.findings import Finding, Group
from compare.postgres import Address
from compare.traffic import Request, Scenario
from compare.verdict.reproduce import Played, candidates, proved

PAIR = Path(__file__).parent / "pair"
OPENAPI = """
[openapi]
examples = 3
"""


@pytest.fixture
def folder(tmp_path: Path, embedded: Address) -> Path:
    """The pair, for which requests are generated and nothing else is sent."""
    folder = shutil.copytree(PAIR, tmp_path / "pair", ignore=shutil.ignore_patterns("scenarios", "__pycache__"))
    config = folder / "compare.toml"
    database = f'[database]\nurl = "{embedded.url()}"'
    config.write_text(f"sample = 0\nscenarios = []\n{config.read_text().replace('[database]', database)}{OPENAPI}")
    return folder


def _run(folder: Path, bug: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PAIR_BUG": bug, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_difference_comes_with_a_short_test_that_fails_on_one_side(folder: Path) -> None:
    code, told = _run(folder, "page", "compare", "run")
    assert code == 1, told
    (written,) = (folder / ".compare").glob("test_*.py")
    source = written.read_text()
    assert written.name in told
    assert "RES006" in source
    requests = [line for line in source.splitlines() if "await client.request(" in line]
    assert len(requests) == 2, source
    assert requests[0].startswith("    response = await client.request('POST', '/entries', json=")
    assert requests[1] == "    response = await client.request('GET', '/entries')"
    code, told = _run(folder, "page", "pytest", str(written))
    assert code == 1, told
    assert "1 failed, 1 passed" in told
    assert "[async]" in told.partition("short test summary")[2]


def _scenario(name: str, *calls: str) -> Scenario:
    pairs = [call.partition(" ") for call in calls]
    steps = [Request(number, method, target) for number, (method, _, target) in enumerate(pairs, 1)]
    return Scenario(name, Path("openapi.json"), tuple(steps), origin="generated")


class Apps:
    """Two apps of which async answers `GET /list` with what it answered first, whatever was written meanwhile.

    `remembers` is whether they are the same ones for every play, so that they know of earlier ones.
    """

    def __init__(self, *, remembers: bool) -> None:
        self.remembers = remembers
        self.first: int | None = None
        self.plays = 0

    def play(self, scenario: Scenario) -> Played:
        """On an empty list each time."""
        self.plays += 1
        self.first = self.first if self.remembers else None
        written, found = 0, []
        for step in scenario.steps:
            written += step.target == "/write"
            if step.target == "/list":
                self.first = written if self.first is None else self.first
                if self.first != written:
                    found.append(dataclasses.replace(FOUND, scenario=scenario.name, step=str(step)))
        return Played(found, ())


FOUND = Finding("RES006", "/list", "1 items", "0 items", "GET /list", "third", "2. GET /list")
BEFORE = (
    _scenario("first", "GET /noise", "GET /list", "GET /noise"),
    _scenario("second", "GET /noise", "POST /write"),
    _scenario("third", "POST /write", "GET /list", "GET /noise", "GET /list"),
)
SHORTEST = ["1. GET /list", "2. POST /write", "3. GET /list"]


def test_what_an_app_has_in_its_memory_is_found_to_be_part_of_it() -> None:
    warm, cold = Apps(remembers=True), Apps(remembers=False)
    for scenario in BEFORE:
        warm.play(scenario)
    (candidate,) = candidates([Group((FOUND,), 1)], BEFORE, warm.play)
    assert candidate.shortest is not None
    assert [str(step) for step in candidate.shortest.steps] == ["1. POST /write", "2. GET /list"]
    shown = proved(candidate, cold.play)
    assert shown is not None
    assert [str(step) for step in shown.scenario.steps] == SHORTEST
    assert cold.plays < 20


def test_where_it_does_not_show_again_what_came_before_is_played_too() -> None:
    cold = Apps(remembers=False)
    (candidate,) = candidates([Group((FOUND,), 1)], BEFORE, cold.play)
    assert candidate.shortest is not None
    assert [str(step) for step in candidate.shortest.steps] == SHORTEST


def test_what_never_shows_again_has_no_shortest_way() -> None:
    def play(_scenario: Scenario) -> Played:
        return Played((), ())

    (candidate,) = candidates([Group((FOUND,), 1)], BEFORE, play)
    assert candidate.shortest is None
    assert proved(candidate, play) is None
