"""What the rows of a query are: objects of one class, or rows of several columns.

`Query` gives the one as they are and the other as tuples; a statement is run by `scalars` for the one, by `execute` for
the other.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from compare.source.values import OBJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.source import Program, Value, Values


class Shape(NamedTuple):
    """What rows are.

    Attributes:
        entity: Whether they are objects of one class.
        mapped: Whether objects are among them; None if nobody knows.
    """

    entity: bool
    mapped: bool | None


def shape(program: Program, args: tuple[Values, ...]) -> Shape | None:
    """Return what the rows of a query are, by what it asks for; None if nobody knows."""
    kinds = [_kind(program, values) for values in args]
    if not kinds or kinds == [None]:
        return None
    mapped = True if "entity" in kinds else None if None in kinds else False
    return Shape(kinds == ["entity"], mapped)


def lists_all(node: ast.expr, queries: Sequence[Value]) -> bool:
    """Whether all rows are asked for, of one object or of several columns each: their length tells which."""
    every = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "all"
    return every and all(len(value.args) > 1 or _is_object(value.args[0]) for value in queries)


def _is_object(values: Values) -> bool:
    return all(":" in value.name for value in values)


def _kind(program: Program, values: Values) -> str | None:
    if not values:
        return None
    if all(value.kind == OBJECT and ":" in value.name and program.reading.is_mapped(value.name) for value in values):
        return "entity"
    return "column" if all(":" not in value.name for value in values) else None
