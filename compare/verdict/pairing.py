"""Pairing rows: which committed row of async is the same one as which of legacy, when generated values differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from compare.verdict.difference import Row
from compare.verdict.kinds import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from compare.postgres import Column, Table
    from compare.verdict.keys import Keys
    from compare.verdict.matching import Matching

Pair = tuple[Row, Row]
ALIKE = 200  # rows per side up to which each is held against each
KEY = "\ue000key\ue001"
INTEGERS = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True)
class Pairs:
    """The outcome: rows that are one and the same, and rows that stand alone."""

    paired: list[Pair]
    legacy: list[Row]
    async_: list[Row]


def unequal_rows(
    legacy: Iterable[Row], async_: Iterable[Row], equal: Callable[[Row], None] = lambda _row: None
) -> tuple[list[Row], list[Row]]:
    """What is left of two tables when equal rows are taken out pairwise; only what is left is ever held in memory.

    `equal` is told each row that both sides have.
    """
    open_: dict[Row, int] = {}
    for ours, theirs in zip_longest(legacy, async_):
        for row, step in ((ours, 1), (theirs, -1)):
            if row is None:
                continue
            before = open_.get(row, 0)
            count = before + step
            if abs(count) < abs(before):
                equal(row)
            if count:
                open_[row] = count
            else:
                del open_[row]
    return (
        [row for row, count in open_.items() for _ in range(count)],
        [row for row, count in open_.items() for _ in range(-count)],
    )


@dataclass(frozen=True)
class Pairing:
    """Pairs the unequal rows of one table: by what they hold beside generated values, then by key, then by likeness."""

    table: Table
    matching: Matching
    keys: Keys

    def pair(self, legacy: Sequence[Row], async_: Sequence[Row]) -> Pairs:
        """Every row lands in exactly one place of the outcome."""
        if len(legacy) == len(async_) == 1 and self._plainly_one(legacy[0], async_[0]):
            return Pairs([(legacy[0], async_[0])], [], [])
        found = Pairs([], list(legacy), list(async_))
        for loose in (False, True):
            self._by(found, lambda row, of_legacy, loose=loose: self._signature(row, of_legacy, loose=loose))  # type: ignore[misc] # mypy cannot infer a lambda with a default
        if self.table.primary_key:
            self._by(found, lambda row, of_legacy: self.key(row, of_legacy=of_legacy))
        if max(len(found.legacy), len(found.async_)) <= ALIKE:
            self._by_likeness(found)
        return found

    def _plainly_one(self, legacy: Row, async_: Row) -> bool:
        """Whether two rows hold the same beside generated values; only what differs is looked at closely."""
        return all(
            (ours == theirs and column.type not in INTEGERS)
            or self._value(column, ours, of_legacy=True, loose=False)
            == self._value(column, theirs, of_legacy=False, loose=False)
            for column, ours, theirs in zip(self.table.columns, legacy, async_, strict=True)
        )

    def _by(self, found: Pairs, mark: Callable[[Row, bool], object]) -> None:
        """Take out the rows that share a mark. Groups of unequal size give equal keys the first choice."""
        groups: dict[object, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
        for row in found.legacy:
            groups[mark(row, True)][0].append(row)  # noqa: FBT003 - a callable with positional parameters
        for row in found.async_:
            groups[mark(row, False)][1].append(row)  # noqa: FBT003 - as above
        found.legacy.clear()
        found.async_.clear()
        for ours, theirs in groups.values():
            if ours and theirs and len(ours) != len(theirs):
                by_key = {self.key(row, of_legacy=False): row for row in theirs}
                for row in list(ours):
                    other = by_key.pop(self.key(row, of_legacy=True), None)
                    if other is not None:
                        found.paired.append((row, other))
                        ours.remove(row)
                        theirs.remove(other)
            for rows in (ours, theirs):
                if len(rows) > 1:
                    rows.sort(key=self._order)
            common = min(len(ours), len(theirs))
            found.paired.extend(zip(ours[:common], theirs[:common], strict=True))
            found.legacy.extend(ours[common:])
            found.async_.extend(theirs[common:])

    def _by_likeness(self, found: Pairs) -> None:
        """Pair what is left where more than half of the columns agree, the most alike first."""
        marks = [
            [
                [
                    self._value(column, value, of_legacy, loose=True)
                    for column, value in zip(self.table.columns, row, strict=True)
                ]
                for row in rows
            ]
            for rows, of_legacy in ((found.legacy, True), (found.async_, False))
        ]
        scores = sorted(
            (
                (-sum(a == b for a, b in zip(ours, theirs, strict=True)), mine, other)
                for mine, ours in enumerate(marks[0])
                for other, theirs in enumerate(marks[1])
            ),
        )
        taken_legacy: set[int] = set()
        taken_async: set[int] = set()
        for score, mine, other in scores:
            if -score * 2 > len(self.table.columns) and mine not in taken_legacy and other not in taken_async:
                found.paired.append((found.legacy[mine], found.async_[other]))
                taken_legacy.add(mine)
                taken_async.add(other)
        found.legacy[:] = [row for index, row in enumerate(found.legacy) if index not in taken_legacy]
        found.async_[:] = [row for index, row in enumerate(found.async_) if index not in taken_async]

    def _signature(self, row: Row, of_legacy: bool, *, loose: bool) -> tuple[str | None, ...]:  # noqa: FBT001 - passed on
        return tuple(
            self._value(column, value, of_legacy, loose=loose)
            for column, value in zip(self.table.columns, row, strict=True)
        )

    def _value(self, column: Column, value: str | None, of_legacy: bool, *, loose: bool) -> str | None:  # noqa: FBT001 - as above
        """A value, or what stands for it where it was generated. `loose` takes every drawn number for a key."""
        if value is None:
            return None
        if column.type in INTEGERS:
            return self._number(column, int(value), of_legacy, loose=loose)
        is_key = partial(self.keys.any_drawn, of_legacy=of_legacy)
        return self.matching.signature(value, of_legacy=of_legacy, is_key=is_key if loose else None)

    def _number(self, column: Column, number: int, of_legacy: bool, *, loose: bool) -> str:  # noqa: FBT001 - as above
        """A whole number: a key by the row it stands for, as far as that is known."""
        own, foreign = column.sequence, self.keys.foreign.get((str(self.table), column.name))
        if own is not None and self.keys.drawn(own, number, of_legacy=of_legacy):
            return KEY
        if foreign is not None:
            image = self.keys.image(foreign, number, of_legacy=of_legacy)
            return str(image) if image is not None else str(number) if self.keys.in_step(foreign) and not loose else KEY
        return KEY if loose and self.keys.any_drawn(number, of_legacy=of_legacy) else str(number)

    def key(self, row: Row, *, of_legacy: bool) -> object:
        """The primary key as async has it, bound values by their image; the row where the table has none."""
        if not self.table.primary_key:
            return row
        key = []
        for column, value in zip(self.table.columns, row, strict=True):
            if column.name not in self.table.primary_key or value is None:
                continue
            image: object = None
            sequence = column.sequence or self.keys.foreign.get((str(self.table), column.name))
            if of_legacy and sequence is not None:
                image = self.keys.image(sequence, int(value), of_legacy=True)
            elif of_legacy:
                image = self.matching.bindings.image("token", canonical(value), of_legacy=True)
            key.append(str(image) if image is not None else canonical(value))
        return tuple(key)

    def _order(self, row: Row) -> tuple[object, ...]:
        """The order of insertion, as far as a row tells: drawn keys, then times."""
        values = list(zip(self.table.columns, row, strict=True))
        drawn = tuple(int(value or 0) for column, value in values if column.sequence is not None)
        times = tuple(value or "" for column, value in values if column.type.startswith("timestamp"))
        return drawn, times
