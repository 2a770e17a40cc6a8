"""Where a function is handed over with a session: to run later (T38, T39), or while the other goes on (T23)."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.source import Function, Program, library
from compare.source.files import is_test
from compare.source.values import CLASS, FUNCTION, OBJECT, Values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.reading import Call

LATER, BESIDE, STREAMED, THREADED = "later", "beside", "streamed", "threaded"
_TASKS = {"asyncio.gather", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait"}
_TASK_METHODS = {"create_task", "start_soon"}
_SHARED = {
    library.SESSION, library.SCOPED, library.CONNECTION, library.ASYNC_SESSION, library.ASYNC_SCOPED,
    library.ASYNC_CONNECTION,
}  # fmt: skip
_OTHER_PROCESS = "multiprocessing.Process"


@dataclass(frozen=True, eq=False)
class HandOver:
    """A function that is handed over together with a session.

    Attributes:
        node: The call that hands over; of a coroutine or a generator, the call that makes it.
        unit: Where that stands.
        function: What is to run.
        definition: Its node.
        named: The expression that names it.
        session: The argument that is a session.
        parameter: Its name in the function.
        others: The other arguments, each with the name of its parameter.
        when: `later`, when the answer has left; `streamed`, while it leaves; `beside`, in a task, while the other goes
            on; `threaded`, the same in a thread that nobody awaits.
    """

    node: ast.Call
    unit: str
    function: Function
    definition: ast.FunctionDef | ast.AsyncFunctionDef
    named: ast.expr
    session: ast.Name
    parameter: str
    others: tuple[tuple[ast.expr, str], ...]
    when: str


def handovers(program: Program) -> Iterator[HandOver]:
    """Find what is handed over with a session that is somebody else's too, outside of tests."""
    above: dict[str, dict[ast.AST, ast.AST]] = {}
    for call in program.calls:
        function, module = program.functions.get(call.target), program.scope(call.unit).module
        if function is None or not isinstance(call.node, ast.Call) or is_test(module.path):
            continue
        if module.name not in above:
            above[module.name] = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        when = _when(program, call, function, above[module.name])
        found = _found(program, call.node, call.unit, function, when, is_made=not call.how) if when else None
        if found is not None and not _is_given_away(program, found):
            yield found


def _bound(
    program: Program, function: Function, given: list[ast.expr], named: list[ast.keyword]
) -> dict[str, ast.expr] | None:
    """Return a function's arguments by the names of its parameters; None where the text does not tell."""
    arguments = function.node.args
    places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    if function.owner and places and not program.reading.is_static(function):
        places = places[1:]
    if len(given) > len(places) or any(isinstance(one, ast.Starred) for one in given):
        return None
    if any(one.arg is None for one in named):
        return None
    return dict(zip(places, given, strict=False)) | {one.arg: one.value for one in named if one.arg}


def _when(program: Program, call: Call, function: Function, above: dict[ast.AST, ast.AST]) -> str:
    """When a call runs its function; empty if whoever calls it waits for it."""
    parent = above.get(call.node)
    if call.how == library.BACKGROUND:
        return LATER
    if call.how == library.THREAD:
        if isinstance(parent, ast.Await) or any(
            each.target == _OTHER_PROCESS for each in program.calls_at.get(call.node, ())
        ):
            return ""
        return BESIDE if is_task(program, parent) else THREADED
    if call.how or not isinstance(parent, ast.Call):
        return ""
    if function.generator:
        streams = any(each.target.endswith("StreamingResponse") for each in program.calls_at.get(parent, ()))
        return STREAMED if streams and parent.args[:1] == [call.node] else ""
    return BESIDE if function.is_async and is_task(program, parent) else ""


def is_task(program: Program, node: ast.AST | None) -> bool:
    """Whether what a call is given becomes a task: `gather(…)`, `create_task(…)`."""
    return isinstance(node, ast.Call) and (
        any(each.target in _TASKS for each in program.calls_at.get(node, ()))
        or (isinstance(node.func, ast.Attribute) and node.func.attr in _TASK_METHODS)
    )


def is_own_task(program: Program, node: ast.AST, above: ast.AST | None) -> bool:
    """Whether a thread's work becomes a task that shares nobody's session: `gather(run_in_threadpool(f), …)`."""
    if not isinstance(node, ast.Call) or not is_task(program, above):
        return False
    given = [*node.args, *(one.value for one in node.keywords)]
    return not any(value.name in _SHARED for each in given for value in program.of(each) if value.kind == OBJECT)


def _found(  # noqa: PLR0913 - what a call is known by
    program: Program, node: ast.Call, unit: str, function: Function, when: str, *, is_made: bool
) -> HandOver | None:
    split = _split(program, node, function, is_made=is_made)
    arguments = _bound(program, function, *split[1:]) if split else None
    if split is None or arguments is None or isinstance(function.node, ast.Lambda):
        return None
    sessions = [
        (name, value)
        for name, value in arguments.items()
        if isinstance(value, ast.Name) and is_session(program.of(value))
    ]
    if len(sessions) != 1:
        return None
    parameter, session = sessions[0]
    others = tuple((value, name) for name, value in arguments.items() if name != parameter)
    return HandOver(node, unit, function, function.node, split[0], session, parameter, others, when)


def _is_given_away(program: Program, one: HandOver) -> bool:
    """Whether the session was made for the work: a name that nothing else is asked of."""
    unit = program.scope(one.unit)
    if isinstance(unit, Function) and any(each.arg == one.session.id for each in unit.parameters):
        return False
    named = [
        node
        for node in ast.walk(unit.node)
        if isinstance(node, ast.Name) and node.id == one.session.id and isinstance(node.ctx, ast.Load)
    ]
    return len(named) == 1


def is_session(values: Values) -> bool:
    """Whether this is a sync session."""
    return any(value.kind == OBJECT and value.name == library.SESSION for value in values)


def given(program: Program, call: Call, function: Function) -> dict[str, ast.expr]:
    """Return the arguments of a call, or of what a call hands over, by their parameters; none if that is not plain."""
    split = _split(program, call.node, function, is_made=not call.how) if isinstance(call.node, ast.Call) else None
    return (_bound(program, function, *split[1:]) or {}) if split else {}


def _split(
    program: Program, node: ast.Call, function: Function, *, is_made: bool
) -> tuple[ast.expr, list[ast.expr], list[ast.keyword]] | None:
    """What is called, and with what: in the call itself, or in one that hands it over."""
    if is_made:
        return node.func, node.args, node.keywords
    target = next((one.value for one in node.keywords if one.arg == "target"), None)
    if target is not None:
        given = next((one.value for one in node.keywords if one.arg == "args"), ast.Tuple([]))
        named = next((one.value for one in node.keywords if one.arg == "kwargs"), ast.Dict([], []))
        if not isinstance(given, ast.Tuple | ast.List) or not isinstance(named, ast.Dict):
            return None
        pairs = list(zip(named.keys, named.values, strict=True))
        keywords = [ast.keyword(str(key.value), value) for key, value in pairs if isinstance(key, ast.Constant)]
        return (target, given.elts, keywords) if len(keywords) == len(pairs) else None
    for place, argument in enumerate(node.args):
        if isinstance(argument, ast.Name | ast.Attribute) and any(
            value.kind in {FUNCTION, CLASS} and value.name == function.id for value in program.of(argument)
        ):
            return argument, node.args[place + 1 :], node.keywords
    return None
