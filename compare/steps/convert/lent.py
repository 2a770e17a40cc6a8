"""Sync sessions and connections that are lent to a library: it asks the database through them, in sync style.

A function that calls such a library crosses the bridge there. One that puts the connection where the library finds it
later (`config.attributes["connection"] = …`) stays sync, and with it whoever passes it a connection of its own: the
library has to be called on the same side. Documentation: "Running Synchronous Methods and Functions under asyncio".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.values import CLASS, OBJECT

if TYPE_CHECKING:
    from compare.source import Program
    from compare.source.reading import Call

# Libraries that take a session or connection and ask nothing through it; and `isinstance` and the like, without a dot.
_SILENT = {
    "sqlalchemy", "sqlmodel", "fastapi", "starlette", "pytest", "pytest_asyncio", "unittest", "contextlib", "functools",
    "typing", "asyncio", "contextvars", "logging", "dataclasses", "copy", "weakref", "inspect", "anyio", "threading",
    "concurrent", "operator", "collections", "itertools", "pydantic", "mock", "types", "gc",
}  # fmt: skip
_ASKING = {"sqlalchemy.inspect"}
_TAKEN = {library.SESSION, library.CONNECTION}


def lends(call: Call) -> bool:
    """Whether a library's function, or an object of its own, is given a session or connection to ask through."""
    if call.how != library.LENT:
        return False
    to = call.target.removeprefix("lent to ")
    if isinstance(call.node, ast.Subscript) or to in _ASKING:
        return True
    top, dot, _ = to.partition(".")
    return bool(dot) and top not in _SILENT


def keepers(program: Program, lending: list[Call]) -> dict[str, Call]:
    """Return the functions that put a connection where a library finds it, and those that pass them one of their own.

    An object of a library's that is made with a connection keeps it as well.

    A route, a fixture or a test is not among them: it can only cross the bridge.
    """
    found = {call.unit: call for call in lending if isinstance(call.node, ast.Subscript) or call.value.kind == CLASS}
    queue = list(found)
    while queue:
        for call in program.calls_to.get(queue.pop(), ()):
            unit = call.unit
            if call.how or unit in found or unit not in program.functions or _is_begun(program, unit):
                continue
            if _passes_its_own(program, call):
                found[unit] = call
                queue.append(unit)
    return found


def _is_begun(program: Program, unit: str) -> bool:
    """Whether a framework calls a function: nothing in the program does, and it is decorated or a test."""
    function = program.functions[unit]
    return not program.calls_to.get(unit) and (bool(function.decorators) or function.name.startswith("test"))


def _passes_its_own(program: Program, call: Call) -> bool:
    """Whether a call is given a session or connection that the caller was given itself."""
    if not isinstance(call.node, ast.Call):
        return False
    arguments = program.functions[call.unit].node.args
    own = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    return any(
        isinstance(each, ast.Name)
        and each.id in own
        and any(value.kind == OBJECT and value.name in _TAKEN for value in program.of(each))
        for each in given
    )
