"""What names mean that the program does not define: those of libraries, and Python's own."""

from __future__ import annotations

from compare.source import library
from compare.source.library import canonical
from compare.source.values import CLASS, FUNCTION, NOTHING, OBJECT, Values, one

_EXPRESSIONS = {
    "literal", "literal_column", "case", "cast", "type_coerce", "extract", "distinct", "and_", "or_", "not_", "null",
    "column", "tuple_", "func", "desc", "asc", "nullsfirst", "nullslast", "between", "collate", "over", "within_group",
    "true", "false",
    "col", "bindparam", "label", "try_cast",
}  # fmt: skip


def is_expression(name: str) -> bool:
    """Whether a function of SQLAlchemy's makes an SQL expression: `func.count(…)`, `case(…)`."""
    top, last = name.partition(".")[0], name.rpartition(".")[2]
    return top in {"sqlalchemy", "sqlmodel"} and (".func." in name or last in _EXPRESSIONS)


def expression_of(parts: list[Values]) -> Values:
    """Return the SQL expression that operands make, if one of them is one: `Order.id > 5`."""
    if any(
        value.kind == OBJECT and value.name in {library.COLUMN, library.EXPRESSION}
        for values in parts
        for value in values
    ):
        return one(OBJECT, library.EXPRESSION)
    return NOTHING


def library_value(name: str) -> Values:
    """Return a library's module, class or function."""
    name = canonical(name)
    last = name.rpartition(".")[2]
    classes = {
        library.FACTORY,
        library.SCOPED,
        library.ASYNC_FACTORY,
        library.ASYNC_SCOPED,
        library.RAW_CONNECTION,
        library.CURSOR,
    }
    return one(CLASS if last[:1].isupper() or name in classes else FUNCTION, name)


_BUILTIN_CLASSES = {
    "list",
    "dict",
    "tuple",
    "set",
    "frozenset",
    "str",
    "int",
    "float",
    "bool",
    "bytes",
    "type",
    "object",
}
_BUILTIN_CALLS = {"sorted", "reversed", "iter", "next", "max", "min", "enumerate", "zip", "filter", "map", "isinstance"}


def builtin(name: str) -> Values:
    """Return what a name means that nobody bound."""
    if name in _BUILTIN_CALLS or (name in _BUILTIN_CLASSES and name in library.FUNCTIONS):
        return one(FUNCTION, name)
    if name in _BUILTIN_CLASSES:
        return one(CLASS, name)
    return NOTHING
