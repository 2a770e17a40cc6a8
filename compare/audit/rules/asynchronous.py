"""What async code does wrong, or will: T02, T03, T04, T08, T13, T23, T40, T55."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.audit.site import Site, site
from compare.source import Function, Module, Program, library, waiting
from compare.source.handovers import BESIDE, THREADED, handovers
from compare.source.values import OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.reading import Call

_GATHERING = {"asyncio.gather", "asyncio.wait", "asyncio.create_task", "asyncio.ensure_future"}
_RUNNING = {"asyncio.run"}


def blocking(program: Program) -> Iterator[Site]:
    """T08: sync SQL that an `async def` reaches, through whatever it calls."""
    waits = waiting(program)
    for node, calls in [*waits.asking.items(), *waits.calls.items()]:
        for call in calls:
            function = program.functions.get(call.unit)
            if function is None or not function.is_async:
                continue
            target = program.functions.get(call.target)
            if target is not None and target.is_async:
                continue
            chain = [call, *(waits.chain(call.target) if target is not None else [])]
            if isinstance(node, ast.expr) and _is_sync(program, chain[-1]):
                yield site(function.module, node, "T08", f"`{function.name}` runs SQL on the event loop: {_way(chain)}")
                break


def _is_sync(program: Program, call: Call) -> bool:
    """Whether the session is one of a sync engine: not the one that `run_sync` hands to a function."""
    unit = program.functions.get(call.unit)
    return not (unit is not None and any(one.how == library.BRIDGE for one in program.calls_to.get(unit.id, ())))


def _way(chain: list[Call]) -> str:
    return " → ".join(call.target.rpartition(":")[2].rpartition("sqlalchemy.")[2] for call in chain)


def coroutines(program: Program, *, possible: bool = False) -> Iterator[Site]:
    """T02, T03, T04: a coroutine that nobody awaits; with `possible`, also what may be one and something else."""
    for module in program.modules.values():
        parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        for node in parents:
            if isinstance(node, ast.Call) and _is_coroutine(program, node, possible=possible):
                yield from _unawaited(module, parents, node)


def _is_coroutine(program: Program, node: ast.Call, *, possible: bool) -> bool:
    values = program.of(node)
    calls = program.calls_at.get(node, ())
    threaded = any(call.how in {library.THREAD, library.BRIDGE} for call in calls)
    found = [value.kind == OBJECT and value.name == library.COROUTINE for value in values]
    return not threaded and (any(found) if possible else bool(found) and all(found))


def _unawaited(module: Module, parents: dict[ast.AST, ast.AST], node: ast.Call) -> Iterator[Site]:
    above = parents[node]
    name = ast.unparse(node.func)
    if isinstance(above, ast.Expr):
        yield site(module, node, "T02", f"`{name}()` is not awaited: it does nothing")
    elif isinstance(above, ast.Attribute):
        yield site(module, node, "T04", f"`.{above.attr}` is asked of the coroutine, not of what it gives")
    elif (
        isinstance(above, ast.Compare | ast.BoolOp | ast.Subscript)
        or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not))
        or (isinstance(above, ast.If | ast.While | ast.IfExp | ast.Assert) and above.test is node)
    ):
        yield site(module, node, "T03", f"`{name}()` is not awaited: a coroutine is always true")
    elif isinstance(above, ast.For | ast.comprehension) and above.iter is node:
        yield site(module, node, "T03", f"`{name}()` is not awaited: a coroutine is no list")
    elif isinstance(above, ast.Assign) and above.value is node and not _is_kept(parents, above):
        yield site(module, node, "T03", f"`{name}()` is not awaited, nor is what it is assigned to")


def _is_kept(parents: dict[ast.AST, ast.AST], node: ast.Assign) -> bool:
    """Whether a coroutine that is assigned goes somewhere: it is awaited later, or handed on."""
    target = node.targets[0]
    if len(node.targets) > 1 or not isinstance(target, ast.Name):
        return not isinstance(target, ast.Tuple | ast.List)  # unpacked, it is no tuple
    around = parents[node]
    while not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module):
        around = parents[around]
    uses = [
        parents[each]
        for each in ast.walk(around)
        if isinstance(each, ast.Name) and each.id == target.id and isinstance(each.ctx, ast.Load)
    ]
    return any(not isinstance(each, _ASKING) and not _is_unpacked(each) for each in uses)


def _is_unpacked(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List)


# What is done with a value, and not with a coroutine: its attributes, its truth, its items.
_ASKING = (
    ast.Attribute, ast.Subscript, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.If, ast.While, ast.IfExp, ast.Assert,
    ast.For, ast.comprehension, ast.FormattedValue, ast.BinOp,
)  # fmt: skip


def gathered(program: Program) -> Iterator[Site]:
    """T23: one session in several tasks."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or call.target not in {"asyncio.gather", "asyncio.wait"}:
            continue
        sessions: list[str] = []
        for argument in node.args:
            inner = {
                ast.unparse(each)
                for each in ast.walk(argument)
                if isinstance(each, ast.Name) and _is_async_session(program, each)
            }
            many = isinstance(argument, ast.Starred) and isinstance(argument.value, ast.ListComp | ast.GeneratorExp)
            sessions += [*inner, *(inner if many else ())]
        if any(sessions.count(name) > 1 for name in sessions):
            yield site(program.scope(call.unit).module, node, "T23", "one session is used by several tasks at once")


def beside(program: Program) -> Iterator[Site]:
    """T23: a sync session that is handed to a thread or task, while whoever hands it over goes on."""
    for one in handovers(program):
        if one.when in {BESIDE, THREADED}:
            yield site(
                program.scope(one.unit).module,
                one.session,
                "T23",
                f"`{one.function.name}` is given this session, and runs beside",
            )


def _is_async_session(program: Program, node: ast.expr) -> bool:
    return any(value.kind == OBJECT and value.name == library.ASYNC_SESSION for value in program.of(node))


def clients(program: Program) -> Iterator[Site]:
    """T13: `TestClient`, which runs an app on a loop of its own."""
    for call in program.calls:
        if call.target == library.CLIENT and isinstance(call.node, ast.Call):
            yield site(
                program.scope(call.unit).module, call.node, "T13", "TestClient runs the app on an event loop of its own"
            )


def loops(program: Program) -> Iterator[Site]:
    """T55: `asyncio.run` where a loop runs; T13: several of them in one function."""
    for function in program.functions.values():
        runs = [
            call
            for call in program.calls_from.get(function.id, ())
            if call.target in _RUNNING and isinstance(call.node, ast.Call)
        ]
        for call in runs:
            node = call.node
            if isinstance(node, ast.Call) and function.is_async:
                yield site(function.module, node, "T55", "a loop runs here already")
            elif isinstance(node, ast.Call) and _follows(function, node, runs) and _uses_engine(program):
                yield site(
                    function.module, node, "T13", "a second event loop, on which the engine's connections do not work"
                )


def _follows(function: Function, node: ast.Call, runs: list[Call]) -> bool:
    """Whether a loop has run before in the same block: what stands in another branch has not."""
    for inner in ast.walk(function.node):
        block = getattr(inner, "body", None)
        if not isinstance(block, list):
            continue
        holding = [
            place
            for place, statement in enumerate(block)
            for each in ast.walk(statement)
            if any(each is run.node for run in runs) and isinstance(statement, ast.Expr | ast.Assign | ast.Return)
        ]
        own = [place for place in holding if any(each is node for each in ast.walk(block[place]))]
        if own and min(holding) < own[0]:
            return True
    return False


def _uses_engine(program: Program) -> bool:
    return any(call.target == "sqlalchemy.ext.asyncio.create_async_engine" for call in program.calls)


def threads(program: Program) -> Iterator[Site]:
    """T40: a thread that gives mapped objects back to the event loop."""
    for call in program.calls:
        function, caller = program.functions.get(call.target), program.functions.get(call.unit)
        if (
            call.how != library.THREAD
            or function is None
            or caller is None
            or not caller.is_async
            or not isinstance(call.node, ast.Call)
        ):
            continue
        if _gives_objects(program, function):
            yield site(caller.module, call.node, "T40", f"`{function.name}` gives mapped objects back from its thread")


def _gives_objects(program: Program, function: Function) -> bool:
    from compare.source.tables import RETURNED, Key  # noqa: PLC0415 - for this one place

    values = program.reading.tables.values.get(Key(RETURNED, function.id), frozenset())
    inner = {each for value in values for args in value.args for each in args} | set(values)
    return any(value.kind == OBJECT and value.own and library.marks_of(value) for value in inner)


RULES = (blocking, coroutines, gathered, beside, clients, loops, threads)
