"""`compare bench --locust`: what it writes, what a Locust cluster makes of it, and what it refuses."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from compare.bench.locust.part import Part
from compare.config import load
from compare.postgres import Clone, Server, fill
from compare.process import free_port
from compare.subjects import started

PAIR = Path(__file__).parent / "pair" / "compare.toml"
SCENARIOS = """\
- scenario: a ship is seen
  variables: {keeper: 2}
  steps:
    - PUT /watches/1:
        json: {keeper: "${keeper}"}
    - POST /entries:
        json: {keeper: "${keeper}", visibility_km: "7.25", remark: "ship ${unique} é"}
        status: 201
        capture: {entry: /id}
    - GET /entries/${entry}:
    - DELETE /entries/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01:
    - GET /watches:

- scenario: only the first can see it
  steps:
    - GET /entries/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a02:
        capture: {number: /number}
    - DELETE /entries/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a02:
    - GET /entries:
        query: {keeper: "${number}"}
"""
USERS = 4
PATIENCE = 60  # seconds that anything of Locust may take here


def written(target: Path, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run `compare bench --locust`."""
    command = [sys.executable, "-m", "compare", "bench", "--config", str(PAIR), "--locust", str(target), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=cwd)  # noqa: S603


@dataclass(frozen=True)
class Ran:
    """What the master of a cluster told when it was over."""

    code: int
    table: list[dict[str, Any]]
    said: str

    def sent(self) -> dict[str, int]:
        """Requests by name."""
        return {row["name"]: row["num_requests"] for row in self.table}

    def failed(self) -> dict[str, int]:
        """Failures by name, where there are any."""
        return {row["name"]: row["num_failures"] for row in self.table if row["num_failures"]}


def cluster(file: Path, host: str, seconds: int = 3) -> Ran:
    """A master and two workers for so long, and what the master says; nothing of it is left running."""
    port = str(free_port())
    locust = [sys.executable, "-m", "locust", "-f", str(file)]
    master = [*locust, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--headless"]
    master += ["--expect-workers", "2", "--expect-workers-max-wait", "30", "--host", host, "--json"]
    master += ["-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s", "--stop-timeout", "5"]
    worker = [*locust, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    with ExitStack() as stack:
        running = []
        for command in (master, worker, worker):
            one = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - of this test's own
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=file.parent
                )
            )
            stack.callback(one.kill)
            running.append(one)
        out, said = running[0].communicate(timeout=PATIENCE)
        for one in running[1:]:
            said += one.communicate(timeout=PATIENCE)[1]
        return Ran(running[0].returncode, json.loads(out), said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this module's own, outside the checkout."""
    return tmp_path_factory.mktemp("locust")


@pytest.fixture(scope="module")
def told(folder: Path) -> str:
    """What `compare bench --locust traffic.py` prints."""
    (folder / "ships.yaml").write_text(SCENARIOS, encoding="utf-8")
    done = written(folder / "traffic.py", "--scenarios", "ships.yaml", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def text(told: str, folder: Path) -> str:
    """The file that was written."""
    assert "Written: " in told
    return (folder / "traffic.py").read_text(encoding="utf-8")


@pytest.fixture
def clone(server: Server) -> Iterator[Clone]:
    """The database of an app that was deployed."""
    server.build_template(partial(fill, load(PAIR, {})))
    with server.clone("locust") as clone:
        yield clone


@pytest.fixture
def host(clone: Clone) -> Iterator[str]:
    """The address of a deployed app of the async side."""
    with started(load(PAIR, {}).side("async"), clone.address) as subject:
        yield subject.base_url


def samples(text: str) -> list[dict[str, Any]]:
    """The literals of a file."""
    (found,) = (
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SAMPLES"
    )
    read: list[dict[str, Any]] = ast.literal_eval(found)
    return read


def test_each_sample_says_what_comes_before_and_what_is_repeated(text: str) -> None:
    by_route = {sample["route"]: sample for sample in samples(text)}
    assert by_route["POST /entries"] == {
        "route": "POST /entries",
        "weight": 1.0,
        "variables": {"keeper": 2},
        "before": [("PUT /watches/{number}", {"PUT /watches/1": {"json": {"keeper": "${keeper}"}, "status": 200}})],
        "repeated": [
            (
                "POST /entries",
                {
                    "POST /entries": {
                        "json": {"keeper": "${keeper}", "visibility_km": "7.25", "remark": "ship ${unique} é"},
                        "capture": {"entry": "/id"},
                        "status": 201,
                    }
                },
            )
        ],
    }
    reads = [sample for sample in samples(text) if sample["route"] == "GET /entries/{entry_id}"]
    assert [[name for name, _ in sample["before"]] for sample in reads] == [
        ["PUT /watches/{number}", "POST /entries"],
        [],
    ]
    assert [sample["weight"] for sample in reads] == [1.0, 1.0]  # of two that the traffic has


def test_what_is_read_of_a_sample_is_what_was_written(text: str) -> None:
    for sample in samples(text):
        assert Part.heard(sample).told() == sample


def test_the_file_says_how_it_is_run_and_what_it_was_made_of(text: str) -> None:
    head = text.partition('"""')[0]
    assert "# Written by compare bench --locust" in head
    assert re.search(
        r"^# Made on \d{4}-\d\d-\d\d \d\d:\d\d UTC of:\n#     legacy: pair.legacy:app$", head, re.MULTILINE
    )
    assert "locust -f traffic.py --worker --master-host ADDRESS" in head
    assert max(map(len, text.splitlines())) <= 120


def test_what_cannot_be_repeated_is_printed_and_stands_at_the_end(text: str, told: str) -> None:
    assert re.search(
        r"^Not in it:\n  sent again, it answers 204, 404, 404; .*: DELETE /entries/{entry_id}$", told, re.MULTILINE
    )
    assert "#     DELETE /entries/{entry_id}: sent again, it answers 204, 404, 404; let the" in text
    end = text.partition("\n# Not in it:\n")[2]
    assert all(line.startswith("#     ") for line in end.splitlines())


def test_what_works_for_the_first_user_only_is_not_in_it(text: str) -> None:
    assert "GET /entries" not in {sample["route"] for sample in samples(text)}
    assert (
        "#     GET /entries: to a second user, who sends what comes before it anew, GET /entries answers nothing"
        in text
    )


def test_what_comes_before_may_go_otherwise_for_a_second_user(text: str) -> None:
    (watches,) = (sample for sample in samples(text) if sample["route"] == "GET /watches")
    _, step = watches["before"][-1]
    assert step == {"DELETE /entries/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01": {}}


def test_a_cluster_sends_every_route_and_nothing_fails(text: str, folder: Path, host: str, clone: Clone) -> None:
    assert text
    ran = cluster(folder / "traffic.py", host)
    assert ran.code == 0, ran.said
    assert ran.failed() == {}
    sent = ran.sent()
    assert sent.keys() == {
        "PUT /watches/{number}",
        "POST /entries",
        "GET /entries/{entry_id}",
        "DELETE /entries/{entry_id}",
        "GET /watches",
    }
    assert sent["DELETE /entries/{entry_id}"] == USERS  # before GET /watches, once by each
    rows = clone.fetch("SELECT remark FROM entries WHERE remark LIKE 'ship %'")
    remarks = [str(row["remark"]) for row in rows]
    assert len(remarks) == sent["POST /entries"] > USERS
    assert len(set(remarks)) == len(remarks)
    users = {re.fullmatch(r"ship (\d{12})\d{6} é", remark)[1] for remark in remarks}  # type: ignore[index]
    assert len(users) == USERS
    watches = clone.fetch("SELECT count(*) AS n FROM entries WHERE remark = 'took over watch 1'")
    assert watches[0]["n"] == sent["PUT /watches/{number}"]


def test_another_status_than_the_rehearsed_one_is_a_failure(text: str, folder: Path, host: str) -> None:
    broken = text.replace("'status': 201", "'status': 202")
    assert broken != text
    (folder / "broken.py").write_text(broken, encoding="utf-8")
    ran = cluster(folder / "broken.py", host, seconds=2)
    assert ran.code == 1
    assert ran.failed() == {"POST /entries": ran.sent()["POST /entries"]}
    assert "answered 201, in the rehearsal 202" in ran.said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere/traffic.py", "nowhere must be a folder"),
        ("here", "cannot be written there"),
        ("traffic.txt", "give it a name that ends in .py"),
        ("compare.py", "give it a name that ends in .py and is not compare.py"),
        ("own.py", "is there already and was not written by compare. Name another file, or remove it."),
    ],
)
def test_a_file_that_cannot_or_must_not_be_written_is_refused(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "own.py").write_text("import locust\n", encoding="utf-8")
    done = written(Path(name), cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "own.py").read_text(encoding="utf-8") == "import locust\n"


def test_a_file_that_was_written_before_is_written_anew(text: str, folder: Path) -> None:
    (folder / "again.py").write_text(text.splitlines()[0] + "\nold = True\n", encoding="utf-8")
    done = written(folder / "again.py", "--scenarios", "ships.yaml", "--routes", "GET /watches", cwd=folder)
    assert done.returncode == 0, done.stderr
    anew = (folder / "again.py").read_text(encoding="utf-8")
    assert {sample["route"] for sample in samples(anew)} == {"GET /watches"}
    assert "old = True" not in anew


def test_figures_cannot_be_asked_for_too(tmp_path: Path) -> None:
    done = written(Path("traffic.py"), "--json", "-", cwd=tmp_path)
    assert done.returncode == 2
    assert "leave --json out" in done.stderr


def python(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run this interpreter."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=cwd)  # noqa: S603


def test_a_worker_without_the_extra_says_what_to_install(text: str, tmp_path: Path) -> None:
    (tmp_path / "traffic.py").write_text(text, encoding="utf-8")
    done = python("-c", "import sys, runpy; sys.modules['locust'] = None; runpy.run_path('traffic.py')", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == 'locust is not installed here: pip install "async-migration-kit[locust]"\n'


def test_a_sample_that_was_changed_into_nonsense_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "traffic.py").write_text(text.replace("'capture'", "'captures'"), encoding="utf-8")
    done = python("traffic.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be read: unknown key 'captures'; did you mean 'capture'?" in done.stderr
    assert "Traceback" not in done.stderr
