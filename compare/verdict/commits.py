"""The rows layer, request by request: what both sides committed, by its net effect."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference, shown
from compare.verdict.effects import TableEffects, effects_of
from compare.verdict.pairing import Pairing
from compare.verdict.rows import compare_pair, compare_rows, described, labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compare.postgres import Table
    from compare.postgres.commits import Row
    from compare.verdict.evidence import Pair

NOTHING = "nothing committed"
KEPT = "(unchanged)"
PER_REQUEST = 20  # differences of one table and request that are spelled out

Update = tuple["Row", "Row"]


def compare_commits(pair: Pair) -> Iterator[Difference]:
    """Every difference between what both sides committed for one request; nothing without PostgreSQL's log."""
    if pair.legacy.commits is None or pair.async_.commits is None:
        return
    ours, theirs = (effects_of(side.commits or (), pair.tables) for side in (pair.legacy, pair.async_))
    names = [name for name in pair.tables if name in ours or name in theirs]
    for effects, of_legacy in ((ours, True), (theirs, False)):
        for name in names:
            if name in effects:
                _draw(pair, effects[name], of_legacy=of_legacy)
    if bool(ours) != bool(theirs):
        yield from _whole(ours or theirs, missing=bool(ours))
        return
    for name in names:
        table = pair.tables[name]
        found = list(_table(pair, table, ours.get(name), theirs.get(name)))
        certain = [difference for difference in found if not difference.claims]
        yield from (difference for difference in found if difference.claims)
        if len(certain) > PER_REQUEST:
            more = f"{len(certain) - PER_REQUEST} more differences in {table} are not listed"
            last = certain[PER_REQUEST - 1]
            certain[PER_REQUEST - 1] = dataclasses.replace(last, note=f"{last.note}; {more}".lstrip("; "))
        yield from certain[:PER_REQUEST]


def _draw(pair: Pair, effects: TableEffects, *, of_legacy: bool) -> None:
    """Keys of new rows were drawn from their sequences."""
    for place, column in enumerate(effects.table.columns):
        if column.sequence is None:
            continue
        for row in effects.inserted:
            if (value := row[place]) is not None:
                pair.keys.draw(column.sequence, int(value), of_legacy=of_legacy)


def _whole(effects: dict[str, TableEffects], *, missing: bool) -> Iterator[Difference]:
    """ROW008 and ROW009: only one side committed anything at all."""
    for name, table in effects.items():
        words = _counted(table)
        legacy, async_ = (words, NOTHING) if missing else (NOTHING, words)
        yield Difference("ROW008" if missing else "ROW009", name, legacy, async_)


def _counted(effects: TableEffects) -> str:
    """`2 inserted, 1 updated`."""
    parts = (
        (len(effects.inserted), "inserted"),
        (len(effects.updated), "updated"),
        (len(effects.deleted), "deleted"),
        (effects.more, "more"),
    )
    counted = ", ".join(f"{count} {what}" for count, what in parts if count)
    return f"{'emptied, ' * effects.emptied}{counted}".rstrip(", ")


def _table(pair: Pair, table: Table, legacy: TableEffects | None, async_: TableEffects | None) -> Iterator[Difference]:
    ours, theirs = legacy or TableEffects(table), async_ or TableEffects(table)
    if ours.emptied != theirs.emptied:
        told = ["emptied" if side.emptied else KEPT for side in (ours, theirs)]
        yield Difference("ROW010", str(table), told[0], told[1])
    inserted = _unequal(ours.inserted, theirs.inserted, pair, table)
    yield from compare_rows(table, *inserted, pair.matching, pair.keys)
    yield from _updates(pair, table, ours.updated, theirs.updated)
    yield from _deletes(pair, table, ours.deleted, theirs.deleted)
    if ours.more != theirs.more:
        counts = [f"{len(side.effects) + side.more} changes" for side in (ours, theirs)]
        yield Difference("ROW001" if ours.more > theirs.more else "ROW002", str(table), counts[0], counts[1])
    if {ours.rewritten, theirs.rewritten} > {1} and ours.effects and theirs.effects:
        told = [f"at most {side.rewritten} times" for side in (ours, theirs)]
        yield Difference("ROW012", str(table), told[0], told[1])


def _unequal(legacy: Sequence[Row], async_: Sequence[Row], pair: Pair, table: Table) -> tuple[list[Row], list[Row]]:
    """New rows without those that are the same to the letter, whose keys stand for themselves."""
    spare = list(async_)
    left = []
    for row in legacy:
        if row in spare:
            spare.remove(row)
            for column, value in zip(table.columns, row, strict=True):
                if column.sequence is not None and value is not None:
                    pair.keys.pair(column.sequence, int(value), int(value))
        else:
            left.append(row)
    return left, spare


def _updates(pair: Pair, table: Table, legacy: Sequence[Update], async_: Sequence[Update]) -> Iterator[Difference]:
    """ROW003, ROW005 and ROW006 of rows that both sides changed; ROW011 of one that only one side did."""
    pairing = Pairing(table, pair.matching, pair.keys)
    theirs = {pairing.key(old, of_legacy=False): (old, new) for old, new in async_}
    for old, new in legacy:
        other = theirs.pop(pairing.key(old, of_legacy=True), None)
        if other is None:
            yield Difference("ROW011", str(table), _changed(table, old, new), KEPT, f"row {labelled(table, old)}")
            continue
        touched = {
            column.name
            for column, *values in zip(table.columns, old, new, *other, strict=True)
            if values[0] != values[1] or values[2] != values[3]
        }
        for difference in compare_pair(table, new, other[1], pair.matching, pair.keys):
            if difference.where.removeprefix(f"{table}.").partition("/")[0] in touched:
                yield dataclasses.replace(difference, rows=(new, other[1]))
    for old, new in theirs.values():
        yield Difference("ROW011", str(table), KEPT, _changed(table, old, new), f"row {labelled(table, old)}")


def _deletes(pair: Pair, table: Table, legacy: Sequence[Row], async_: Sequence[Row]) -> Iterator[Difference]:
    """ROW010: a row that only one side deleted."""
    pairing = Pairing(table, pair.matching, pair.keys)
    theirs = [(pairing.key(row, of_legacy=False), row) for row in async_]
    for row in legacy:
        key = pairing.key(row, of_legacy=True)
        same = next((index for index, (other, _) in enumerate(theirs) if other == key), None)
        if same is None:
            yield Difference("ROW010", str(table), "deleted", "(still there)", shown(described(table, row)))
        else:
            del theirs[same]
    for _, row in theirs:
        yield Difference("ROW010", str(table), "(still there)", "deleted", shown(described(table, row)))


def _changed(table: Table, old: Row, new: Row) -> str:
    """`status=paid, paid_at=…`: what an update set."""
    pairs = zip(table.columns, old, new, strict=True)
    words = (
        f"{column.name}={'NULL' if after is None else after}" for column, before, after in pairs if before != after
    )
    return shown(", ".join(words))
