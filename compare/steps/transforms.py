"""The steps' transformations: what each makes of a project."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from compare.audit.audited import sites_of
from compare.audit.traps import TRAPS
from compare.source.files import python_files
from compare.steps import drivers
from compare.steps.clients import clients
from compare.steps.convert import converted, edges, planned, streamed_lines
from compare.steps.eager import options
from compare.steps.engines import asyncpg_arguments
from compare.steps.loads import kept_loaded
from compare.steps.model import Change, Outcome, Remaining
from compare.steps.remaining import alone, at_import, on_a_loop, staying, unawaited
from compare.steps.rewrite import Edits, rewritten
from compare.steps.select import Proof, proved, selected
from compare.steps.sessions import own_sessions
from compare.steps.settings_files import dependencies, pytest_settings, without
from compare.steps.stopgap import off_the_loop
from compare.steps.strict import by_state
from compare.trace.model import TRACE, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

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


def baseline(project: Project) -> Outcome:
    """Step 0."""
    edits: dict[str, Edits] = {}
    drivers.named(project.program, edits, drivers.sync_driver(project.root), frozenset({""}))
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
    TRACE, 1, "there is no trace: which relationships are loaded implicitly is not known. "
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
    proof = Proof()
    if project.settings.prove:
        proof = proved(project.root, project.program, edits, project.settings.link)
        if proof.differing:
            edits, left = selected(project.program, proof.differing)
    found = outcome(project.program, edits, (Remaining(one.path, one.line, one.reason, "T10") for one in left))
    return replace(found, notes=_told(proof))


def _told(proof: Proof) -> tuple[str, ...]:
    told = [f"{proof.same} queries compile to the same SQL as statements."] if proof.same else []
    if proof.unknown:
        kind, count = Counter(why.partition(":")[0] for why in proof.unknown).most_common(1)[0]
        told.append(f"{len(proof.unknown)} could not be evaluated by themselves ({kind} in {count} of them).")
    return tuple(told)


def strict(project: Project) -> Outcome:
    """Step 4."""
    edits: dict[str, Edits] = {}
    by_state(project.program, edits)
    return outcome(project.program, edits, found_by_audit(project, 4))


def sessions(project: Project) -> Outcome:
    """Step 5."""
    edits: dict[str, Edits] = {}
    told = own_sessions(project.program, edits)
    left = [
        replace(one, reason=f"{one.reason} ({told[one.path, one.line]})") if told.get((one.path, one.line)) else one
        for one in found_by_audit(project, 5)
        if told.get((one.path, one.line), one.reason)
    ]
    return outcome(project.program, edits, left)


def stopgap(project: Project) -> Outcome:
    """Step 6."""
    edits: dict[str, Edits] = {}
    left = off_the_loop(project.program, edits)
    return outcome(project.program, edits, [*left, *found_by_audit(project, 6)])


def surroundings(project: Project) -> Outcome:
    """Step 9."""
    return outcome(project.program, {}, found_by_audit(project, 9))


def harden(project: Project) -> Outcome:
    """Step 10."""
    return outcome(project.program, {}, found_by_audit(project, 10))


_SYNC_DRIVERS = frozenset({"psycopg2", "psycopg2-binary", "psycopg"})


def cutover(project: Project) -> Outcome:
    """Step 11."""
    left = list(_still_sync(project.program))
    outside = list(_imported(project.root, {module.path for module in project.program.modules.values()}))
    if outside:
        path, line, name = outside[0]
        more = f", and in {len(outside) - 1} more places" if len(outside) > 1 else ""
        left.append(
            Remaining(
                path, line, f"`{name}` is imported here{more}, which the steps leave alone: the sync driver stays"
            )
        )
    return Outcome(() if left else tuple(without(project.root, _SYNC_DRIVERS)), tuple(left))


def optimize(_project: Project) -> Outcome:
    """Step 12."""
    return Outcome()


def _still_sync(program: Program) -> Iterator[Remaining]:
    """What needs the sync driver still: imports of it, and engines that are made with it."""
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.partition(".")[0] in _SYNC_DRIVERS and isinstance(node, ast.stmt):
                    yield Remaining(module.path, node.lineno, f"`{name}` is imported: the sync driver stays")
    for call in program.calls:
        if call.target in {"sqlalchemy.create_engine", "sqlalchemy.engine_from_config"} and isinstance(
            call.node, ast.Call
        ):
            module = program.scope(call.unit).module
            yield Remaining(module.path, call.node.lineno, "a sync engine is made here: the sync driver stays")


_IMPORTED = re.compile(r"^\s*(?:from|import)\s+(psycopg2?)\b", re.MULTILINE)


def _imported(root: Path, known: set[Path]) -> Iterator[tuple[Path, int, str]]:
    """Find what imports the sync driver in files that the steps leave alone."""
    for path in python_files(root):
        if path in known:
            continue
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        for found in _IMPORTED.finditer(text):
            yield path, text.count("\n", 0, found.start(1)) + 1, found[1]


def found_by_audit(project: Project, step: int) -> list[Remaining]:
    """Return the places of a step that an audit finds, or a run showed, and the step does not see to by itself."""
    sites = sites_of(project.program, load(project.trace) if project.trace is not None else None)
    found = {
        (one.path, one.line, one.code, one.message): Remaining(
            one.path, one.line, f"{one.message}: {one.help}", one.code
        )
        for one in sites
        if TRAPS[one.code].step == step and not TRAPS[one.code].by_kit
    }
    return [found[key] for key in sorted(found)]


def bridge(project: Project) -> Outcome:
    """Step 7."""
    plan = planned(project.program, border=edges)
    edits = converted(plan, making=asyncpg_arguments)
    drivers.named(project.program, edits, drivers.ASYNC, frozenset({"", "psycopg2", "psycopg"}))
    return unawaited(
        project, outcome(project.program, edits, [*staying(plan), *alone(plan), *at_import(plan), *on_a_loop(plan)])
    )


def peel(project: Project) -> Outcome:
    """Step 8."""
    plan = planned(project.program)
    streamed = streamed_lines(plan)
    audited = [one for one in found_by_audit(project, 8) if one.code != "T42" or (one.path, one.line) not in streamed]
    left = [*staying(plan), *alone(plan), *at_import(plan), *audited]
    return unawaited(project, outcome(project.program, converted(plan, making=asyncpg_arguments), left))
