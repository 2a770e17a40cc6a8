"""What comes out of a call: functions from the object it is made on and its arguments to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from compare.source.library.loading import QUERIED
from compare.source.library.names import (
    COLUMN,
    CONTEXT,
    COROUTINE,
    EXPRESSION,
    GENERATOR,
    PLAIN_VALUE,
    QUERY,
    RESULT,
    SCALARS,
    SELECT,
    STATEMENT,
)
from compare.source.values import CLASS, NOTHING, OBJECT, Value, Values, held, list_of, one, tuple_of, union

Giver = Callable[[Value, Sequence[Values]], Values]


def same(me: Value, _args: Sequence[Values]) -> Values:
    """The object itself."""
    return frozenset((me,))


def nothing(_me: Value, _args: Sequence[Values]) -> Values:
    """Nothing that is known."""
    return NOTHING


def entities(args: Sequence[Values]) -> tuple[Values, ...]:
    """What the columns of `select(…)` or `query(…)` hold: objects of a class; of other columns nobody knows what."""
    return tuple(entity(values) for values in args)


def entity(values: Values) -> Values:
    """Return what a column of a query holds: objects of a class, or plain values."""
    found = {Value(OBJECT, value.name, (QUERIED,) if value.own else ()) for value in values if value.kind == CLASS}
    if any(value.kind == OBJECT and value.name in {COLUMN, EXPRESSION} for value in values):
        found.add(Value(OBJECT, PLAIN_VALUE))
    return frozenset(found)


def row(me: Value) -> Values:
    """A row of a `Query`: the object itself for one entity, a tuple else."""
    return me.args[0] if len(me.args) == 1 else tuple_of(*me.args)


def query_one(me: Value, _args: Sequence[Values]) -> Values:
    """A row of a query."""
    return row(me)


def query_all(me: Value, _args: Sequence[Values]) -> Values:
    """All rows of a query."""
    return list_of(row(me))


def entity_list(me: Value, _args: Sequence[Values]) -> Values:
    """The first column of each row."""
    return list_of(me.args[0] if me.args else NOTHING)


def entity_one(me: Value, _args: Sequence[Values]) -> Values:
    """The first column of a row."""
    return me.args[0] if me.args else NOTHING


def result_row(me: Value, _args: Sequence[Values]) -> Values:
    """A row of a result."""
    return tuple_of(*me.args)


def result_rows(me: Value, _args: Sequence[Values]) -> Values:
    """The rows of a result."""
    return list_of(tuple_of(*me.args))


def scalars(me: Value, _args: Sequence[Values]) -> Values:
    """A result of the first column alone."""
    return one(OBJECT, SCALARS, me.args[0] if me.args else NOTHING)


def selected(values: Values) -> tuple[Values, ...]:
    """Return what the columns of this statement hold."""
    found = [value.args for value in values if value.kind == OBJECT and value.name in {SELECT, QUERY, STATEMENT}]
    width = max((len(args) for args in found), default=0)
    return tuple(union(args[place] for args in found if len(args) > place) for place in range(width))


def argument(args: Sequence[Values], place: int = 0) -> Values:
    """One of the arguments; nothing where there is none."""
    return args[place] if len(args) > place else NOTHING


def executed(_me: Value, args: Sequence[Values]) -> Values:
    """The result of the statement that is the first argument."""
    return one(OBJECT, RESULT, *selected(argument(args)))


def executed_scalars(_me: Value, args: Sequence[Values]) -> Values:
    """The first column of its result."""
    return one(OBJECT, SCALARS, *selected(argument(args))[:1])


def exec_(_me: Value, args: Sequence[Values]) -> Values:
    """SQLModel's: a result of scalars for one entity, of rows for several."""
    columns = selected(argument(args))
    return one(OBJECT, SCALARS if len(columns) == 1 else RESULT, *columns)


def executed_scalar(_me: Value, args: Sequence[Values]) -> Values:
    """The first value of its result."""
    return held(frozenset((Value(OBJECT, SELECT, selected(argument(args))[:1]),)))


def got(_me: Value, args: Sequence[Values]) -> Values:
    """An object of the class that is the first argument."""
    return entity(argument(args))


def merged(_me: Value, args: Sequence[Values]) -> Values:
    """The first argument."""
    return argument(args)


def new_query(_me: Value, args: Sequence[Values]) -> Values:
    """A query of what the arguments are."""
    return one(OBJECT, QUERY, *entities(args))


def of(name: str) -> Giver:
    """Give an object of this class, whatever comes in."""
    return lambda _me, _args: one(OBJECT, name)


def awaited(giver: Giver) -> Giver:
    """Give a coroutine of what another gives."""
    return lambda me, args: one(OBJECT, COROUTINE, giver(me, args))


def generators(values: Values) -> Iterator[str]:
    """Yield the functions of the program whose generators these may be, by id."""
    for value in values:
        if value.kind == OBJECT and value.name == GENERATOR and len(value.args) > 1:
            yield from (origin.name for origin in value.args[1])


def items(values: Values) -> Values:
    """Return what one gets by going through any of these."""
    found = []
    for value in values:
        if value.kind != OBJECT:
            continue
        if value.name == "tuple":
            found.append(union(value.args))
        elif value.name == QUERY:
            found.append(row(value))
        elif value.name == RESULT:
            found.append(tuple_of(*value.args))
        elif value.name != "dict" and value.args and value.name not in {CONTEXT, COROUTINE}:
            found.append(value.args[0])
    return union(found)
