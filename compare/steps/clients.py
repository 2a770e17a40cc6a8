"""Step 1: tests speak to the app through `httpx.AsyncClient`, on the event loop that the app runs on too.

`TestClient` runs the app on a loop of its own in a thread: an async engine that is used there and in the test as well
belongs to two loops (T13). `ASGITransport` runs no lifespan (T36), so it is entered where `TestClient` entered it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Program, library
from compare.steps.convert import Plan, converted, planned
from compare.steps.convert.types import Twin, imported_as
from compare.steps.rewrite import Edit, Edits, keyword_arg, parents

if TYPE_CHECKING:
    from compare.source.reading import Call

_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream", "__enter__"}
_TWINS = {library.CLIENT: Twin("httpx", "AsyncClient")}


def asks_app(call: Call) -> bool:
    """Whether a call sends a request through a `TestClient`."""
    owner, _, method = call.target.rpartition(".")
    return owner == library.CLIENT and method in _METHODS


def clients(program: Program) -> tuple[Plan, dict[str, Edits]]:
    """Return what the step makes async, and its edits by module."""
    plan = planned(program, asks_app, lending=lambda _: False)
    edits = converted(plan, _TWINS, _made)
    _entered_later(program, plan, edits)
    return plan, edits


def _entered_later(program: Program, plan: Plan, edits: dict[str, Edits]) -> None:
    """`with client:` of a client that was made elsewhere, a fixture's: what it enters is the lifespan of its app."""
    for name in sorted(plan.asyncs):
        function = program.functions[name]
        for node in ast.walk(function.node):
            if not isinstance(node, ast.With):
                continue
            which = [_is_made_elsewhere(program, item.context_expr) for item in node.items]
            if any(which) and function.module.name in edits:
                edits[function.module.name].change(node, _its_lifespan(which))


def _is_made_elsewhere(program: Program, node: ast.expr) -> bool:
    return not isinstance(node, ast.Call) and any(value.name == library.CLIENT for value in program.of(node))


def _its_lifespan(which: list[bool]) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.With)
        items = []
        for entered, item in zip(which, whole.items, strict=True):
            app = f"{cst.Module([]).code_for_node(item.item)}._transport.app"
            code = f"{app}.router.lifespan_context({app})"
            items.append(item.with_changes(item=cst.parse_expression(code)) if entered else item)
        return whole.with_changes(items=items)

    return edit


def _made(node: ast.Call, edits: Edits) -> bool:
    edits.change(node, _client, "TestClient → AsyncClient")
    edits.want("httpx", "AsyncClient")
    edits.want("httpx", "ASGITransport")
    base = node.func
    if isinstance(base, ast.Name):
        edits.drop(*imported_as(edits.module, base.id))
    above = parents(edits.module.tree)
    item = above.get(node)
    block = above.get(item) if item is not None else None
    if isinstance(block, ast.With) and node.args:
        edits.change(block, _with_lifespan([entry is item for entry in block.items], ast.unparse(node.args[0])))
    return True


def _client(node: cst.CSTNode) -> cst.CSTNode:
    """`TestClient(app, …)` as the client that behaves so: it follows redirects, and raises what the app raises."""
    call = cst.ensure_type(node, cst.Call)
    app = next(
        (each.value for each in call.args if each.keyword is None or each.keyword.value == "app"), cst.Name("app")
    )
    transport = [keyword_arg("app", app)]
    kept: list[cst.Arg] = []
    given: set[str] = set()
    for each in call.args:
        name = each.keyword.value if each.keyword else ""
        given.add(name)
        if name == "raise_server_exceptions":
            transport.append(
                each.with_changes(keyword=cst.Name("raise_app_exceptions"), comma=cst.MaybeSentinel.DEFAULT)
            )
        elif name in {"root_path", "client"}:
            transport.append(each.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        elif name in {"headers", "cookies", "base_url", "follow_redirects"}:
            kept.append(each.with_changes(comma=cst.MaybeSentinel.DEFAULT))
    made = cst.Call(cst.Name("ASGITransport"), transport)
    args = [keyword_arg("transport", made), *kept]
    if "base_url" not in given:
        args.append(keyword_arg("base_url", cst.SimpleString('"http://testserver"')))
    if "follow_redirects" not in given:
        args.append(keyword_arg("follow_redirects", cst.Name("True")))
    return cst.Call(cst.Name("AsyncClient"), args)


def _with_lifespan(which: list[bool], app: str) -> Edit:
    """`async with app.router.lifespan_context(app), AsyncClient(…)`."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.With)
        items: list[cst.WithItem] = []
        for entered, item in zip(which, whole.items, strict=True):
            if entered:
                items.append(cst.WithItem(cst.parse_expression(f"{app}.router.lifespan_context({app})"), comma=_COMMA))
            items.append(item)
        return whole.with_changes(items=items)

    return edit


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
