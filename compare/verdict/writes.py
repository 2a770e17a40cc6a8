"""Statements that write: whether async writes in the way that legacy does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference, shown
from compare.verdict.lexis import WRITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.verdict.alignment import Alignment, Ran
    from compare.verdict.evidence import Evidence

NOTHING = "(no such statement)"
ASSIGNMENTS = re.compile(r"^(update .*? set )(.*?)((?: from | where ).*)?$", re.DOTALL)
PLAIN = re.compile(r"[\w$\"]+ = \?")
INSERTING = frozenset({"insert", "upsert"})


def other_writes(alignment: Alignment) -> Iterator[Difference]:
    """SQL006: the sides write with other statements."""
    for mine, other in alignment.others + alignment.clauses:
        if mine.query.verb in WRITING and not _rows_tell(alignment, mine, other):
            yield Difference("SQL006", mine.query.name, _text(mine), _text(other))
    if not alignment.whole:
        return
    ours, theirs = _kinds(alignment.legacy), _kinds(alignment.async_)
    for kind in [*(kind for kind in ours if kind not in theirs), *(kind for kind in theirs if kind not in ours)]:
        of_legacy = kind in ours
        ran = ours[kind] if of_legacy else theirs[kind]
        blind = _unseen(
            alignment.pair.async_ if of_legacy else alignment.pair.legacy, ran, theirs if of_legacy else ours
        )
        if blind or _one_write(alignment, ran):
            continue
        told = (_text(ran), NOTHING) if of_legacy else (NOTHING, _text(ran))
        yield Difference("SQL006", ran.query.name, *told)


def _kinds(side: Iterable[Ran]) -> dict[tuple[str, frozenset[str]], Ran]:
    """What is done to which tables, with the first statement that does it."""
    found: dict[tuple[str, frozenset[str]], Ran] = {}
    for ran in side:
        if ran.query.verb in WRITING:
            found.setdefault((ran.query.verb, ran.query.writes), ran)
    return found


def rows_known(alignment: Alignment) -> bool:
    """Whether the rows layer sees what was written, value by value."""
    return alignment.pair.legacy.commits is not None and alignment.pair.async_.commits is not None


def _rows_tell(alignment: Alignment, legacy: Ran, async_: Ran) -> bool:
    """Whether two writes can differ in nothing but the values that they leave, which the rows layer compares."""
    if not rows_known(alignment) or legacy.query.verb != async_.query.verb:
        return False
    if legacy.query.verb == "insert":
        return _given(legacy) and _given(async_)
    return legacy.query.verb == "update" and _computed(legacy.query.shape) == _computed(async_.query.shape)


def _given(insert: Ran) -> bool:
    """Whether an INSERT takes its rows from what is handed in, be it by a SELECT from functions, and from no table."""
    query = insert.query
    if " select " not in query.shape:
        return True
    return not query.reads and all(query.shape.split().count(table) == 1 for table in query.writes)


def _computed(shape: str) -> tuple[str, ...]:
    """What an UPDATE computes, and its condition: all but the columns that are set to a value that is handed in."""
    match = ASSIGNMENTS.match(shape)
    if match is None:
        return (shape,)
    return (*sorted(part for part in match[2].split(" , ") if not PLAIN.fullmatch(part)), match[3] or "")


def _unseen(evidence: Evidence, ran: Ran, seen: dict[tuple[str, frozenset[str]], Ran]) -> bool:
    """Whether the other side committed rows of this table by a way that the probe does not see: COPY, a raw cursor."""
    if any(ran.query.writes & tables for _, tables in seen):
        return False
    changed = {change.table for commit in evidence.commits or () for change in commit.changes}
    return bool(ran.query.writes) and ran.query.writes <= changed


def _one_write(alignment: Alignment, ran: Ran) -> bool:
    """Whether one side inserts a row and sets it right later, where the other inserts it at once.

    When a session flushes is its own affair, and the rows are compared.
    """
    if ran.query.verb != "update" or not rows_known(alignment):
        return False
    sides = (alignment.legacy, alignment.async_)
    return all(
        any(one.query.verb in INSERTING and one.query.writes == ran.query.writes for one in side) for side in sides
    )


def _text(ran: Ran) -> str:
    return shown(" ".join(ran.statement.sql.split()))
