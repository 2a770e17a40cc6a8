"""What goes through a generator that becomes an async one: `next()`, `list()`, `yield from`, `close()`.

A `for` over it becomes an `async for` where the other loops do. Documentation: "PEP 525, Asynchronous Generators".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import library
from compare.source.tables import RETURNED, Key
from compare.source.values import MODULE
from compare.steps.convert.types import Twin, imported_as, rename

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.source import Function, Module, Program, Values
    from compare.source.reading import Call
    from compare.steps.convert.plan import Plan
    from compare.steps.rewrite import Edit, Edits

_TYPES = {"Generator": "AsyncGenerator", "Iterator": "AsyncIterator", "Iterable": "AsyncIterator"}
_PARTS = 3  # Generator[yield, send, return]: an async one returns nothing
# Functions that take all of what they are given, and as well a list of it.
_TAKING = {"tuple", "frozenset", "sorted", "sum", "any", "all", "max", "min", "dict", "join"}
_METHODS = {"close": "aclose", "send": "asend", "throw": "athrow", "__next__": "__anext__"}


def typed(plan: Plan, of: Callable[[Module], Edits]) -> None:
    """Have annotations say `AsyncIterator` where the generators that they tell of are all async now."""
    done: set[ast.AST] = set()
    for function in plan.program.functions.values():
        node = function.node
        if isinstance(node, ast.Lambda):
            continue
        told = [(each.annotation, set(library.generators(plan.program.of(each)))) for each in function.parameters]
        given = {function.id} if function.generator else set(library.generators(_returned(plan.program, function)))
        for annotation, origins in [*told, (node.returns, given)]:
            if annotation is None or not origins or not origins <= plan.asyncs:
                continue
            module, type_ = _written_out(plan.program, function.module, annotation)
            if type_ not in done:
                done.add(type_)
                _retyped(type_, of(module))


def _returned(program: Program, function: Function) -> Values:
    return program.reading.tables.values.get(Key(RETURNED, function.id), frozenset())


def _written_out(program: Program, module: Module, annotation: ast.expr) -> tuple[Module, ast.expr]:
    """Follow an alias of the program's to where it is written: `Lines = Generator[str, None, None]`."""
    name = annotation.id if isinstance(annotation, ast.Name) else ""
    where = module
    if isinstance(annotation, ast.Attribute):
        name = annotation.attr
        modules = [value.name[:-1] for value in program.of(annotation.value) if value.kind == MODULE and value.own]
        where = program.modules.get(modules[0], module) if modules else module
    elif name:
        source, there = imported_as(module, name)
        found = [one for one in program.modules.values() if source and one.name.endswith(source.lstrip("."))]
        where, name = (found[0], there) if len(found) == 1 else (module, name)
    for statement in where.tree.body if name else ():
        if isinstance(statement, ast.Assign) and [ast.unparse(each) for each in statement.targets] == [name]:
            return where, statement.value
    return module, annotation


def _retyped(type_: ast.expr, edits: Edits) -> None:
    base = type_.value if isinstance(type_, ast.Subscript) else type_
    name = ast.unparse(base).rpartition(".")[2]
    if name not in _TYPES:
        return
    rename(edits, base, Twin("collections.abc", _TYPES[name]))
    if isinstance(type_, ast.Subscript) and isinstance(type_.slice, ast.Tuple) and len(type_.slice.elts) == _PARTS:
        edits.change(type_, _without_third)


def _without_third(node: cst.CSTNode) -> cst.CSTNode:
    whole = cst.ensure_type(node, cst.Subscript)
    kept = list(whole.slice[:2])
    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return whole.with_changes(slice=kept)


def can_go(program: Program, call: Call) -> bool:
    """Whether the place at which a generator is gone through has an async form."""
    node = call.node
    if isinstance(node, ast.Call) and not _is_made_here(program, call):
        return _called(node) in {"next", "list", "set", *_TAKING, *_METHODS}
    return True


def _is_made_here(program: Program, call: Call) -> bool:
    """Whether the call makes the generator itself: a loop over it is the place."""
    return any(other.target == call.target and not other.how for other in program.calls_at.get(call.node, ()))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def gone_through(node: ast.Call, edits: Edits, *, tighter: bool) -> None:
    """Ask for the edit of a call that goes through an async generator."""
    name = _called(node)
    if name == "next":
        edits.change(node, _awaited("anext", tighter=tighter), "next() → await anext()")
    elif name in {"list", "set"}:
        edits.change(node, _comprehension(name), f"{name}() → async comprehension")
    elif name in _TAKING:
        edits.change(node.args[0], _comprehension(""), "async comprehension")
    elif name in _METHODS:
        edits.change(node, _method(_METHODS[name], tighter=tighter), f".{name}() → await .{_METHODS[name]}()")


def closed_in_thread(node: cst.CSTNode) -> cst.CSTNode:
    """Return `lines.aclose()` for `run_in_threadpool(lines.close)`, which is awaited already."""
    call = cst.ensure_type(node, cst.Call)
    method = cst.ensure_type(call.args[0].value, cst.Attribute)
    name = _METHODS[method.attr.value]
    return call.with_changes(func=method.with_changes(attr=cst.Name(name)), args=call.args[1:])


def is_closing(call: Call) -> bool:
    """Whether what is handed to a thread is a generator's own method."""
    owner, _, method = call.target.rpartition(".")
    return owner == library.GENERATOR and method in _METHODS


def yielded_on(node: cst.CSTNode) -> cst.CSTNode:
    """Return the loop that stands for a line `yield from …`."""
    line = cst.ensure_type(node, cst.SimpleStatementLine)
    source = cst.ensure_type(cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Yield).value, cst.From)
    body = cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Name("each")))])
    return cst.For(
        cst.Name("each"),
        source.item,
        cst.IndentedBlock([body]),
        asynchronous=cst.Asynchronous(),
        leading_lines=line.leading_lines,
    )


def _whole(node: cst.CSTNode, made: cst.BaseExpression, *, tighter: bool) -> cst.CSTNode:
    around = node.lpar if isinstance(node, cst.BaseExpression) else ()
    if around or tighter:
        return cst.Await(made, lpar=around or (cst.LeftParen(),), rpar=getattr(node, "rpar") or (cst.RightParen(),))  # noqa: B009 - of an expression
    return cst.Await(made)


def _awaited(name: str, *, tighter: bool) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        return _whole(node, call.with_changes(func=cst.Name(name), lpar=(), rpar=()), tighter=tighter)

    return edit


def _method(name: str, *, tighter: bool) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        func = cst.ensure_type(call.func, cst.Attribute).with_changes(attr=cst.Name(name))
        return _whole(node, call.with_changes(func=func, lpar=(), rpar=()), tighter=tighter)

    return edit


def _comprehension(kind: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        source = node if not kind else cst.ensure_type(node, cst.Call).args[0].value
        if not isinstance(source, cst.BaseExpression):
            return node
        loop = cst.CompFor(cst.Name("each"), source, asynchronous=cst.Asynchronous())
        each = cst.Name("each")
        return cst.SetComp(each, loop) if kind == "set" else cst.ListComp(each, loop)

    return edit
