"""What the bridge and the peel leave for a hand, each place with its reason: never silently wrong."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from compare.audit.rules.asynchronous import coroutines
from compare.source import read
from compare.source.waiting import is_question
from compare.steps.convert import Plan, beginning, in_threads
from compare.steps.model import Outcome, Remaining
from compare.steps.walking import is_migration, runs_as_script

if TYPE_CHECKING:
    from compare.source import Program
    from compare.steps.project import Project


def staying(plan: Plan) -> list[Remaining]:
    """Return what a plan leaves sync, as places for a hand."""
    found = [
        Remaining(
            plan.program.scope(stay.function).module.path,
            stay.line,
            f"`{_short(stay.function)}` stays sync: {stay.reason}",
        )
        for stay in plan.stays
        if not stay.for_good
    ]
    found += [
        Remaining(
            plan.program.functions[user].module.path,
            plan.program.functions[user].node.lineno,
            f"`{_short(user)}` stays sync, and its object is given `{one.name}` out of sight: give it the sync side",
        )
        for one in plan.held
        if not one.makers
        for user in sorted(one.users)
    ]
    found += [
        Remaining(
            function.module.path,
            function.node.lineno,
            f"`{_short(function.id)}` stays sync, below what does, and FastAPI runs it in a thread, where no async "
            "session works: make what calls it a coroutine, or give it a sync engine",
        )
        for function in in_threads(plan)
    ]
    return sorted(found, key=lambda one: (one.path, one.line))


def alone(plan: Plan) -> list[Remaining]:
    """Return the places at which what stays sync begins a session of its own."""
    found = {
        (plan.program.scope(call.unit).module.path, call.node.lineno): call.unit
        for call in beginning(plan)
        if isinstance(call.node, ast.Call)
    }
    return [
        Remaining(
            path,
            line,
            f"`{_short(unit)}` stays sync and begins a session here: it needs a sync engine beside the async one",
        )
        for (path, line), unit in sorted(found.items())
    ]


def at_import(plan: Plan) -> list[Remaining]:
    """Return the places at which a module calls what is awaited from now on, while it is loaded."""
    found = []
    for node, calls in (*plan.waits.calls.items(), *plan.waits.asking.items()):
        module = plan.program.modules.get(calls[0].unit)
        called = any(call.target in plan.asyncs - plan.shells or is_question(call.target) for call in calls)
        if module is None or not called or not isinstance(node, ast.Call):
            continue
        if not (runs_as_script(module, node) or is_migration(module)):
            name = ast.unparse(node.func)
            reason = f"`{name}()` runs while the module is loaded, where nothing can be awaited: call it at start-up"
            found.append(Remaining(module.path, node.lineno, reason))
    return sorted(found, key=lambda one: (one.path, one.line))


def on_a_loop(plan: Plan) -> list[Remaining]:
    """Return where a coroutine calls a command of Alembic's, whose environment runs a loop of its own (T55)."""
    program = plan.program
    if not any(is_migration(module) and _makes_engine(program, module.name) for module in program.modules.values()):
        return []
    return [
        Remaining(
            program.scope(call.unit).module.path,
            call.node.lineno,
            f"`{ast.unparse(call.node.func)}()` runs Alembic's environment, and with it a loop of its own: call it in "
            "a thread, by `await asyncio.to_thread(…)`",
            "T55",
        )
        for call in program.calls
        if call.target.startswith("alembic.command.") and call.unit in plan.asyncs and isinstance(call.node, ast.Call)
    ]


def _makes_engine(program: Program, module: str) -> bool:
    making = {"sqlalchemy.create_engine", "sqlalchemy.engine_from_config"}
    return any(call.target in making and program.scope(call.unit).module.name == module for call in program.calls)


def unawaited(project: Project, found: Outcome) -> Outcome:
    """Return what comes of a step, with every place left that may be a coroutine now which nobody awaits.

    The outcome is read once more: what the step did not see is told, and never silently wrong (T02 to T04).
    """
    if not found.changes:
        return found
    texts = {one.path: one.after for one in found.changes if one.path.suffix == ".py"}
    after = read(project.root, project.settings.paths, texts)
    known = {(one.path, one.message) for one in coroutines(project.program, possible=True)}
    told = {(one.path, _named(one.reason)) for one in found.remaining}
    more = [
        Remaining(one.path, one.line, f"{one.message}, if it waits from now on: see whether it does", one.code)
        for one in coroutines(after, possible=True)
        if (one.path, one.message) not in known and (one.path, _named(one.message)) not in told
    ]
    return replace(found, remaining=(*found.remaining, *more))


def _named(text: str) -> str:
    """What a text is about: what it names first."""
    return text.partition("`")[2].partition("`")[0]


def _short(function: str) -> str:
    return function.partition(":")[2] or function
