"""Types of functions that are handed around: `Callable[[Session], T]` gives an `Awaitable[T]` once it is async."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Function
from compare.steps.convert.types import imported_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.source import Module
    from compare.steps.convert.plan import Plan
    from compare.steps.rewrite import Edits

_PARTS = 2  # Callable[what it takes, what it gives]


def typed(plan: Plan, of: Callable[[Module], Edits]) -> None:
    """Have the annotations of parameters that are called, and of decorators' results, say that what they give waits."""
    done: set[ast.AST] = set()
    for function in plan.program.functions.values():
        if function.id not in plan.asyncs:
            continue
        for annotation, scope in _annotations(plan, function):
            for found in _callables(annotation):
                given = _given(found)
                if given is not None and found not in done:
                    done.add(found)
                    edits = of(scope.module)
                    edits.change(given, _awaitable, "Callable[…, T] → Callable[…, Awaitable[T]]")
                    source, _ = imported_as(scope.module, ast.unparse(found.value))
                    edits.want(source or "collections.abc", "Awaitable")


def _annotations(plan: Plan, function: Function) -> Iterator[tuple[ast.expr, Function]]:
    """Yield the annotations that tell of functions which are async now: of what is called, and of what is given."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and _is_awaited(plan, node):
            scope: object = function
            while isinstance(scope, Function):
                found = next((each for each in _parameters(scope) if each.arg == node.func.id), None)
                if found is not None and found.annotation is not None:
                    yield found.annotation, scope
                if found is not None:
                    break
                scope = scope.parent
    above = function.parent
    if isinstance(above, Function) and isinstance(above.node, ast.FunctionDef) and above.node.returns is not None:
        inside = ast.walk(above.node)
        if any(
            isinstance(each, ast.Return) and isinstance(each.value, ast.Name) and each.value.id == function.name
            for each in inside
        ):
            yield above.node.returns, above


def _is_awaited(plan: Plan, node: ast.Call) -> bool:
    targets = {call.target for call in plan.waits.calls.get(node, ())}
    return bool(targets) and targets <= plan.asyncs


def _parameters(function: Function) -> list[ast.arg]:
    arguments = function.node.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _callables(annotation: ast.expr) -> Iterator[ast.Subscript]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).rpartition(".")[2] == "Callable":
            yield node


def _given(node: ast.Subscript) -> ast.expr | None:
    """What a callable gives, unless it is awaitable already."""
    if not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != _PARTS:
        return None
    given = node.slice.elts[1]
    base = given.value if isinstance(given, ast.Subscript) else given
    return None if ast.unparse(base).rpartition(".")[2] in {"Awaitable", "Coroutine", "Any"} else given


def _awaitable(node: cst.CSTNode) -> cst.CSTNode:
    if not isinstance(node, cst.BaseExpression):
        return node
    return cst.Subscript(cst.Name("Awaitable"), [cst.SubscriptElement(cst.Index(node))])
