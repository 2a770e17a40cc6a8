"""What a trace showed, told by the audit and left by the steps: where it is now, once, with its trap."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.audit.audited import audited
from compare.cli import app
from compare.steps.project import Project, StepSettings
from compare.steps.transforms import sessions, strict
from compare.trace.model import Late, LeftOpen, Load, OnLoop, Place, Refused, Trace, save
from tests.compare.programs import written

CODE = """
def find(session, key):
    return session.get(Thing, key)


def read(session, key):
    found = find(session, key)
    return found.parts
"""
FIND = Place("shop.py", "find", 1, 2)
READ = Place("shop.py", "read", 5, 7)
ELSEWHERE = Place("gone.py", "read", 5, 7)


def refused(reason: str, parameter: str = "pk_1", kind: str = "integer", *, silent: bool = False) -> Refused:
    return Refused("SELECT 1", parameter, kind, reason, silent, FIND)


def load(kind: str, at: Place | None = READ, *, inside: bool = False, cause: str = "", during: str = "") -> Load:
    return Load(kind, "shop.Thing", "parts", inside, at, (), FIND, (), during, "", cause)


def codes(trace: Trace, folder: Path) -> list[tuple[str, int]]:
    found = audited(written(folder, {"shop.py": CODE}), trace=trace)
    return [(one.code, one.line) for one in found.sites if one.code != "MIG1"]


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        (Trace(loads=(load("lazy"),)), [("T01", 7)]),
        (Trace(loads=(load("lazy", None, during="answer"),)), [("T07", 2)]),
        (Trace(loads=(load("expired", cause="commit"),)), [("T05", 7)]),
        (Trace(loads=(load("expired", cause="rollback"),)), [("T24", 7)]),
        (Trace(loads=(load("onupdate"),)), [("T25", 7)]),
        (Trace(loads=(load("polymorphic"),)), [("T27", 7)]),
        (Trace(loads=(load("deferred"),)), [("T28", 7)]),
        (Trace(loads=(load("lazy", inside=True),)), []),
        (Trace(loads=(load("lazy", ELSEWHERE),)), []),
        (Trace(refused=(refused("an int is expected, not str"),)), [("T14", 2)]),
        (Trace(refused=(refused("PostgreSQL says: operator does not exist", ""),)), [("T15", 2)]),
        (Trace(refused=(refused("a datetime without a time zone is expected, not datetime"),)), [("T16", 2)]),
        (Trace(refused=(refused("…", kind="timestamp with time zone", silent=True),)), [("T17", 2)]),
        (Trace(refused=(refused("PostgreSQL says: could not determine data type", ""),)), [("T19", 2)]),
        (Trace(refused=(refused("there is more than one statement in it", ""),)), [("T20", 2)]),
        (Trace(left_open=(LeftOpen("collected", FIND), LeftOpen("never", READ))), [("T29", 2), ("T29", 7)]),
        (Trace(late=(Late("shop:read", READ),)), [("T37", 7)]),
        (Trace(on_loop=(OnLoop("SELECT 1", FIND),)), [("T08", 2)]),
        (Trace(on_loop=(OnLoop("SELECT 1", None),)), []),
    ],
)
def test_each_thing_that_a_run_showed_has_its_trap(
    trace: Trace, expected: list[tuple[str, int]], tmp_path: Path
) -> None:
    assert codes(trace, tmp_path) == expected


def test_a_function_that_moved_is_found_again(tmp_path: Path) -> None:
    """The trace is from before somebody put four lines on top."""
    before = replace(READ, first_line=1, line=3)
    assert codes(Trace(loads=(load("lazy", before),)), tmp_path) == [("T01", 7)]


def test_a_place_that_the_source_shows_as_well_is_told_once(tmp_path: Path) -> None:
    code = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
engine = create_engine("postgresql://x")
async def read():
    with Session(engine) as session:
        session.commit()
"""
    folder = written(tmp_path, {"shop.py": code})
    alone = [one for one in audited(folder).sites if one.code == "T08"]
    trace = Trace(on_loop=tuple(OnLoop("", Place("shop.py", "read", 4, one.line)) for one in alone))
    assert alone
    assert [one for one in audited(folder, trace=trace).sites if one.code == "T08"] == alone


def test_the_audit_reads_the_trace_beside_the_program(tmp_path: Path) -> None:
    folder = written(tmp_path, {"shop.py": CODE})
    save(Trace(late=(Late("shop:read", READ),)), folder / ".compare" / "trace.json")
    result = CliRunner().invoke(app, ["audit", str(folder), "--json"])
    told = [(one["code"], one["message"]) for one in json.loads(result.output)["sites"] if one["code"] == "T37"]
    assert told == [("T37", "commits after the answer of `read` has begun")]
    result = CliRunner().invoke(app, ["audit", str(folder), "--trace", str(tmp_path / "none.json")])
    assert "There is no trace at" in str(result.exception)


def test_the_steps_leave_them_to_a_hand(tmp_path: Path) -> None:
    folder = written(tmp_path, {"shop.py": CODE})
    path = folder / ".compare" / "trace.json"
    save(Trace(refused=(refused("an int is expected, not str"),), left_open=(LeftOpen("never", FIND),)), path)
    project = Project(folder, StepSettings(), path)
    assert [(one.code, one.line) for one in strict(project).remaining] == [("T14", 2)]
    assert [(one.code, one.line) for one in sessions(project).remaining] == [("T29", 2)]
    assert not strict(replace(project, trace=None)).remaining
