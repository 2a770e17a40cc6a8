"""Whether a query may give the same object in several rows, of which `Query` returns one and `select()` all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import Program, Values, library

if TYPE_CHECKING:
    from compare.steps.select.place import Place, Selecting


def may_repeat(work: Selecting, place: Place, chain: ast.expr, on: Values) -> bool:
    """Whether an object may come in several rows: joins along a collection, and eager ones."""
    function = work.program.functions.get(place.unit)
    nodes = ast.walk(function.node) if function is not None else ast.walk(chain)
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if name in {"join", "outerjoin", "joinedload", "contains_eager"} and _along_collection(work.program, node):
                return True
    return any(
        _eager_collection(work.program, value.name) for value in on for value in (value.args[0] if value.args else ())
    )


def _along_collection(program: Program, node: ast.Call) -> bool:
    for argument in node.args[:1]:
        values = program.of(argument)
        related = [value for value in values if value.name == library.RELATIONSHIP]
        if related:
            return any(each.name == "list" for value in related for each in (value.args[0] if value.args else ()))
    return True  # a join with a table or a subquery: nobody knows how many rows meet


def _eager_collection(program: Program, name: str) -> bool:
    klass = program.classes.get(name)
    if klass is None:
        return False
    return any(
        isinstance(node, ast.keyword)
        and node.arg == "lazy"
        and isinstance(node.value, ast.Constant)
        and node.value.value == "joined"
        for node in ast.walk(klass.node)
    )
