"""Gives work that is handed over a session of its own, where that changes nothing but whose it is (T23, T38, T39).

    tasks.add_task(send, db, order.id)   →   tasks.add_task(send_in_own_session, db.bind, order.id)

The new session is made as the program makes all its sessions, on what the other one is bound to: where tests bind a
session to a connection of theirs, the work is on that connection too.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

import libcst as cst

from compare.source.handovers import HandOver, handovers
from compare.steps.convert.types import imported_as
from compare.steps.rewrite import Edits, replaced
from compare.steps.sessions.effects import Effects
from compare.steps.sessions.factories import Maker, maker
from compare.steps.sessions.hindrances import BOUND, hindrance, returned

if TYPE_CHECKING:
    from pathlib import Path

    from compare.source import Function, Program
    from compare.steps.rewrite import Edit

_BOUND_IN = "sqlalchemy.engine"


def own_sessions(program: Program, edits: dict[str, Edits]) -> dict[tuple[Path, int], str]:
    """Give what is handed over with somebody's session one of its own.

    Args:
        program: As it was read.
        edits: Where the edits go, by module.

    Returns:
        Each place at which a session is handed over: why it stays so, or nothing where it does not.
    """
    found = list(handovers(program))
    if not found:
        return {}
    making, effects = maker(program), Effects(program)
    told: dict[tuple[Path, int], str] = {}
    written: dict[tuple[str, str], str] = {}
    for one in found:
        module = program.scope(one.unit).module
        reason = making if isinstance(making, str) else hindrance(program, effects, making, one)
        place = module.path, one.session.lineno
        told[place] = told.get(place) or reason  # of several on a line, one that stays is told
        if not reason and isinstance(making, Maker):
            _convert(program, edits, making, one, written)
    return told


def _convert(
    program: Program, edits: dict[str, Edits], making: Maker, one: HandOver, written: dict[tuple[str, str], str]
) -> None:
    module, function = program.scope(one.unit).module, one.function
    key = (function.id, one.parameter)
    if key not in written:
        there = edits.setdefault(function.module.name, Edits(function.module))
        written[key] = _write(program, there, making, one)
    name = written[key]
    here = edits.setdefault(module.name, Edits(module))
    if isinstance(one.named, ast.Attribute):
        here.change(one.named, replaced(f"{ast.unparse(one.named.value)}.{name}"))
    else:
        here.change(one.named, replaced(name))
        source, original = imported_as(module, one.named.id) if isinstance(one.named, ast.Name) else ("", "")
        if source and original:
            here.want(source, name)
            here.drop(source, original)
    here.change(one.session, replaced(f"{one.session.id}.bind"), "a session of its own")


def _write(program: Program, edits: Edits, making: Maker, one: HandOver) -> str:
    """Write the function that begins the session; return its name."""
    function = one.function
    scope = program.symbols.scopes[function.module.name]
    name = f"{function.name}_in_own_session"
    while name in scope.names:
        name += "_"
    called = next((bound for bound in sorted(scope.names) if _is_maker(program, function, bound, making)), "")
    if not called:
        edits.want(making.source, making.name)
    if any(each.arg == one.parameter and each.annotation is not None for each in function.parameters):
        for bound in BOUND:
            edits.want(_BOUND_IN, bound)
    edits.change(one.definition, _followed_by(_code(one, name, making, called or making.name)))
    return name


def _is_maker(program: Program, function: Function, bound: str, making: Maker) -> bool:
    source, original = imported_as(function.module, bound)
    if making.file is None:
        return (source, original) == (making.source, making.name)
    if making.file == function.module.path:
        return bound == making.name
    return original == making.name and program.reading.names.find(source, function.module.path) == making.file


def _code(one: HandOver, name: str, making: Maker, called: str) -> str:
    node = one.definition
    arguments = copy.deepcopy(node.args)
    listed = [*arguments.posonlyargs, *arguments.args]
    given = [*(each.arg for each in listed), *(f"{each.arg}={each.arg}" for each in arguments.kwonlyargs)]
    call = f"{node.name}({', '.join(given)})"
    taken = {each.arg for each in (*listed, *arguments.kwonlyargs)}
    bind = next(each for each in ("bind", "bound_to", "session_bind") if each not in taken)
    for each in (*listed, *arguments.kwonlyargs):
        if each.arg == one.parameter:
            each.arg = bind
            if each.annotation is not None:
                each.annotation = ast.parse(f"{' | '.join(BOUND)} | None", mode="eval").body
    wait, await_ = ("async ", "await ") if one.function.is_async else ("", "")
    if one.function.generator:
        body = f"{wait}for each in {call}:\n            yield each"
    else:
        body = f"{'return ' if returned(one) else ''}{await_}{call}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return (
        f"{wait}def {name}({ast.unparse(arguments)}){returns}:\n"
        f"    with {making.code(called, bind)} as {one.parameter}:\n"
        f"        {body}\n"
    )


def _followed_by(code: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        added = cst.parse_module(code).body[0]
        return cst.FlattenSentinel([node, added.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2)])

    return edit
