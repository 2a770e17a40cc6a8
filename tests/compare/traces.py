"""Traces as the probe would send them, made by hand: SQLAlchemy's own text and values for each driver."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg, psycopg, psycopg2
from sqlalchemy.engine.default import DefaultDialect

from compare.findings import CATALOGUE
from compare.postgres import Table
from compare.postgres.commits import Commit
from compare.subjects.moments import Answering, Boundary, BoundaryKind, Moment, Pooled, Statement, Trace
from compare.verdict.answer import Answer
from compare.verdict.clock import Clock
from compare.verdict.difference import Difference
from compare.verdict.evidence import Evidence, Limits, Pair
from compare.verdict.keys import Keys
from compare.verdict.matching import Matching

PSYCOPG2: DefaultDialect = psycopg2.dialect()  # type: ignore[no-untyped-call]
PSYCOPG: DefaultDialect = psycopg.dialect()  # type: ignore[no-untyped-call]
ASYNCPG: DefaultDialect = asyncpg.dialect()  # type: ignore[no-untyped-call]


def bound(value: object) -> tuple[str, str]:
    """A value as the probe tells it."""
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return ("None" if value is None else type(value).__name__), text


def spelled(query: Executable, dialect: DefaultDialect) -> tuple[str, tuple[Any, ...]]:
    """A query as SQLAlchemy hands it to this driver, with the values in the order of the text."""
    compiled: Any = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    values: Mapping[str, Any] = compiled.params
    if compiled.positional:
        numbers = map(int, re.findall(r"\$(\d+)", str(compiled)))
        return str(compiled), tuple(values[compiled.positiontup[number - 1]] for number in numbers)
    names = [piece.partition(")s")[0] for piece in str(compiled).split("%(")[1:]]
    return str(compiled), tuple(values[name] for name in names)


def ran(query: Executable | str, *values: object, dialect: DefaultDialect = PSYCOPG2, **details: Any) -> Statement:  # noqa: ANN401 - fields
    """One execution: of a query, in the driver's own text, or of a text with these values."""
    text, given = (query, values) if isinstance(query, str) else spelled(query, dialect)
    at = details.pop("at", 0.1)
    return Statement(at, text, tuple(map(bound, given)), **{"connection": 1, **details})


def legacy(*queries: Executable | str | Moment) -> tuple[Moment, ...]:
    """Each query on psycopg2."""
    return tuple(one if isinstance(one, Moment) else ran(one) for one in queries)


def aio(*queries: Executable | str | Moment) -> tuple[Moment, ...]:
    """Each query on asyncpg."""
    return tuple(one if isinstance(one, Moment) else ran(one, dialect=ASYNCPG) for one in queries)


def in_order(moments: Sequence[Moment], *, answered: float = 10.0, status: int = 200) -> tuple[Moment, ...]:
    """The moments, and the answer at its time."""
    answer = (Answering(answered, "start", status), Answering(answered, "end", status))
    return tuple(sorted((*moments, *answer), key=lambda moment: moment.at))


def bounded(
    *statements: Statement,
    ending: BoundaryKind | None = "commit",
    began: float = 0.0,
    ended: float = 1.0,
    connection: int = 1,
    isolation: str = "",
) -> tuple[Moment, ...]:
    """A transaction on a connection of its own: taken, begun, ended, given back."""
    end = () if ending is None else (Boundary(ended, ending, connection), Pooled(ended, "checkin", connection))
    begin = (Pooled(began, "checkout", connection), Boundary(began, "begin", connection, isolation))
    return (*begin, *statements, *end)


def side(
    moments: Sequence[Moment] | None = (),
    *,
    status: int | None = 200,
    commits: tuple[Commit, ...] | None = None,
    at_rest: bool = True,
) -> Evidence:
    """What one side did; no moments at all is a side without a probe."""
    trace = None if moments is None else Trace(tuple(moments), at_rest=at_rest, sqlalchemy=True)
    return Evidence(Answer(status), trace, commits, at_rest)


def pair(
    ours: Evidence, theirs: Evidence, *, tables: Mapping[str, Table] | None = None, limits: Limits | None = None
) -> Pair:
    """Both sides of one request, at the beginning of a run."""
    matching = Matching(Clock(time.time() - 1, 0.1))
    return Pair("GET /orders", ours, theirs, matching, Keys({}, {}, {}), tables or {}, limits or Limits())


def codes(found: Sequence[Difference]) -> list[tuple[str, str]]:
    """Code and severity of each; the catalogue's where the finding has none of its own."""
    return [(one.code, one.level or CATALOGUE[one.code].severity) for one in found]
