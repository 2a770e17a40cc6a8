"""The values of a statement, as text, in the order in which its text refers to them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

TEXT_CHARACTERS = 4_000  # a longer value is cut, and told apart by its hash
VALUES = 1_000  # of a statement that has more, the rest is one hash

Bind = tuple[str, str]

_NAMED = re.compile(r"%\(([^)]+)\)s|(?<![:\w]):([A-Za-z_]\w*)")
_NUMBERED = re.compile(r"\$(\d+)")


def ordered(sql: str, parameters: Any) -> list[Bind]:
    """The binds of one set of values."""
    if not parameters:
        return []
    values = _referred(sql, parameters)
    binds = [bind(value) for value in values[:VALUES]]
    if len(values) > VALUES:
        binds.append(("more", _hashed("\0".join(f"{bind(value)}" for value in values[VALUES:]))))
    return binds


def _referred(sql: str, parameters: Any) -> list[Any]:
    if isinstance(parameters, Mapping):
        names = [percent or colon for percent, colon in _NAMED.findall(sql)]
        return [parameters[name] for name in names if name in parameters]
    if not isinstance(parameters, Sequence):
        return []
    numbers = [int(number) for number in _NUMBERED.findall(sql)]
    if numbers and max(numbers) <= len(parameters):
        return [parameters[number - 1] for number in numbers if number]
    return list(parameters)


def bind(value: Any) -> Bind:
    """One value: its type's name and its text."""
    value = getattr(value, "adapted", value)  # psycopg2 wraps what it has to quote
    return type(value).__name__, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        text = data[:TEXT_CHARACTERS].hex()
        return text if len(data) <= TEXT_CHARACTERS else f"{text}…{hashlib.sha256(data).hexdigest()[:16]}:{len(data)}"
    try:
        text = value.isoformat() if isinstance(value, (date, time)) else str(value)
    except Exception:  # noqa: BLE001 - a class of the app's own
        return "?"
    return text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…{_hashed(text)}"


def _hashed(text: str) -> str:
    return f"{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}:{len(text)}"
