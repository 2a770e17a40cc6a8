"""Which functions become async, and which stay as they are.

A function that waits becomes async, and so does all that waits through it, up to whoever starts it: a route, a test, a
script. Where that is not possible (a property, a dunder method, a lambda, a callback of a library that calls it and
does not await) the function stays sync, and with it all that it waits through; what is async calls it over the bridge.
"""

from __future__ import annotations

import ast
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from compare.source import Function, Program, Waiting
from compare.source import library as library_names
from compare.source.handovers import is_own_task
from compare.source.waiting import IN_LINE, asks, families, waiting
from compare.steps.convert import callbacks, comprehensions, generators, holders, lent
from compare.steps.rewrite import parents
from compare.steps.walking import is_revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compare.source import Module
    from compare.source.reading import Call
    from compare.steps.convert.holders import Holder

_GONE = {"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "prepare"}
_AWAITABLE_DUNDERS = {"__enter__", "__exit__", "__call__", "__aenter__", "__aexit__"}


@dataclass(frozen=True)
class Stay:
    """A function that waits and stays sync.

    Attributes:
        function: Its id, or a module's.
        reason: Why, and what would help.
        line: Where the reason stands, in the function's file.
        for_good: Whether this is how it has to be: SQLAlchemy calls it, on the sync side of an AsyncSession.
    """

    function: str
    reason: str
    line: int
    for_good: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What becomes async.

    Attributes:
        program: As it was read.
        waits: What waits in it.
        asyncs: The functions that become async, by id; those that are async already and come to await are among them.
        stays: Those that stay sync, each with its own reason.
        below: Those that stay sync because one that does calls them, or uses the session that their object holds.
        shells: Functions that something sync starts (a command, a script): they stay, and run an async one.
        held: Objects that keep the sync side of their session, because one of their methods stays.
    """

    program: Program
    waits: Waiting
    asyncs: frozenset[str]
    stays: tuple[Stay, ...] = ()
    below: frozenset[str] = frozenset()
    shells: frozenset[str] = frozenset()
    held: tuple[Holder, ...] = ()

    @cached_property
    def sync(self) -> frozenset[str]:
        """All that waits and stays sync."""
        return frozenset(self.waits.functions) - self.asyncs


@dataclass(eq=False)
class _Planning:
    program: Program
    waits: Waiting
    stays: dict[str, Stay] = field(default_factory=dict)
    above: dict[str, dict[ast.AST, ast.AST]] = field(default_factory=dict)

    def parents(self, module: Module) -> dict[ast.AST, ast.AST]:
        if module.name not in self.above:
            self.above[module.name] = parents(module.tree)
        return self.above[module.name]

    def stay(self, function: str, reason: str, line: int, *, for_good: bool = False) -> None:
        self.stays.setdefault(function, Stay(function, reason, line, for_good))


def planned(
    program: Program,
    asking: Callable[[Call], bool] = asks,
    kept: Callable[[Function], str] = lambda _: "",
    border: Callable[[Program, Waiting], set[str]] | None = None,
    lending: Callable[[Call], bool] = lent.lends,
) -> Plan:
    """Decide which functions become async.

    Args:
        program: As it was read.
        asking: Which calls are awaited in the first place.
        kept: A reason for which a function stays sync whatever it is, or nothing.
        border: Which of the functions that could are made async; all, unless it is given.
        lending: Which calls lend a library what it asks through.
    """
    lending_calls = [call for call in program.calls if call.unit in program.functions and lending(call)]
    keepers = lent.keepers(program, lending_calls)
    planning = _Planning(program, waiting(program, asking, {call.unit: call for call in lending_calls} | keepers))
    for name in _crossed_already(program, asking, lending_calls):
        line = program.functions[name].node.lineno
        planning.stay(name, "it runs on the sync side, for a library, as it is", line, for_good=True)
    for name, call in keepers.items():
        planning.stay(
            name,
            f"a library is given the connection here: `{call.target.removeprefix('lent to ')}`",
            getattr(call.node, "lineno", 1),
        )
    shells: set[str] = set()
    for name in planning.waits.functions:
        function = program.functions.get(name)
        if function is None:
            continue
        caller = "SQLAlchemy" if _is_sqlalchemys(program, function) else _alembic(function)
        if caller:
            planning.stay(name, f"{caller} calls it, in sync style", function.node.lineno, for_good=True)
            continue
        reason = kept(function) or _nature(planning, function)
        if reason and callbacks.is_command(program, function):
            shells.add(name)
        elif reason:
            planning.stay(name, reason, function.node.lineno)
    _threads(planning)
    for call in _all_calls(planning):
        _check_place(planning, call)
    _overrides(planning)
    held = holders.holders(program, planning.waits)
    below = _all_below(planning, held)
    could = {name for name in planning.waits.functions if name in program.functions} - set(planning.stays) - below
    could = {name for name in could if not isinstance(program.functions[name].node, ast.Lambda)}
    chosen = could if border is None else could & border(program, planning.waits)
    staying = set(planning.stays) | below
    return Plan(
        program,
        planning.waits,
        frozenset(chosen),
        tuple(planning.stays.values()),
        frozenset(below),
        frozenset(shells),
        tuple(one for one in held if (one.users | one.makers) & staying),
    )


def _all_calls(planning: _Planning) -> Iterable[Call]:
    for calls in (*planning.waits.asking.values(), *planning.waits.calls.values()):
        yield from calls
    for name in planning.waits.functions:
        for call in planning.program.calls_to.get(name, ()):
            if call.how.startswith("handed to"):
                yield call


def _crossed_already(program: Program, asking: Callable[[Call], bool], lending: list[Call]) -> set[str]:
    """What `run_sync` runs for a library that it lends the connection to, and that asks nothing by itself."""
    units = {
        call.unit
        for call in lending
        if any(each.how == library_names.BRIDGE for each in program.calls_to.get(call.unit, ()))
    }
    return units - waiting(program, asking).functions.keys() if units else units


def _threads(planning: _Planning) -> None:
    """What is handed to a thread is awaited there; a thread of its own is not."""
    program = planning.program
    handed = {call.target for call in program.calls if call.how in {library_names.THREAD, library_names.BRIDGE}}
    for name in [name for name in planning.stays if name in handed and name in program.functions]:
        if isinstance(program.functions[name].node, ast.Lambda):
            del planning.stays[name]  # handed over to be run and awaited: what it calls takes its place
    for call in program.calls:
        if (
            call.how == library_names.THREAD
            and call.target in planning.waits.functions
            and not _is_awaited(planning, call)
        ):
            line = getattr(call.node, "lineno", 1)
            planning.stay(call.target, "it runs in a thread of its own, where nobody awaits it", line)


def _is_awaited(planning: _Planning, call: Call) -> bool:
    """Whether somebody waits for what is handed to a thread: `await run_in_threadpool(f)`."""
    above = planning.parents(planning.program.scope(call.unit).module).get(call.node)
    return isinstance(above, ast.Await) or is_own_task(planning.program, call.node, above)


def _alembic(function: Function) -> str:
    return "Alembic" if is_revision(function.module) else ""


def _is_sqlalchemys(program: Program, function: Function) -> bool:
    """Whether SQLAlchemy calls a function: a listener to its events, or a method of a session class of its own."""
    if function.owner and library_names.SESSION in program.reading.ancestors(function.owner.id):
        return True
    return any(
        call.how.startswith("handed to sqlalchemy.event.") for call in program.calls_to.get(function.id, ())
    ) or any(
        value.name.startswith("sqlalchemy.event.")
        for decorator in function.decorators
        for value in program.of(decorator.func if isinstance(decorator, ast.Call) else decorator)
    )


def _nature(planning: _Planning, function: Function) -> str:
    """Why a function cannot be a coroutine by what it is; empty if it can."""
    reading = planning.program.reading
    if isinstance(function.node, ast.Lambda):
        return "a lambda cannot await: make it a function"
    if reading.is_property(function):
        return f"the property `{function.name}` cannot be awaited where it is read: make it a method, or load before"
    name = function.name
    if function.owner and name.startswith("__") and name.endswith("__") and name not in _AWAITABLE_DUNDERS:
        return f"Python calls `{name}` and does not await it: do this work in a method of its own"
    for decorator in function.decorators:
        reason = callbacks.decorated(planning.program, decorator)
        if reason:
            return reason
    return callbacks.inherited(planning.program, function)


def _check_handed(planning: _Planning, call: Call) -> None:
    """A function that is given to what does not await it stays sync, and so does who gives it, if that waits."""
    library, program = call.how.removeprefix("handed to "), planning.program
    kept = callbacks.keeps(library)
    if callbacks.awaits(library) or (kept and callbacks.is_taken(program, call)):
        return
    called = program.functions.get(call.target)
    reason = "keeps it, and who calls it from there is not known" if kept else "calls it and does not await it"
    if called is not None:
        planning.stay(call.target, f"`{library}` {reason}", called.node.lineno)
    if not kept and call.unit in program.functions and call.unit in planning.waits.functions:
        line = getattr(call.node, "lineno", 1)
        planning.stay(call.unit, f"`{library}` calls `{_short(call.target)}` here, which waits", line)


def _check_place(planning: _Planning, call: Call) -> None:
    """A call that cannot be awaited where it stands keeps the function that it stands in sync."""
    unit = call.unit
    function = planning.program.functions.get(unit)
    line = getattr(call.node, "lineno", 1)
    if call.how.startswith("handed to"):
        _check_handed(planning, call)
        return
    if function is None:
        return
    owner, _, method = call.target.rpartition(".")
    if owner == library_names.QUERY or method in _GONE:
        planning.stay(
            unit, f"`{method.strip('_')}` is not there on an AsyncSession: the query API goes in step 2", line
        )
    elif owner in {library_names.SCOPED, library_names.RAW_CONNECTION}:
        planning.stay(
            unit, f"`{method}` of a {owner.rpartition('.')[2]}: who owns the session has to be decided first", line
        )
    whole = comprehensions.around(call.node, planning.parents(function.module))
    if whole is not None and comprehensions.taker(whole, planning.parents(function.module)) is None:
        text = ast.unparse(whole)
        planning.stay(
            unit, f"waits in a generator expression, whose reader cannot await: make a list of `{text}`", line
        )
    reason = _unawaitable(planning.program, call)
    if reason:
        planning.stay(unit, reason, line)


def _unawaitable(program: Program, call: Call) -> str:
    """Why a call cannot be awaited by what it is; empty if it can."""
    name = _short(call.target)
    if call.how == library_names.ITERATED and not generators.can_go(program, call):
        return f"goes through `{name}` in a way that has no async form"
    return ""


def _short(target: str) -> str:
    return target.rpartition(":")[2]


def _overrides(planning: _Planning) -> None:
    """Methods that stand for one another change together: one that stays sync keeps the others so."""
    for family in families(planning.program):
        staying = next((planning.stays[name] for name in sorted(family) if name in planning.stays), None)
        if staying is None:
            continue
        for name in family:
            if name in planning.waits.functions and name not in planning.stays:
                function = planning.program.functions[name]
                reason = f"stands for `{_short(staying.function)}`, which stays sync: {staying.reason}"
                planning.stay(name, reason, function.node.lineno)


def _all_below(planning: _Planning, held: list[holders.Holder]) -> set[str]:
    """What stays because of what does: what that calls, uses the session beside it, or is called where that is."""
    program, waits = planning.program, planning.waits
    groups = families(program)
    for calls in waits.calls.values():
        targets = {call.target for call in calls if not call.how}
        groups += [targets] if len(targets) > 1 else []
    found = _below(planning, planning.stays)
    while True:
        staying = planning.stays.keys() | found
        more = holders.beside(held, program, staying)
        for group in groups:
            more |= group & waits.functions.keys() if group & staying else set()
        more -= staying
        if not more:
            return found
        found |= more | (_below(planning, more) - planning.stays.keys())


def _below(planning: _Planning, staying: Iterable[str]) -> set[str]:
    """What the functions that stay call in line, and so on down."""
    found: set[str] = set()
    queue = deque(staying)
    while queue:
        unit = queue.popleft()
        for call in planning.program.calls_from.get(unit, ()):
            target = call.target
            in_line = call.how in IN_LINE or call.how.startswith("handed to")
            if in_line and target in planning.waits.functions and target not in found and target not in planning.stays:
                found.add(target)
                queue.append(target)
    return found
