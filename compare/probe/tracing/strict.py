"""What asyncpg refuses of what psycopg2 takes: it writes values as PostgreSQL reads them, and converts next to nothing.

Source: asyncpg's documentation, "Type Conversion", and its behaviour, with which a test compares this table. Types that
are not in it (enumerations, domains, ranges, those of extensions) are taken to accept what they are given.
"""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import uuid
from collections.abc import Callable
from typing import Any

_BITS = {"smallint": 15, "integer": 31, "bigint": 63, "oid": 32}
_NO_ARRAYS = (str, bytes, bytearray, memoryview, dict)


def refusal(pg_type: str, value: Any) -> str:
    """Return what is expected for a parameter of a type, where this value is refused; empty if it is taken.

    Args:
        pg_type: As `regtype` prints it: `integer`, `timestamp without time zone`, `text[]`.
        value: What asyncpg is handed, after SQLAlchemy's own conversion for it.
    """
    if value is None:
        return ""
    if pg_type.endswith("[]"):
        return _array(pg_type[:-2], value)
    if pg_type in _BITS:
        return _whole(value, pg_type)
    expected, takes = _TAKES.get(pg_type, ("", _anything))
    return "" if takes(value) else expected


def change(pg_type: str, value: Any) -> str:
    """Return what becomes of a value that is taken, and does not mean what it means to psycopg2; empty if it does."""
    if pg_type in _BITS and isinstance(value, float | decimal.Decimal) and value != _cut(value):
        return "the fraction is cut off, where PostgreSQL rounds"
    naive = isinstance(value, dt.datetime) and value.tzinfo is None
    if pg_type == "timestamp with time zone" and naive:
        return "it has no time zone: asyncpg takes the process's own, psycopg2 the session's"
    return ""


def _array(element: str, value: Any) -> str:
    if isinstance(value, _NO_ARRAYS) or not hasattr(value, "__iter__") or not hasattr(value, "__len__"):
        return "a list"
    for each in value:
        nested = isinstance(each, list | tuple)
        found = _array(element, each) if nested else refusal(element, each)
        if found:
            return f"in the list, {found}"
    return ""


def _whole(value: Any, pg_type: str) -> str:
    number = _cut(value)
    if number is None:
        return "an int"
    bits = _BITS[pg_type]
    low = 0 if pg_type == "oid" else -(1 << bits)
    return "" if low <= number < 1 << bits else f"an int of {'32' if pg_type == 'oid' else bits + 1} bits"


def _cut(value: Any) -> int | None:
    """A number as asyncpg takes it for a whole one: without what comes after the point."""
    if not hasattr(value, "__int__") and not hasattr(value, "__index__"):
        return None  # `int` would read a str
    try:
        return int(value)
    except (ValueError, ArithmeticError):  # no number, or endless
        return None


def _anything(_value: Any) -> bool:
    return True


def _kind(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _made_by(make: Callable[[Any], object]) -> Callable[[Any], bool]:
    def takes(value: Any) -> bool:
        try:
            make(value)
        except (ValueError, TypeError, ArithmeticError):
            return False
        return True

    return takes


def _naive(value: Any) -> bool:
    return isinstance(value, dt.date) and getattr(value, "tzinfo", None) is None


def _with_zone(value: Any) -> bool:
    return isinstance(value, dt.time | dt.datetime) and value.tzinfo is not None


def _uuid(value: Any) -> bool:
    return hasattr(value, "bytes") or (isinstance(value, str) and _made_by(uuid.UUID)(value))


_TEXT = ("a str", _kind(str))
_REAL = ("a number", lambda value: hasattr(value, "__float__") or hasattr(value, "__index__"))
_BYTES = ("bytes", _kind(bytes, bytearray, memoryview))
_TAKES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "name": _TEXT,
    "xml": _TEXT,
    "json": _TEXT,
    "jsonb": _TEXT,
    '"char"': _BYTES,
    "bytea": _BYTES,
    "boolean": ("a bool", _kind(bool)),
    "real": _REAL,
    "double precision": _REAL,
    "numeric": ("a Decimal", _made_by(decimal.Decimal)),
    "uuid": ("a UUID", _uuid),
    "date": ("a date", _kind(dt.date)),
    "timestamp without time zone": ("a datetime without a time zone", _naive),
    "timestamp with time zone": ("a datetime", _kind(dt.date)),
    "time without time zone": ("a time", _kind(dt.time, dt.datetime)),
    "time with time zone": ("a time with a time zone", _with_zone),
    "interval": ("a timedelta", _kind(dt.timedelta)),
    "inet": ("an IP address", _made_by(ipaddress.ip_interface)),
    "cidr": ("an IP network", _made_by(ipaddress.ip_network)),
}
