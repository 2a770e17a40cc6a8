"""Where sessions begin and end, and what stands around them: T09, T29, T30, T32, T36 to T39, T43, T52."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.audit.site import Site, site
from compare.source import Function, Program, Values, library
from compare.source.tables import MEMBER
from compare.source.values import OBJECT, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYNC = {library.SESSION}
_HANDED = {library.THREAD, library.BACKGROUND}
_ENGINES = {library.ASYNC_ENGINE, library.ASYNC_SESSION, library.ASYNC_FACTORY}


def _has(values: Values, names: set[str]) -> bool:
    return any(value.kind == OBJECT and value.name in names for value in values)


def leaked(program: Program) -> Iterator[Site]:
    """T29: a session that is begun and never closed."""
    for function in program.functions.values():
        if isinstance(function.node, ast.Lambda):
            continue
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                continue
            if not isinstance(node.value, ast.Call) or not _makes(program, node.value):
                continue
            name = node.targets[0].id
            if not _is_closed(function, name) and not _is_given_away(program, function, name):
                yield site(function.module, node.value, "T29", f"the session `{name}` is never closed")


def _makes(program: Program, node: ast.Call) -> bool:
    targets = {call.target for call in program.calls_at.get(node, ())}
    return bool(targets & {library.SESSION, library.FACTORY, library.ASYNC_SESSION, library.ASYNC_FACTORY}) and _has(
        program.of(node), {library.SESSION, library.ASYNC_SESSION}
    )


def _is_given_away(program: Program, function: Function, name: str) -> bool:
    """Whether it goes to a thread or a task."""
    handed = [call.node for call in program.calls_from.get(function.id, ()) if call.how in _HANDED]
    return any(name in _names(node) for node in handed)


def _is_closed(function: Function, name: str) -> bool:
    """Whether somebody closes it here, or it is handed to somebody else."""
    for node in ast.walk(function.node):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"close", "remove", "aclose"}
            and ast.unparse(node.value) == name
        ):
            return True
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None and name in _names(node.value):
            return True
        if isinstance(node, ast.withitem) and name in _names(node.context_expr):
            return True
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Attribute | ast.Subscript) for one in node.targets)
            and name in _names(node.value)
        ):
            return True
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(("closing", "enter_context", "callback", "addfinalizer"))
            and name in _names(node)
        ):
            return True
    return False


def _names(node: ast.AST) -> set[str]:
    """The names that are handed on in an expression; not those that it only asks something of: `session.scalar(…)`."""
    asked = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and id(each) not in asked}


def generators(program: Program) -> Iterator[Site]:
    """T30: a plain generator that hands out an async session; T37: one that commits when the answer has left."""
    for function in program.functions.values():
        if not function.generator or isinstance(function.node, ast.Lambda):
            continue
        yields = [node for node in ast.walk(function.node) if isinstance(node, ast.Yield) and node.value is not None]
        if not function.is_async and any(
            _has(program.of(each.value), {library.ASYNC_SESSION}) for each in yields if each.value
        ):
            yield site(function.module, yields[0], "T30", "a plain generator cannot await the session's close")
        handed = [
            each
            for each in yields
            if each.value and _has(program.of(each.value), {library.SESSION, library.ASYNC_SESSION})
        ]
        if not handed or not _is_dependency(program, function):
            continue
        for call in program.calls_from.get(function.id, ()):
            if (
                call.target.endswith("Session.commit")
                and isinstance(call.node, ast.Call)
                and call.node.lineno > handed[0].lineno
            ):
                yield site(function.module, call.node, "T37", "this commits when the answer has left")


def _is_dependency(program: Program, function: Function) -> bool:
    """Whether FastAPI calls it: it is named in a `Depends(…)`."""
    return any(
        call.target == "fastapi.Depends" and any(value.name == function.id for values in call.args for value in values)
        for call in program.calls_to.get("fastapi.Depends", ())
    )


def middleware(program: Program) -> Iterator[Site]:
    """T32: `BaseHTTPMiddleware`, and what makes one."""
    for klass in program.classes.values():
        for base in klass.node.bases:
            if any(value.name == "starlette.middleware.base.BaseHTTPMiddleware" for value in program.of(base)):
                yield site(
                    klass.module, base, "T32", "BaseHTTPMiddleware stands between a client that leaves and the clean-up"
                )
    for function in program.functions.values():
        for decorator in function.decorators:
            base = decorator.func if isinstance(decorator, ast.Call) else decorator
            if any(
                value.name in {"fastapi.FastAPI.middleware", "starlette.applications.Starlette.middleware"}
                for value in program.of(base)
            ):
                yield site(function.module, decorator, "T32", "`@app.middleware` makes a BaseHTTPMiddleware")


def background(program: Program) -> Iterator[Site]:
    """T39: a background task that is given the request's session, or an object that holds it."""
    holding = set(_holding(program))
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or not call.target.endswith("BackgroundTasks.add_task"):
            continue
        for argument in [*node.args[1:], *(keyword.value for keyword in node.keywords)]:
            if _has(program.of(argument), {library.SESSION, library.ASYNC_SESSION}):
                told = "a background task is given the request's session"
            elif any(holding & set(program.reading.ancestors(value.name)) for value in _objects(program.of(argument))):
                told = f"a background task is given `{ast.unparse(argument)}`, which holds the request's session"
            else:
                continue
            yield site(program.scope(call.unit).module, argument, "T39", told)


def _objects(values: Values) -> Iterator[Value]:
    return (value for value in values if value.kind == OBJECT and value.own)


def _holding(program: Program) -> Iterator[str]:
    """The classes whose objects hold a session that they were given."""
    for key, values in program.reading.tables.values.items():
        if key.kind == MEMBER and _has(values, {library.SESSION, library.ASYNC_SESSION}):
            yield key.where


def streaming(program: Program) -> Iterator[Site]:
    """T38: a streamed answer that reads through the request's session."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or not call.target.endswith("StreamingResponse") or not node.args:
            continue
        inner = node.args[0]
        given = [*inner.args, *(keyword.value for keyword in inner.keywords)] if isinstance(inner, ast.Call) else []
        if any(_has(program.of(each), {library.SESSION, library.ASYNC_SESSION}) for each in given):
            yield site(program.scope(call.unit).module, node, "T38", "the body is read through the request's session")


def tools(program: Program) -> Iterator[Site]:
    """T43: events and tools that take a sync engine."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or not node.args:
            continue
        sync_only = call.target in {
            "sqlalchemy.event.listen",
            "sqlalchemy.event.listens_for",
            "sqlalchemy.inspect",
        } or call.target.endswith((".create_all", ".drop_all"))
        first = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "bind")]
        for argument in first:
            values = program.of(argument)
            if sync_only and (_has(values, _ENGINES) or any(value.name in _ENGINES for value in values)):
                yield site(
                    program.scope(call.unit).module,
                    node,
                    "T43",
                    f"`{call.target.rpartition('.')[2]}` takes the sync engine or session",
                )


def scoped(program: Program) -> Iterator[Site]:
    """T52: sessions that are kept for a thread, or a task."""
    for call in program.calls:
        if (
            call.target in {library.SCOPED, library.ASYNC_SCOPED}
            and isinstance(call.node, ast.Call)
            and call.value.kind == "class"
        ):
            yield site(
                program.scope(call.unit).module, call.node, "T52", "a session that is kept for each thread or task"
            )


def held(program: Program) -> Iterator[Site]:
    """T09: a sync session that is open while a coroutine waits for something else."""
    for function in program.functions.values():
        for node in ast.walk(function.node) if function.is_async else ():
            if not isinstance(node, ast.With) or not any(
                _has(program.of(item.context_expr), _SYNC) for item in node.items
            ):
                continue
            waits = [each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Await)]
            for each in waits[:1]:
                yield site(function.module, each, "T09", "a sync session is open while this waits")


RULES = (held, leaked, generators, middleware, background, streaming, tools, scoped)
