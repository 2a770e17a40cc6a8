"""Row locks and advisory locks: which are taken, and in which order."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.verdict.alignment import Alignment, Ran
    from compare.verdict.sql import Lock

NONE = "no lock"
LOCKING_WRITES = frozenset({"update", "delete"})


def lost_locks(alignment: Alignment) -> Iterator[Difference]:
    """SQL003: legacy locks the rows that it reads, async does not, or less."""
    theirs = _by_text(alignment.async_)
    for text, ours in _by_text(alignment.legacy).items():
        if not any(ran.query.lock for ran in ours):
            continue
        found = theirs.get(text) or _on_same_tables(ours[0], alignment)
        weaker = _weaker(ours, found) if found or alignment.whole else None
        if weaker is not None:
            mine, other = weaker
            yield Difference("SQL003", ours[0].query.name, _told(mine), _told(other), _note(mine, other))


def _by_text(side: Iterable[Ran]) -> dict[str, list[Ran]]:
    """Statements by their text without the lock."""
    found: dict[str, list[Ran]] = defaultdict(list)
    for ran in side:
        if ran.query.verb not in LOCKING_WRITES:
            found[ran.query.unlocked].append(ran)
    return found


def _on_same_tables(ran: Ran, alignment: Alignment) -> list[Ran]:
    """Statements of async in other words that read what this one reads, the best lock first."""
    return [
        other for other in alignment.async_ if ran.query.reads <= other.query.reads and other.query.verb == "select"
    ]


def _weaker(ours: list[Ran], theirs: list[Ran]) -> tuple[Lock, Lock | None] | None:
    """The first lock of legacy for which async has only a weaker one in its place, strongest against strongest."""
    mine = sorted((ran.query.lock for ran in ours if ran.query.lock), key=_grade, reverse=True)
    other = sorted(
        (ran.query.lock for ran in theirs), key=lambda lock: -1 if lock is None else lock.strength, reverse=True
    )
    places = min(len(mine), len(other)) or 1
    for at in range(places):
        have = other[at] if at < len(other) else None
        if have is None or have.strength < mine[at].strength or have.wait != mine[at].wait:
            return mine[at], have
    return None


def _grade(lock: Lock) -> int:
    return lock.strength


def _told(lock: Lock | None) -> str:
    return NONE if lock is None else str(lock)


def _note(legacy: Lock, async_: Lock | None) -> str:
    if async_ is not None and async_.strength >= legacy.strength:
        return "it meets a row that is locked already in another way"
    return ""


def lock_order(alignment: Alignment) -> Iterator[Difference]:
    """SQL013: both sides lock the same tables, or the same rows of one, in another order."""
    if not alignment.whole:
        return
    ours, theirs = (_first_locks(side) for side in (alignment.legacy, alignment.async_))
    if ours != theirs and sorted(ours) == sorted(theirs):
        yield Difference("SQL013", "tables", ", then ".join(ours), ", then ".join(theirs))
    left, right = (_locked_rows(side) for side in (alignment.legacy, alignment.async_))
    for shape, mine in left.items():
        other = right.get(shape, [])
        if [ran.values for ran in mine] == [ran.values for ran in other]:
            continue
        if Counter(ran.values for ran in mine) == Counter(ran.values for ran in other):
            told = [shown(", then ".join(_values(ran) for ran in runs)) for runs in (mine, other)]
            yield Difference("SQL013", mine[0].query.name, told[0], told[1])


def _first_locks(side: Iterable[Ran]) -> list[str]:
    """Tables in the order in which their rows are locked first."""
    tables: dict[str, None] = {}
    for ran in side:
        if ran.query.lock is not None:
            tables |= dict.fromkeys(sorted(ran.query.lock.of or ran.query.reads))
    return list(tables)


def _locked_rows(side: Iterable[Ran]) -> dict[str, list[Ran]]:
    """Executions that lock, by shape."""
    found: dict[str, list[Ran]] = defaultdict(list)
    for ran in side:
        advisory = any("advisory" in effect.name for effect in ran.query.effects)
        if ran.query.lock is not None or advisory or ran.query.verb in LOCKING_WRITES:
            found[ran.query.shape].append(ran)
    return found


def _values(ran: Ran) -> str:
    return " ".join(text for _, text in ran.statement.binds)
