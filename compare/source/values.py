"""What an expression may be: values of a program that is read and never run.

A value is one possibility; an expression has a set of them, since nobody knows which branch was taken. An empty set
means "not known", never "none".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MODULE = "module"
CLASS = "class"
FUNCTION = "function"
OBJECT = "object"  # an instance of the class that is named
ALIAS = "alias"  # a name for a type: what it annotates is in `args`
ATTRIBUTE = "attribute"  # `Order.customer`: an attribute of a mapped class, not of an instance

DEPTH = 4  # of what holds what: a list of tuples of orders


class Value(NamedTuple):
    """One thing that an expression may be.

    Attributes:
        kind: One of the kinds above.
        name: What it is, or the class that it is an object of: `pkg.module:Class.method` in the program, or
            `sqlalchemy.orm.Session` in a library.
        args: What it holds, by position: the entity of a query, the items of a list, the parts of a tuple. Of a
            function, the object that it is bound to.
    """

    kind: str
    name: str
    args: tuple[Values, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it belongs to the program, not to a library."""
        return ":" in self.name


Values = frozenset[Value]

NOTHING: Values = frozenset()


def one(kind: str, name: str, *args: Values) -> Values:
    """Return the set of a single value; what is nested too deeply is forgotten, so that the reading ends."""
    return frozenset((Value(kind, name, cut(args)),))


@lru_cache(maxsize=1 << 16)
def cut(args: tuple[Values, ...], depth: int = DEPTH) -> tuple[Values, ...]:
    """Return what a value holds, without what lies deeper than `depth`."""
    if depth == 0 or not args:
        return ()
    if all(not value.args for values in args for value in values):
        return args
    return tuple(
        frozenset(value._replace(args=cut(value.args, depth - 1)) for value in values) if values else values
        for values in args
    )


def union(many: Iterable[Values]) -> Values:
    """Return everything that one of these may be."""
    found = NOTHING
    for values in many:
        if values and not values <= found:
            found = found | values if found else values
    return found


def objects(values: Values) -> Values:
    """Return the instances of these classes: what a name annotated with them holds."""
    found: set[Value] = set()
    for value in values:
        if value.kind == CLASS:
            found.add(value._replace(kind=OBJECT))
        elif value.kind == ALIAS:
            found |= value.args[0] if value.args else NOTHING
    return frozenset(found)


def held(values: Values, place: int = 0) -> Values:
    """Return what these values hold at a place."""
    return union(value.args[place] for value in values if len(value.args) > place)


def list_of(items: Values) -> Values:
    """Return a list of these."""
    return one(OBJECT, "list", items)


def tuple_of(*parts: Values) -> Values:
    """Return a tuple with these parts."""
    return one(OBJECT, "tuple", *parts)
