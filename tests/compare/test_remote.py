"""Sides that are running already: reached, never started or stopped, and not written to unless that is allowed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.config import Config, SideConfig, load
from compare.errors import CouldNotRunError, UsageError
from compare.postgres import Address
from compare.process import free_port
from compare.subjects import Route, refuses, started
from compare.verdict import choose_scenarios, run

from .lamps import served
from .test_process import eventually

APP = """
    from fastapi import FastAPI
    app = FastAPI()
    @app.get("/lamps/{id}")
    def lamp(id: int): ...
"""


def side(url: str, **settings: object) -> SideConfig:
    """A side at a URL."""
    return SideConfig.model_validate({"name": "async", "url": url, **settings})


def test_a_side_that_runs_already_is_reached_and_left_running(tmp_path: Path) -> None:
    with served(tmp_path, APP) as lamp:
        with started(side(lamp.base_url + "/"), None) as subject:
            assert subject.base_url == lamp.base_url
            assert list(subject.routes) == [Route("GET", "/lamps/{id}")]
            assert subject.alive
            assert (subject.pid, subject.running, subject.feed, subject.output()) == (None, 0, None, "")
        assert lamp.alive
    assert eventually(lambda: not subject.alive)


def test_a_side_that_does_not_answer_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(CouldNotRunError, match=f"The async side at {url} does not answer: .*Is it running"):
        started(side(url), None).__enter__()


def test_a_side_that_is_not_ready_is_told(tmp_path: Path) -> None:
    with (
        served(tmp_path, APP) as lamp,
        pytest.raises(CouldNotRunError, match="it answered GET /health with 404"),
        started(side(lamp.base_url, ready="/health"), None),
    ):
        pass


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "get"])
def test_reading_is_always_allowed(method: str) -> None:
    assert refuses(side("https://shop.example"), method, allow_writes=False) is None


@pytest.mark.parametrize("url", ["https://shop.example", "http://127.0.0.1:8000"])
def test_writing_needs_leave_wherever_the_side_runs(url: str) -> None:
    refused = refuses(side(url), "POST", allow_writes=False)

    assert refused is not None
    assert f"POST is not sent to {url}" in refused
    assert "--allow-writes" in refused
    assert refuses(side(url), "POST", allow_writes=True) is None


def test_a_side_on_a_copy_may_be_written_to() -> None:
    assert refuses(SideConfig(name="legacy", app="lamp:app"), "DELETE", allow_writes=False) is None


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Config]:
    """A configuration with two sides that run already, whose answers differ."""
    other = APP.replace("def lamp(id: int): ...", "def lamp(id: int): return id").replace("Lamp", "Other")
    (tmp_path / "other").mkdir()
    (tmp_path / "lamps.yaml").write_text("scenario: lamps\nsteps:\n- GET /lamps/1\n- POST /lamps: {route: none}\n")
    with served(tmp_path, APP) as legacy, served(tmp_path / "other", other) as async_:
        text = f'scenarios = "lamps.yaml"\n[legacy]\nurl = "{legacy.base_url}"\n[async]\nurl = "{async_.base_url}"\n'
        (tmp_path / "compare.toml").write_text(text)
        yield load(tmp_path / "compare.toml")


def test_two_sides_that_run_already_are_compared_on_what_is_seen_from_outside(
    running: Config, embedded: Address
) -> None:
    config = running.model_copy(
        update={"allow_writes": True, "database": running.database.model_copy(update={"url": embedded.url()})}
    )

    verdict = run(config, choose_scenarios(config), lambda _event: None)

    assert verdict.stopped is None
    assert {finding.route for finding in verdict.differences} == {"GET /lamps/{id}"}
    assert verdict.tables == ()


def test_a_scenario_that_writes_to_a_side_that_runs_already_is_refused_before_anything_is_sent(
    running: Config,
) -> None:
    with pytest.raises(UsageError, match=r"scenario 'lamps', step 2\. POST /lamps: POST is not sent to http://127"):
        run(running, choose_scenarios(running), lambda _event: None)
