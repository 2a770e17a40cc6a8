"""The statements layer: what ran, normalised across drivers, and with which values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from compare.verdict import values
from compare.verdict.alignment import aligned
from compare.verdict.counts import broken_batches, more_statements, one_per_row, one_per_row_on_both
from compare.verdict.difference import Difference, shown
from compare.verdict.lexis import WRITING
from compare.verdict.locks import lock_order, lost_locks
from compare.verdict.matching import Refusal
from compare.verdict.timeline import WEAKEST
from compare.verdict.writes import other_writes, rows_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.findings import Severity
    from compare.subjects.moments import Bind
    from compare.verdict.alignment import Alignment, Couple, Ran
    from compare.verdict.evidence import Pair
    from compare.verdict.matching import Claim
    from compare.verdict.sql import Slot

SHIFTED = "T17"
NOT_RUN = "(not run)"
ROW_WISE = frozenset({"limit", "offset"})  # numbers that are never keys


def compare_statements(pair: Pair) -> Iterator[Difference]:
    """Every difference between the statements of both sides; nothing unless both could be seen."""
    alignment = aligned(pair)
    if alignment is None:
        return
    for check in CHECKS:
        yield from check(alignment)


def isolation(alignment: Alignment) -> Iterator[Difference]:
    """SQL004: the same statement ran under another isolation level.

    A read may have moved to another transaction of its request, as a reload after the commit does; so of reads it
    counts only that a stricter level is missing altogether.
    """
    used = [{couple[place].isolation for couple in alignment.same} - {WEAKEST} for place in (0, 1)]
    levels = {
        (mine.isolation, other.isolation): mine
        for mine, other in alignment.same
        if used[0] != used[1] or mine.query.writes or mine.query.lock
    }
    for (ours, theirs), ran in levels.items():
        if ours != theirs:
            yield Difference("SQL004", "transaction", ours, theirs, ran.query.name)


def other_values(alignment: Alignment) -> Iterator[Difference]:
    """SQL005: the same statement ran with another value."""
    for mine, other in alignment.same:
        if max(mine.rows, other.rows) > 1 and 1 in {mine.query.rows, other.query.rows} and rows_known(alignment):
            continue  # of an executemany the first values alone are known, and a set comes in any order
        for slot, place in zip(mine.query.slots, other.query.slots, strict=True):
            where = f"{mine.query.name}, {slot.name}"
            yield from _slot(alignment.pair, where, slot, _binds(mine, slot), _binds(other, place))


def _binds(ran: Ran, slot: Slot) -> list[Bind]:
    binds = ran.statement.binds
    return [binds[at] for at in slot.binds if at < len(binds)]


def _slot(pair: Pair, where: str, slot: Slot, legacy: list[Bind], async_: list[Bind]) -> Iterator[Difference]:
    """The values for one place: one, those of all rows of a batch, or those of an IN list."""
    left, right = _without_common(legacy, async_)
    if slot.unordered:
        left, right = ([*dict.fromkeys(bind)] for bind in (left, right))
        ours, theirs = ({values.plain(bind) for bind in binds} for binds in (legacy, async_))
        if len(ours) != len(theirs):
            told = [shown(", ".join(sorted(side))) or "(nothing)" for side in (ours, theirs)]
            yield Difference("SQL005", where, told[0], told[1], f"{len(ours)} values on legacy, {len(theirs)} on async")
            return
    for mine, other in zip(left, right, strict=False):
        yield from _value(pair, where, slot, mine, other)


def _without_common(legacy: list[Bind], async_: list[Bind]) -> tuple[list[Bind], list[Bind]]:
    """What each side has and the other has not, in order, whatever their order was."""
    ours, theirs = (Counter(values.plain(bind) for bind in binds) for binds in (legacy, async_))
    return _surplus(legacy, ours - theirs), _surplus(async_, theirs - ours)


def _surplus(binds: Iterable[Bind], surplus: Counter[str]) -> list[Bind]:
    left = Counter(surplus)
    kept = []
    for bind in binds:
        if left[values.plain(bind)] > 0:
            left[values.plain(bind)] -= 1
            kept.append(bind)
    return kept


def _value(pair: Pair, where: str, slot: Slot, mine: Bind, other: Bind) -> Iterator[Difference]:
    if values.same(mine, other):
        return
    claims: list[Claim] = []
    refusal = values.match(mine, other, where, pair.matching, claims)
    if refusal is None and claims and slot.name in ROW_WISE:
        refusal = Refusal("value")
    told = shown(mine[1]) or mine[0], shown(other[1]) or other[0]
    if refusal is not None:
        label = SHIFTED if refusal.kind == "shift" else None
        yield Difference("SQL005", where, *told, refusal.note, label=label)
    elif claims:
        yield Difference("SQL005", where, *told, claims=tuple(claims))


def other_types(alignment: Alignment) -> Iterator[Difference]:
    """SQL015: the same value was handed over as another Python type."""
    told: set[str] = set()
    for mine, other in alignment.same:
        for slot, place in zip(mine.query.slots, other.query.slots, strict=True):
            where = f"{mine.query.name}, {slot.name}"
            for ours, theirs in zip(_binds(mine, slot), _binds(other, place), strict=False):
                types = values.other_type(ours, theirs)
                if types and where not in told and values.same(ours, theirs):
                    told.add(where)
                    left, right = types.split(", ")
                    yield Difference("SQL015", where, f"{left} {ours[1]}", f"{right} {theirs[1]}", level="information")


def lost_limits(alignment: Alignment) -> Iterator[Difference]:
    """SQL009: legacy stops after so many rows, async reads on."""
    for mine, other in _reads(alignment):
        if mine.query.limited and not other.query.limited:
            first = [bind[1] for slot in mine.query.slots if slot.name == "limit" for bind in _binds(mine, slot)] == [
                "1"
            ]
            yield _clause("SQL009", mine, other, harmless=first and _alone_in_it(other))


def lost_order(alignment: Alignment) -> Iterator[Difference]:
    """SQL014: legacy says in which order the rows come, async does not."""
    for mine, other in _reads(alignment):
        if mine.query.ordered and not other.query.ordered:
            yield _clause("SQL014", mine, other, harmless=_alone_in_it(other))


def _reads(alignment: Alignment) -> Iterator[Couple]:
    """Pairs of SELECTs in which a clause may have been lost. One that counts or asks whether needs none."""
    alone = _alone(alignment.others)
    for mine, other in (*alignment.clauses, *alone):
        if mine.query.verb == "select" and not (mine.query.counted or other.query.counted):
            yield mine, other


def _alone(couples: Sequence[Couple]) -> list[Couple]:
    """Pairs in other words whose tables no other such pair reads, so that there is no doubt about who is who."""
    often = Counter(mine.query.reads for mine, _ in couples)
    return [couple for couple in couples if often[couple[0].query.reads] == 1]


def _alone_in_it(ran: Ran) -> bool:
    """Whether the statement is known to have given one row or none: Query.first() became scalar_one_or_none()."""
    return ran.statement.rowcount in {0, 1}


def _clause(code: str, mine: Ran, other: Ran, *, harmless: bool) -> Difference:
    note = f"it gave {other.statement.rowcount} rows this time" if harmless else ""
    level: Severity | None = "information" if harmless else None
    return Difference(code, mine.query.name, _text(mine), _text(other), note, level=level)


def inlined_values(alignment: Alignment) -> Iterator[Difference]:
    """SQL010: async writes a value into the text that legacy binds."""
    for mine, other in alignment.inlined:
        if other.query.literals > mine.query.literals and mine.query.verb != "set":  # asyncpg cannot bind in SET
            yield Difference("SQL010", mine.query.name, _text(mine), _text(other))


def lost_effects(alignment: Alignment) -> Iterator[Difference]:
    """SQL007: a statement that legacy runs for its effect did not run."""
    ours, theirs = (Counter(_effects(side)) for side in alignment.effects)
    for name in ours:
        settled = name.startswith("set ") and name in theirs  # how often it is set is no matter
        if ours[name] > theirs[name] and not settled:
            times = [
                f"{count} times" if count > 1 else "once" if count else NOT_RUN for count in (ours[name], theirs[name])
            ]
            yield Difference("SQL007", name, times[0], times[1])


def _effects(side: Iterable[Ran]) -> Iterator[str]:
    for ran in side:
        for effect in ran.query.effects:
            binds = ran.statement.binds
            rest = f" {binds[effect.bind][1]}" if effect.bind is not None and effect.bind < len(binds) else ""
            yield f"{effect.name}{rest}".lower()


def other_words(alignment: Alignment) -> Iterator[Difference]:
    """SQL011: both sides read the same tables with other text."""
    left, right = ({ran.query.shape: ran for ran in side} for side in (alignment.legacy_only, alignment.async_only))
    loose = [(mine, other) for mine in left.values() for other in right.values()]
    found: dict[str, Couple] = {}
    for mine, other in (*alignment.others, *loose):
        reading = mine.query.verb not in WRITING and other.query.verb not in WRITING
        if reading and mine.query.reads & other.query.reads:
            found.setdefault(mine.query.name, (mine, other))
    for name, (mine, other) in list(found.items())[:1]:  # one tells enough of what needs no doing
        more = f"and of {', '.join(list(found)[1:])}" if len(found) > 1 else ""
        yield Difference("SQL011", name, _text(mine), _text(other), more, level="information")


def _text(ran: Ran) -> str:
    return shown(" ".join(ran.statement.sql.split()))


CHECKS = (
    more_statements,
    one_per_row,
    lost_locks,
    isolation,
    other_values,
    other_writes,
    lost_effects,
    broken_batches,
    lost_limits,
    inlined_values,
    other_words,
    one_per_row_on_both,
    lock_order,
    lost_order,
    other_types,
)
"""One check a code, in the order of the codes."""
