"""Bound values: whether two drivers were given the same one, each in its own form."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from compare.verdict.kinds import canonical
from compare.verdict.matching import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.subjects.moments import Bind
    from compare.verdict.matching import Claim, Matching

NUMBERS = frozenset({"int", "float", "Decimal"})
TIMES = frozenset({"datetime", "date"})
STRUCTURES = frozenset({"dict", "list", "tuple", "set", "frozenset", "Json", "Jsonb"})
# Types between which an author chooses; all others are a driver's own forms of one value.
CHOSEN = NUMBERS | TIMES | {"str", "bool", "time", "timedelta"}
NULL = "\0"  # no text holds it
CUT = "…"  # the probe cuts long texts, and puts a hash behind
TRUTH = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def match(legacy: Bind, async_: Bind, where: str, matching: Matching, claims: list[Claim]) -> Refusal | None:
    """Match two bound values, types aside. Claims on keys are added to `claims`."""
    (ours, mine), (theirs, other) = legacy, async_
    if (ours == "None") != (theirs == "None"):
        return Refusal("value")
    if CUT in mine and CUT in other:  # content, which rows and answers show whole
        return None
    if plain(legacy) == plain(async_):
        return matching.text(mine, other, where, claims) if mine == other else None
    kinds = {ours, theirs}
    if kinds & NUMBERS and _number(mine) is not None and _number(other) is not None:
        return matching.number(mine, other, where, claims)
    moments = _moment(mine), _moment(other)
    if kinds & TIMES and moments[0] is not None and moments[1] is not None:
        return matching.text(moments[0], moments[1], where, claims)
    return matching.text(plain(legacy), plain(async_), where, claims)


def plain(bind: Bind) -> str:
    """A value in one form for all drivers; two that are equal are one value."""
    kind, text = bind
    if kind == "None":
        return NULL
    if CUT in text:
        return text
    if kind in NUMBERS and (number := _number(text)) is not None and number.is_finite():
        return f"{number.normalize():f}"
    if kind in STRUCTURES or text.startswith(("{", "[")):
        return _structure(text)
    forms = {"datetime": _moment(text) or text, "bool": text.lower(), "UUID": canonical(text)}
    return forms.get(kind, text.removeprefix("<Range ").removesuffix(">") if text.startswith("<Range ") else text)


def same(legacy: Bind, async_: Bind) -> bool:
    """Whether two values are one, beyond what `plain` can say of each alone: '5' and 5, an enum and its name."""
    (ours, mine), (theirs, other) = legacy, async_
    kinds = {ours, theirs}
    if "None" in kinds or plain(legacy) == plain(async_):
        return ours == theirs or "None" not in kinds
    read = next((read for types, read in READINGS if kinds & types), None)
    if read is not None:
        values = read(mine), read(other)
        return values[0] is not None and values[0] == values[1]
    return ours != theirs and (mine.endswith(f".{other}") or other.endswith(f".{mine}"))


def other_type(legacy: Bind, async_: Bind) -> str:
    """In words, how the types differ by an author's choice; '' where they do not."""
    (ours, mine), (theirs, other) = legacy, async_
    if ours == theirs == "datetime":
        zones = ["naive" if _naive(text) else "with a time zone" for text in (mine, other)]
        return f"datetime {zones[0]}, datetime {zones[1]}" if zones[0] != zones[1] else ""
    return f"{ours}, {theirs}" if ours != theirs and {ours, theirs} <= CHOSEN else ""


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _moment(text: str) -> str | None:
    """A moment in UTC, one without a zone taken for UTC; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


def _naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _structure(text: str) -> str:
    """JSON, or a Python literal, as JSON with its keys in order."""
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
            return json.dumps(
                sorted(value) if isinstance(value, (set, frozenset)) else value, sort_keys=True, default=str
            )
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return text


READINGS: tuple[tuple[frozenset[str], Callable[[str], object]], ...] = (
    (frozenset({"bool"}), lambda text: TRUTH.get(text.lower())),
    (NUMBERS, _number),
    (TIMES, _moment),
    (frozenset({"UUID"}), canonical),
)
"""How values are read if either is of these types."""
