"""Crossing from async code into functions that stay sync: `await session.run_sync(function, …)`.

SQLAlchemy runs the function in a greenlet, with a sync session that speaks through the async one: the function need not
know. Documentation: "Running Synchronous Methods and Functions under asyncio".
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Program, Values, library
from compare.source.values import OBJECT
from compare.steps.rewrite import beside, expression

if TYPE_CHECKING:
    from compare.steps.rewrite import Edit

SPAWN = ("sqlalchemy.util", "greenlet_spawn")


@dataclass(frozen=True)
class Crossing:
    """How one call crosses.

    Attributes:
        session: The expression that is the session, as it is written; empty if none is at hand.
        node: The same, as it was read.
        place: Which argument it is; -1 if it is none of them.
        first: Whether it is what the function takes first, so that the function can be handed over as it is.
        receiver: Whether what is called is a method of the session itself.
    """

    session: str
    node: ast.expr | None = None
    place: int = -1
    first: bool = False
    receiver: bool = False


NOTHING = Crossing("")


def is_session(program: Program, values: Values) -> bool:
    """Whether this is a session, SQLAlchemy's or of a class that derives from it, or a connection."""
    return any(
        value.kind == OBJECT
        and (value.name in _SESSIONS or (value.own and bool(set(program.reading.ancestors(value.name)) & _SESSIONS)))
        for value in values
    )


_SESSIONS = {library.SESSION, library.ASYNC_SESSION, library.CONNECTION, library.ASYNC_CONNECTION}


def crossing(program: Program, args: list[ast.expr], keywords: list[ast.keyword]) -> Crossing:
    """Find the session among the arguments of a call."""
    for place, node in enumerate(args):
        if is_session(program, program.of(node)):
            return Crossing(ast.unparse(node), node, place, place == 0)
    for place, keyword in enumerate(keywords):
        if is_session(program, program.of(keyword.value)):
            return Crossing(ast.unparse(keyword.value), keyword.value, len(args) + place)
    return NOTHING


def method(program: Program, called: ast.Attribute) -> Crossing:
    """Find the session in a call of a method of its own class."""
    if is_session(program, program.of(called.value)):
        return Crossing(ast.unparse(called.value), called.value, receiver=True)
    return NOTHING


def crossed(found: Crossing, *, parenthesised: bool) -> Edit:
    """Return the edit that makes a call of a sync function cross the bridge."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        left, right = call.lpar, call.rpar
        if not left and parenthesised:
            left, right = (cst.LeftParen(),), (cst.RightParen(),)
        return cst.Await(over(call.with_changes(lpar=(), rpar=()), found), lpar=left, rpar=right)

    return edit


def read(*, parenthesised: bool) -> Edit:
    """Return the edit that makes the reading of a property cross the bridge."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        found = cst.Lambda(cst.Parameters(), expression(node))
        crossed = cst.Await(cst.Call(cst.Name("greenlet_spawn"), [cst.Arg(found)]))
        return crossed.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if parenthesised else crossed

    return edit


def spawned_from_thread(node: cst.CSTNode) -> cst.CSTNode:
    """The edit of `run_in_threadpool(held.method, …)`: what an object holds works in a greenlet, not in a thread."""
    return cst.ensure_type(node, cst.Call).with_changes(func=cst.Name(SPAWN[1]))


def from_thread(found: Crossing) -> Edit:
    """Return the edit of `run_in_threadpool(f, session, …)`, which is awaited already."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        plain = call.with_changes(func=call.args[0].value, args=call.args[1:])
        return over(plain, found)

    return edit


def over(call: cst.Call, found: Crossing) -> cst.Call:
    """Return the call that runs another one on the other side."""
    if not found.session:
        return call.with_changes(func=cst.Name("greenlet_spawn"), args=[cst.Arg(call.func), *beside(call.args)])
    run = cst.parse_expression(f"{found.session}.run_sync")
    if found.first:
        return call.with_changes(func=run, args=_separated([cst.Arg(call.func), *call.args[1:]]))
    name = found.session if found.session.isidentifier() else "session"
    if found.receiver:
        there = call.with_changes(func=cst.ensure_type(call.func, cst.Attribute).with_changes(value=cst.Name(name)))
        function = cst.Lambda(cst.Parameters(params=[cst.Param(cst.Name(name))]), there)
        return call.with_changes(func=run, args=[cst.Arg(function)], whitespace_before_args=cst.SimpleWhitespace(""))
    inner = call.args[found.place].with_changes(value=cst.Name(name))
    body = call.with_changes(args=[*call.args[: found.place], inner, *call.args[found.place + 1 :]])
    function = cst.Lambda(cst.Parameters(params=[cst.Param(cst.Name(name))]), body)
    return call.with_changes(func=run, args=[cst.Arg(function)], whitespace_before_args=cst.SimpleWhitespace(""))


def _separated(args: list[cst.Arg]) -> list[cst.Arg]:
    if len(args) == 1:
        return [args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
    return args


def back(session: str) -> Edit:
    """Return the edit of `session.run_sync(f, …)` whose function is async now: the call itself, with its session."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        given = call.args[0].value
        if isinstance(given, cst.Lambda):
            return given.body
        args = [cst.Arg(cst.parse_expression(session)), *call.args[1:]] if session else list(call.args[1:])
        return call.with_changes(func=given, args=args)

    return edit
