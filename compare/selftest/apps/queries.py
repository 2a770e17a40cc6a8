"""Statements that psycopg2 runs and asyncpg refuses, each with its healthy twin, for both apps.

Under the plant both apps run the habit; the drivers differ, the code does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Executable, select, text

from compare.selftest.apps.model import Ship

MANY = 33_000  # more values than the protocol's 16 bits can count


@dataclass(frozen=True)
class Query:
    """A statement and its values; `driver` is text that goes to the driver as it is."""

    statement: Executable | None
    values: dict[str, Any]
    driver: str = ""


def _names(where: str, **values: object) -> Query:
    return Query(text(f"SELECT name FROM ships WHERE {where} ORDER BY id"), values)  # noqa: S608 - constants below


WHOLE = _names("true")
HABITS: dict[str, Query] = {
    "text_for_number": Query(select(Ship.name).where(Ship.id.in_(["1", "2", "3"])).order_by(Ship.id), {}),
    "text_against_number": _names("id >= :first", first="1"),
    "zone_for_naive": Query(
        select(Ship.name).where(Ship.launched < datetime(2026, 1, 1, tzinfo=UTC)).order_by(Ship.id), {}
    ),
    "optional_filter": _names(":name IS NULL OR name = :name", name=None),
    "interval_of_text": _names("changed_at < now() + interval :span", span="1 day"),
    "limit_of_text": Query(text("SELECT name FROM ships ORDER BY id LIMIT :limit"), {"limit": "9"}),
    "number_in_text": _names("name || :number <> ''", number=5),
    "tuple_for_in": _names("id IN :ids", ids=(1, 2, 3)),
    "now_minus_delta": _names("changed_at < now() - :span", span=-timedelta(days=1)),
    "driver_paramstyle": Query(None, {"top": 9}, "SELECT name FROM ships WHERE id < %(top)s ORDER BY id"),
    "two_statements": Query(text("SET LOCAL work_mem = '8MB'; SELECT name FROM ships ORDER BY id"), {}),
    "too_many_values": Query(select(Ship.name).where(Ship.id.in_(range(MANY))).order_by(Ship.id), {}),
}
