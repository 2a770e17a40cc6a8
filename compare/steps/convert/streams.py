"""Rows that come piece by piece: a loop over `yield_per` becomes an `async for` over `stream()` (T42).

AsyncSession.execute reads all rows before it gives the first. Documentation: "Synopsis - ORM" of the asyncio extension,
`AsyncSession.stream`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import library
from compare.steps.walking import own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compare.source import Program
    from compare.steps.convert.plan import Plan

_STREAMS = {"execute": "stream", "scalars": "stream_scalars"}
_ASKED = {library.SESSION, library.CONNECTION}
# What a result is sent through and is still one: an AsyncResult has them too.
_VIEWS = {"scalars", "mappings", "partitions", "unique", "tuples", "yield_per", "columns"}
_OPTIONS = {"yield_per", "stream_results"}


def streamed(program: Program, node: ast.expr) -> ast.Call | None:
    """Return the call that asks, where what is gone through asks for its rows piece by piece; None elsewhere."""
    asks, wanted = node, False
    while isinstance(asks, ast.Call) and isinstance(asks.func, ast.Attribute) and not _is_asking(program, asks):
        if asks.func.attr not in _VIEWS:
            return None
        wanted = wanted or asks.func.attr in _OPTIONS
        asks = asks.func.value
    if not isinstance(asks, ast.Call) or not _is_asking(program, asks):
        return None
    return asks if wanted or any(_is_wanted(program, each) for each in _given(program, asks)) else None


def loops(plan: Plan) -> Iterator[tuple[ast.For, ast.Call]]:
    """Return the loops that become streams, each with the call that asks; none where sessions stay as they are."""
    for name in plan.asyncs:
        for node in own_nodes(plan.program.functions[name].node):
            asks = streamed(plan.program, node.iter) if isinstance(node, ast.For) else None
            if isinstance(node, ast.For) and asks in plan.waits.asking:
                yield node, asks


def lines(plan: Plan) -> set[tuple[Path, int]]:
    """Return the lines on which such rows are asked for."""
    found = set()
    for loop, asks in loops(plan):
        unit = plan.program.calls_at[asks][0].unit
        path = plan.program.scope(unit).module.path
        for node in (loop.iter, *_given(plan.program, asks)):
            found |= {(path, inner.lineno) for inner in ast.walk(node) if isinstance(inner, ast.expr)}
    return found


def as_stream(node: cst.CSTNode) -> cst.CSTNode:
    """The edit of the call: it opens a stream."""
    call = cst.ensure_type(node, cst.Call)
    method = cst.ensure_type(call.func, cst.Attribute)
    return call.with_changes(func=method.with_changes(attr=cst.Name(_STREAMS[method.attr.value])))


def _is_asking(program: Program, call: ast.Call) -> bool:
    return any(
        owner in _ASKED and method in _STREAMS
        for owner, _, method in (each.target.rpartition(".") for each in program.calls_at.get(call, ()))
    )


def _given(program: Program, call: ast.Call) -> Iterator[ast.AST]:
    """What a call is given, a name followed to where the same function assigns it."""
    units = {each.unit for each in program.calls_at.get(call, ())}
    for given in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield given
        for unit in units if isinstance(given, ast.Name) else ():
            function = program.functions.get(unit)
            for node in ast.walk(function.node) if function else ():
                targets = [ast.unparse(each) for each in node.targets] if isinstance(node, ast.Assign) else []
                if isinstance(node, ast.Assign) and targets == [ast.unparse(given)]:
                    yield node.value


def _is_wanted(program: Program, node: ast.AST) -> bool:
    """Whether a statement, or its execution options, asks for rows piece by piece."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value in _OPTIONS for key in inner.keys
        ):
            return True
        for call in program.calls_at.get(inner, ()) if isinstance(inner, ast.Call) else ():
            named = isinstance(call.node, ast.Call) and any(each.arg in _OPTIONS for each in call.node.keywords)
            if call.target == f"{library.SELECT}.execution_options" and named:
                return True
    return False
