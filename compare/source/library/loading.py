"""What is known of how an object came, kept in its value: that it was loaded, and with which of its relationships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.source.values import NOTHING, OBJECT, Value, Values, union

if TYPE_CHECKING:
    from collections.abc import Sequence

LOADED = "loaded"
QUERIED: Values = frozenset((Value(LOADED, ""),))
LOADER = "loader option"
_LOADERS = {
    "joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "defaultload", "undefer",
    "lazyload", "noload", "raiseload", "selectin_polymorphic",
}  # fmt: skip


def is_loader(name: str) -> bool:
    """Whether a function of SQLAlchemy's makes a loader option, or a method of one another."""
    if name.startswith(f"{LOADER}."):
        return True
    return name.rpartition(".")[2] in _LOADERS and name.partition(".")[0] in {"sqlalchemy", "sqlmodel"}


def with_loaded(value: Value, options: Sequence[Values]) -> Value:
    """Return a statement whose objects come with what its loader options load."""
    marks = union(option.args[0] for values in options for option in values if option.name == LOADER and option.args)
    if not marks or not value.args:
        return value
    first = frozenset(
        each._replace(args=((each.args[0] if each.args else NOTHING) | marks,)) if each.own else each
        for each in value.args[0]
    )
    return value._replace(args=(first, *value.args[1:]))


def marks_of(value: Value) -> frozenset[str]:
    """Return the relationships, as paths, that an object was loaded with; "" says that it was loaded at all."""
    return frozenset(mark.name for args in value.args[:1] for mark in args if mark.kind == LOADED)


def beneath(leads: Values, marks: frozenset[str], name: str) -> Values:
    """Return the objects that a loaded relationship leads to, with what was loaded of them in turn."""
    inner = {mark[len(name) + 1 :] for mark in marks if mark.startswith(f"{name}.")} | {""}
    told: Values = frozenset(Value(LOADED, mark) for mark in inner)

    def marked(value: Value) -> Value:
        if value.own and value.kind == OBJECT:
            return value._replace(args=(told,))
        return value._replace(args=tuple(frozenset(marked(each) for each in args) for args in value.args))

    return frozenset(marked(value) for value in leads)
