"""Where sessions begin: there the bridge is built, from code that is async into functions that are given their session.

A function can stay behind the bridge if every session that it uses is an argument of its own: `run_sync` hands it
another one. One that an object holds, `self.session`, cannot be handed over: what uses it goes at once.
"""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING

from compare.source import Function, Program, Waiting, library
from compare.source.values import CLASS, OBJECT
from compare.source.waiting import IN_LINE, families
from compare.steps.convert.holders import sessions
from compare.steps.walking import is_revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.reading import Call
    from compare.steps.convert.plan import Plan


def edges(program: Program, waits: Waiting) -> set[str]:
    """Return the functions in which sessions begin, or are held, and those that lead there.

    A function that is given its session by another one of the program is not among them: it is called over the bridge.
    """
    found = {name for name in waits.functions if not _is_called(program, waits, name)}
    found |= {call.unit for calls in waits.asking.values() for call in calls if call.target.endswith(".__enter__")}
    found |= {call.unit for call in program.calls if makes_session(call) and call.unit in waits.functions}
    found |= {call.unit for calls in waits.asking.values() for call in calls if _asks_engine(call)}
    found |= {name for name in waits.functions if name in program.functions and program.functions[name].is_async}
    found |= set(_holding(program, waits))
    found |= {call.target for call in program.calls if call.target in waits.functions and _by_the_framework(call)}
    alike = {name: family for family in families(program) for name in family}
    queue = deque(found)
    while queue:
        unit = queue.popleft()
        calls = [call for call in program.calls_to.get(unit, ()) if call.how in IN_LINE]
        callers = [call.unit for call in calls]
        # What stands for one another, or is called in one place, is awaited alike.
        instead = [other.target for call in calls for other in program.calls_at.get(call.node, ()) if not other.how]
        # A generator that is gone through here cannot be handed over the bridge: it is not done when it returns.
        gone_through = [call.target for call in program.calls_from.get(unit, ()) if call.how == library.ITERATED]
        for name in (*callers, *instead, *alike.get(unit, ()), *gone_through):
            if name in waits.functions and name not in found:
                found.add(name)
                queue.append(name)
    return found


def beginning(plan: Plan) -> list[Call]:
    """Return the calls by which functions that stay sync begin a session, ask an engine, or are given one of the two.

    Whatever they name is async from here on: they need a sync engine beside it.
    """
    found = []
    for call in plan.program.calls:
        if call.unit not in plan.sync or not isinstance(call.node, ast.Call):
            continue
        if is_revision(plan.program.scope(call.unit).module):
            continue  # on the connection that Alembic has, or inside of the greenlet that it runs in
        factory = call.target == library.FACTORY and call.value.kind == CLASS
        if (makes_session(call) and not factory) or _asks_engine(call) or _hands_out(plan, call):
            found.append(call)
    return found


def in_threads(plan: Plan) -> list[Function]:
    """Return the functions that stay sync below others, and that FastAPI calls as well: in a thread, over no bridge."""
    staying = {stay.function for stay in plan.stays}
    names = {call.target for call in plan.program.calls if _by_the_framework(call)} & (plan.sync - staying)
    return [plan.program.functions[name] for name in sorted(names) if name in plan.program.functions]


def _hands_out(plan: Plan, call: Call) -> bool:
    """Whether a function that does not wait itself gives its caller a session, or what makes one."""
    function = plan.program.functions.get(call.target)
    if function is None or call.how or call.target in plan.waits.functions:
        return False
    return any(value.kind == OBJECT and value.name in _ASYNC_SOON for value in plan.program.of(call.node))


_ASYNC_SOON = {library.SESSION, library.CONNECTION, library.ENGINE, library.FACTORY}


def _is_called(program: Program, waits: Waiting, name: str) -> bool:
    return any(
        (call.how in IN_LINE and call.unit in waits.functions and call.unit in program.functions)
        or call.how in {library.THREAD, library.BRIDGE}
        for call in program.calls_to.get(name, ())
    )


def _by_the_framework(call: Call) -> bool:
    """Whether FastAPI calls it as well, who awaits it, but knows of no bridge: a route, a dependency, a task."""
    owner = call.how.removeprefix("handed to ").rpartition(".")[0]
    return call.how in {"handed to fastapi.Depends", library.BACKGROUND} or owner in library.FRAMEWORK


def makes_session(call: Call) -> bool:
    """Whether a call makes a session, or what makes them."""
    return call.target in {library.SESSION, library.FACTORY} or call.target.endswith("sessionmaker.__call__")


def _asks_engine(call: Call) -> bool:
    """Whether the engine itself is asked: `dispose()`. There is no session to cross the bridge with."""
    return call.target.rpartition(".")[0] == library.ENGINE


def _holding(program: Program, waits: Waiting) -> Iterator[str]:
    """The functions that ask, or call what asks, through a session which is no argument of their own."""
    for calls in (*waits.asking.values(), *waits.calls.values()):
        for call in calls:
            function = program.functions.get(call.unit)
            if function is None or not isinstance(call.node, ast.Call):
                continue
            given = {parameter.arg for parameter in function.parameters}
            if any(not (isinstance(node, ast.Name) and node.id in given) for node in sessions(program, call.node)):
                yield call.unit
