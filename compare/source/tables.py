"""What is known so far: of each variable, attribute, parameter and result, everything that it may be.

The program is read over and over until nothing new turns up. What a unit (a module's body, a function) has looked at is
remembered, so that only the units are read again whose ground has moved.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from compare.source.values import NOTHING, Values

VARIABLE = "variable"  # of a scope: where (the scope), name
MEMBER = "member"  # set on an object: where (its class), name
ADDED = "added"  # put into a list that a function was given: where (the function), its parameter
RETURNED = "returned"  # where (the function)
YIELDED = "yielded"

MOST = 64  # things that one variable may be; a name that may be anything tells nothing


class Key(NamedTuple):
    """A place that holds values."""

    kind: str
    where: str
    name: str = ""


class Tables:
    """The places of a program, and the units that wait to be read."""

    def __init__(self) -> None:
        self.values: dict[Key, Values] = {}
        self.readers: dict[Key, set[str]] = {}
        self.waiting: deque[str] = deque()
        self.queued: set[str] = set()

    def read(self, key: Key, unit: str) -> Values:
        """Return what a place holds so far; `unit` is read again when that changes."""
        readers = self.readers.get(key)
        if readers is None:
            readers = self.readers[key] = set()
        readers.add(unit)
        return self.values.get(key, NOTHING)

    def write(self, key: Key, values: Values) -> None:
        """Add to what a place holds."""
        if not values:
            return
        known = self.values.get(key, NOTHING)
        if values <= known or len(known) >= MOST:
            return
        now = without_forerunners(known | values)
        if now == known:
            return
        self.values[key] = now
        for unit in self.readers.get(key, ()):
            self.enqueue(unit)

    def enqueue(self, unit: str) -> None:
        """Have a unit read, once more."""
        if unit not in self.queued:
            self.queued.add(unit)
            self.waiting.append(unit)

    def next(self) -> str | None:
        """Return the unit to be read next."""
        if not self.waiting:
            return None
        unit = self.waiting.popleft()
        self.queued.discard(unit)
        return unit


def without_forerunners(values: Values) -> Values:
    """Return values without those that were found before it was known what they hold: a query or list of nothing."""
    unknown = [value for value in values if value.args and not all(value.args)]
    if not unknown:
        return values
    return values - {
        value
        for value in unknown
        if any(
            other is not value
            and other.name == value.name
            and other.kind == value.kind
            and len(other.args) == len(value.args)
            and all(mine <= theirs for mine, theirs in zip(value.args, other.args, strict=True))
            for other in values
        )
    }
