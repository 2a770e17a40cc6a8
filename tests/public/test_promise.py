"""The promise of a trace, on somebody else's application: each MissingGreenlet of its naive conversion was named.

The application is a git checkout whose suite passes. It is traced while it is sync, then converted up to the bridge
without a single loader option, and its suite is run again. Where it lies, how it is checked, and what its suite needs
to run on asyncpg at all (a patch, or nothing) is said by

    COMPARE_TEST_APP=../app COMPARE_TEST_APP_CHECK="pytest -q" COMPARE_TEST_APP_PATCH=../by-hand.patch

and, for the second of the two, COMPARE_TEST_APP_PATCH_NOT_EXPIRED.
"""

import ast
import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.cli import app
from compare.trace.model import Trace, load

APP = os.environ.get("COMPARE_TEST_APP")
CHECK = os.environ.get("COMPARE_TEST_APP_CHECK", "pytest -q")
PATCH = os.environ.get("COMPARE_TEST_APP_PATCH")
KEPT = os.environ.get("COMPARE_TEST_APP_PATCH_NOT_EXPIRED")  # where fixtures make the sessions, and say what expires

pytestmark = pytest.mark.skipif(APP is None, reason="COMPARE_TEST_APP names no checkout of an application")


def plain(function: str) -> str:
    """A function's name without its class or what it stands in, which not every Python tells."""
    return function.rpartition(".")[2].removeprefix("_")


def named(trace: Trace) -> set[tuple[str, str, str, str]]:
    """What a trace says would be raised: class, attribute (`*` for columns), file, function."""
    return {
        (
            one.owner,
            one.name if one.kind == "lazy" else "*",
            one.at.file if one.at else "",
            plain(one.at.function) if one.at else "",
        )
        for one in trace.loads
        if not one.inside
    }


def ran(trace: Trace, file: str, function: str) -> bool:
    """Whether a line of a function ran while it was traced; the framework's own places and tests count as such."""
    path = Path(str(APP)) / file
    if file not in trace.lines or not path.is_file():
        return True
    lines = trace.lines[file].ran
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and plain(node.name) == function
        and any(statement.lineno <= line <= (statement.end_lineno or 0) for statement in node.body for line in lines)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """What a run of the application's suite shows while it is sync."""
    folder, kept = clone(tmp_path_factory.mktemp("sync")), tmp_path_factory.mktemp("trace") / "trace.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done("trace", "--out", str(kept), "--", *shlex.split(CHECK))
    return load(kept)


def clone(folder: Path) -> Path:
    """Clone the repository that the application lies in; return the application's own folder there."""
    origin = Path(str(APP)).resolve()
    top = subprocess.check_output(["git", "rev-parse", "--show-toplevel"], cwd=origin, text=True).strip()
    subprocess.run(["git", "clone", "-q", top, str(folder / "app")], check=True)
    return folder / "app" / origin.relative_to(top)


def done(*arguments: str) -> None:
    """Run a command of the kit's, in this folder."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{result.output[-2000:]}{result.exception!r}"


# The second is what everybody does first, and lets the suite come further: `expire_on_commit=False`, and nothing more.
@pytest.mark.parametrize("steps", [(0, 1, 2, 4, 5, 6, 7), (0, 1, 2, 3, 4, 5, 6, 7)], ids=["naive", "not expired"])
def test_every_missing_greenlet_was_named(
    steps: tuple[int, ...],
    trace: Trace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    folder = clone(tmp_path)
    (tmp_path / "seen").mkdir()
    monkeypatch.chdir(folder)
    for number in steps:
        done("steps", "apply", str(number), "--allow-dirty")
    for patch in (PATCH, KEPT if 3 in steps else None):
        if patch:
            subprocess.run(["git", "apply", str(Path(patch).resolve())], cwd=folder, check=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        "PYTEST_PLUGINS": "greenlets",
        "GREENLETS": str(tmp_path / "seen"),
    }
    subprocess.run(shlex.split(CHECK), cwd=folder, env=environment, check=False)

    seen = [one for path in (tmp_path / "seen").glob("*.json") for one in json.loads(path.read_text(encoding="utf-8"))]
    raised = {(one["owner"], one["name"], one["file"], plain(one["function"])) for one in seen if one["name"]}
    promised = {place for place in raised if ran(trace, *place[2:])}
    record_property("raised", sorted(promised))
    record_property("not run before", sorted(raised - promised))  # a failing test's `__repr__`: no promise holds there
    record_property("outside", [one for one in seen if not one["name"]])  # statements that are for a hand
    assert seen or 3 in steps, "nothing was raised: the conversion is not naive, or the suite did not run"
    assert promised <= named(trace)
