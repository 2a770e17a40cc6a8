"""The steps' transformations: what each makes of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compare.steps import drivers
from compare.steps.clients import clients
from compare.steps.convert import Plan, converted, edges, planned
from compare.steps.eager import options
from compare.steps.loads import kept_loaded
from compare.steps.model import Change, Outcome, Remaining
from compare.steps.rewrite import Edits, rewritten
from compare.steps.select import selected
from compare.steps.settings_files import dependencies, pytest_settings
from compare.trace.model import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compare.source import Program
    from compare.steps.project import Project


def outcome(program: Program, edits: Mapping[str, Edits], remaining: Iterable[Remaining] = ()) -> Outcome:
    """Return what comes of the edits of a program's files; files that could not be read are among what is left."""
    changes = []
    for found in edits.values():
        after = rewritten(found)
        if after != found.module.text:
            changes.append(Change(found.module.path, found.module.text, after, tuple(found.what)))
    broken = [Remaining(one.path, one.line, f"could not be read as Python 3: {one.message}") for one in program.broken]
    return Outcome(tuple(sorted(changes, key=lambda one: one.path)), (*broken, *remaining))


def staying(plan: Plan) -> list[Remaining]:
    """Return what a plan leaves sync, as places for a hand."""
    found = [
        Remaining(
            plan.program.scope(stay.function).module.path,
            stay.line,
            f"`{_short(stay.function)}` stays sync: {stay.reason}",
        )
        for stay in plan.stays
    ]
    return sorted(found, key=lambda one: (one.path, one.line))


def _short(function: str) -> str:
    return function.partition(":")[2] or function


def baseline(project: Project) -> Outcome:
    """Step 0."""
    edits: dict[str, Edits] = {}
    drivers.named(project.program, edits, drivers.SYNC, frozenset({""}))
    found = outcome(project.program, edits)
    changes, left = dependencies(project.root, _RUNTIME, _TESTING)
    return Outcome((*found.changes, *changes), (*found.remaining, *left))


_RUNTIME = {"asyncpg": "asyncpg>=0.30", "greenlet": "greenlet>=3"}
_TESTING = {"pytest-asyncio": "pytest-asyncio>=1.2", "httpx": "httpx>=0.28"}


def tests(project: Project) -> Outcome:
    """Step 1."""
    plan, edits = clients(project.program)
    found = outcome(project.program, edits, staying(plan))
    told = pytest_settings(project.root) if plan.asyncs else None
    return Outcome((*found.changes, *([told] if told else [])), found.remaining)


_NO_TRACE = Remaining(
    Path(".compare/trace.json"), 1, "there is no trace: which relationships are loaded implicitly is not known. "
    "Run the tests under it: compare trace -- pytest", "T01",
)  # fmt: skip


def loads(project: Project) -> Outcome:
    """Step 3."""
    edits: dict[str, Edits] = {}
    kept_loaded(project.program, edits)
    left = options(project.program, load(project.trace), edits) if project.trace else [_NO_TRACE]
    return outcome(project.program, edits, left)


def select(project: Project) -> Outcome:
    """Step 2."""
    edits, left = selected(project.program)
    return outcome(project.program, edits, (Remaining(one.path, one.line, one.reason, "T10") for one in left))


def bridge(project: Project) -> Outcome:
    """Step 7."""
    plan = planned(project.program, border=edges)
    edits = converted(plan)
    drivers.named(project.program, edits, drivers.ASYNC, frozenset({"", "psycopg2", "psycopg"}))
    return outcome(project.program, edits, staying(plan))


def peel(project: Project) -> Outcome:
    """Step 8."""
    plan = planned(project.program)
    return outcome(project.program, converted(plan), staying(plan))
