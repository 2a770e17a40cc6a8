"""The async form of single nodes: `def` → `async def`, `with` → `async with`, a command → what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from compare.steps.rewrite import awaited, expression, keyword_arg

if TYPE_CHECKING:
    import ast

    from compare.source import Function
    from compare.steps.rewrite import Edit, Node


def async_def(function: Function) -> Edit:
    """`def` → `async def`; of a context manager's methods, the names that `async with` calls."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        name = {"__enter__": "__aenter__", "__exit__": "__aexit__"}.get(function.name, "")
        changed = node.with_changes(asynchronous=cst.Asynchronous())
        return changed.with_changes(name=cst.Name(name)) if name else changed

    return edit


def async_with(node: cst.CSTNode) -> cst.CSTNode:
    """`with` → `async with`."""
    return node.with_changes(asynchronous=cst.Asynchronous())


def async_for(node: cst.CSTNode) -> cst.CSTNode:
    """`for` → `async for`."""
    return node.with_changes(asynchronous=cst.Asynchronous())


def split_with(kinds: list[bool]) -> Edit:
    """`with a, b:` of which one is async: one inside the other, in the order they stood."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.With)
        body: cst.BaseSuite = whole.body
        runs: list[tuple[bool, list[cst.WithItem]]] = []
        for kind, item in zip(kinds, whole.items, strict=True):
            if runs and runs[-1][0] == kind:
                runs[-1][1].append(item)
            else:
                runs.append((kind, [item]))
        for kind, items in reversed(runs):
            items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            inner = cst.With(
                items=items,
                body=body,
                asynchronous=cst.Asynchronous() if kind else None,
                lpar=whole.lpar if len(items) > 1 else cst.MaybeSentinel.DEFAULT,
                rpar=whole.rpar if len(items) > 1 else cst.MaybeSentinel.DEFAULT,
            )
            body = cst.IndentedBlock([inner])
        return body.body[0].with_changes(leading_lines=whole.leading_lines)

    return edit


def async_comprehension(clause: ast.comprehension, whole: ast.expr) -> Edit:
    """One `for` of a comprehension → `async for`."""
    place = getattr(whole, "generators").index(clause)  # noqa: B009 - of whichever comprehension it is

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        def changed(found: cst.CompFor, depth: int) -> cst.CompFor:
            if depth == 0:
                return found.with_changes(asynchronous=cst.Asynchronous())
            inner = found.inner_for_in
            return found.with_changes(inner_for_in=changed(inner, depth - 1)) if inner else found

        return node.with_changes(for_in=changed(getattr(node, "for_in"), place))  # noqa: B009 - of whichever comprehension it is

    return edit


def without_thread(node: cst.CSTNode) -> cst.CSTNode:
    """`run_in_threadpool(f, …)` → `f(…)`."""
    call = cst.ensure_type(node, cst.Call)
    rest = call.args[1:]
    function = call.args[0].value
    if isinstance(function, cst.Lambda):
        return function.body
    return call.with_changes(func=function, args=rest)


def dropped(node: cst.CSTNode) -> cst.CSTNode:
    """`f()` → `_ = f()`: what it gives could be awaited too, and nobody wants to."""
    statement = cst.ensure_type(node, cst.Expr)
    return cst.Assign([cst.AssignTarget(cst.Name("_"))], statement.value, semicolon=statement.semicolon)


def paused(node: cst.CSTNode) -> cst.CSTNode:
    """`time.sleep(…)` → `await asyncio.sleep(…)`."""
    call = cst.ensure_type(node, cst.Call)
    return cst.Await(call.with_changes(func=cst.parse_expression("asyncio.sleep")))


def on_this_loop(*, parenthesised: bool) -> Edit:
    """`asyncio.run(f())`, `loop.run_until_complete(f())` → `await f()`."""

    def edit(node: cst.CSTNode) -> Node:
        inner = cst.ensure_type(node, cst.Call).args[0].value
        if isinstance(inner, cst.Await):  # what it runs is awaited by this very step
            inner = inner.expression
        return awaited(parenthesised=parenthesised)(inner)

    return edit


def run(node: cst.CSTNode) -> cst.CSTNode:
    """`f()` → `asyncio.run(f())`."""
    return cst.Call(cst.parse_expression("asyncio.run"), [cst.Arg(expression(node))])


def shell(node: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
    """Split a command: what it does becomes a coroutine beside it, which it runs."""
    whole = cst.ensure_type(node, cst.FunctionDef)
    name = f"_{whole.name.value}"
    plain = whole.params.with_changes(
        params=[
            each.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT, annotation=each.annotation)
            for each in whole.params.params
        ],
        kwonly_params=[
            each.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT) for each in whole.params.kwonly_params
        ],
    )
    given = [cst.Arg(each.name) for each in (*whole.params.posonly_params, *whole.params.params)]
    given += [keyword_arg(each.name.value, each.name) for each in whole.params.kwonly_params]
    inner = whole.with_changes(
        name=cst.Name(name), decorators=(), params=plain, asynchronous=cst.Asynchronous(), lines_after_decorators=()
    )
    call = cst.Call(cst.parse_expression("asyncio.run"), [cst.Arg(cst.Call(cst.Name(name), given))])
    nothing = whole.returns is None or cst.Module([]).code_for_node(whole.returns.annotation) == "None"
    statement = cst.SimpleStatementLine([cst.Expr(call) if nothing else cst.Return(call)])
    documented = [each for each in whole.body.body[:1] if isinstance(each, cst.SimpleStatementLine) and is_text(each)]
    outer = whole.with_changes(
        body=cst.IndentedBlock([*documented, statement]), leading_lines=[cst.EmptyLine(), cst.EmptyLine()]
    )
    return cst.FlattenSentinel([inner, outer])


def is_text(line: cst.SimpleStatementLine) -> bool:
    """Whether a statement is a docstring."""
    first = line.body[0] if line.body else None
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)
