"""Which statement of async stands for which of legacy, and which stand for none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from compare.verdict.sql import Query, read
from compare.verdict.timeline import WEAKEST, transactions
from compare.verdict.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from compare.subjects.moments import Statement, Trace
    from compare.verdict.evidence import Evidence, Pair

# Of the session and its transactions, which have checks of their own; how often a pool asks is its own affair.
UNCOUNTED = frozenset(
    {"", "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "show", "reset", "discard"}
    | {"deallocate"}
)
PINGS = frozenset(
    {"select 1", "select", "select version ( )", "select pg_catalog . version ( )", "select current_schema ( )"}
)


@dataclass(frozen=True, eq=False)
class Ran:
    """A statement that ran, what it says, and the isolation level of its transaction. Equal to itself alone."""

    statement: Statement
    query: Query
    isolation: str = WEAKEST

    @property
    def rows(self) -> int:
        """For how many rows it had values."""
        return self.query.rows if self.query.rows > 1 else self.statement.sets

    @cached_property
    def values(self) -> tuple[object, ...]:
        """Its values in one form for all drivers, those of an IN list in one order."""
        binds = self.statement.binds
        found: list[object] = []
        for slot in self.query.slots:
            texts = [plain(binds[at]) for at in slot.binds if at < len(binds)]
            found.append(tuple(sorted(set(texts))) if slot.unordered else tuple(texts))
        return tuple(found)


Couple = tuple[Ran, Ran]


@dataclass(frozen=True)
class Alignment:
    """The statements of both sides, and how they belong together.

    Attributes:
        legacy: All that are compared, in order; without those of the session itself, and up to a failure.
        async_: The same of async.
        effects: What ran on either side, SET included.
        same: Pairs of one shape.
        inlined: Pairs that are the same but for values in the text.
        clauses: Pairs that are the same but for lock, order and limit.
        others: Pairs that do the same to the same tables in other words.
        legacy_only: Without a counterpart.
        async_only: Without a counterpart.
        whole: Whether both sides answered alike, so that none stopped early.
    """

    pair: Pair
    legacy: tuple[Ran, ...]
    async_: tuple[Ran, ...]
    effects: tuple[tuple[Ran, ...], tuple[Ran, ...]]
    same: tuple[Couple, ...]
    inlined: tuple[Couple, ...]
    clauses: tuple[Couple, ...]
    others: tuple[Couple, ...]
    legacy_only: tuple[Ran, ...]
    async_only: tuple[Ran, ...]
    whole: bool


def aligned(pair: Pair) -> Alignment | None:
    """Both sides' statements side by side; None unless both could be seen."""
    traces = pair.legacy.trace, pair.async_.trace
    if traces[0] is None or traces[1] is None or not (traces[0].sqlalchemy and traces[1].sqlalchemy):
        return None
    whole = alike(pair)
    sides = _ran(traces[0]), _ran(traces[1])
    if not whole:
        sides = _until_failure(pair, sides)
    ours, theirs = ([ran for ran in side if _counted(ran.query)] for side in sides)
    same, left, right = _couples(ours, theirs, lambda ran: ran.query.shape)
    inlined, left, right = _couples(left, right, lambda ran: ran.query.blind)
    clauses, left, right = _couples(left, right, lambda ran: ran.query.core)
    others, left, right = _couples(left, right, lambda ran: (ran.query.verb, ran.query.reads, ran.query.writes))
    return Alignment(
        pair,
        tuple(ours),
        tuple(theirs),
        effects=(tuple(sides[0]), tuple(sides[1])),
        same=same,
        inlined=inlined,
        clauses=clauses,
        others=others,
        legacy_only=tuple(left),
        async_only=tuple(right),
        whole=whole,
    )


def alike(pair: Pair) -> bool:
    """Whether both sides answered with one class of status, so that neither stopped early."""
    return _class(pair.legacy) == _class(pair.async_)


def _class(evidence: Evidence) -> int | None:
    return None if evidence.answer.status is None else evidence.answer.status // 100


def _ran(trace: Trace) -> list[Ran]:
    levels = {id(one): unit.isolation for unit in transactions(trace) for one in unit.statements}
    return [Ran(one, read(one.sql), levels.get(id(one), WEAKEST)) for one in trace.statements]


def _counted(query: Query) -> bool:
    if query.verb in UNCOUNTED or query.shape in PINGS:
        return False
    catalogue = [name.startswith(("pg_", "pg_catalog.", "information_schema.")) for name in query.tables]
    return not (catalogue and all(catalogue))


def _until_failure(pair: Pair, sides: Sequence[list[Ran]]) -> tuple[list[Ran], list[Ran]]:
    """What ran on both sides before one of them failed; what one did alone after it is told by the failure."""
    kept = []
    for side, evidence in zip(sides, (pair.legacy, pair.async_), strict=True):
        failed = [at for at, ran in enumerate(side) if ran.statement.error]
        refused = evidence.answer.status is None or evidence.answer.status >= 400  # noqa: PLR2004 - HTTP's errors
        kept.append(side[: failed[0]] if failed and refused else side)
    shapes = [[ran.query.shape for ran in side] for side in kept]
    blocks = SequenceMatcher(None, shapes[0], shapes[1], autojunk=False).get_matching_blocks()
    ends = [(block.a + block.size, block.b + block.size) for block in blocks if block.size]
    last = ends[-1] if ends else (0, 0)
    return kept[0][: last[0]], kept[1][: last[1]]


def _couples(
    legacy: Sequence[Ran], async_: Sequence[Ran], key: Callable[[Ran], Hashable]
) -> tuple[tuple[Couple, ...], list[Ran], list[Ran]]:
    """Pairs of one key, those with equal values first, then in order; and what is left of either side."""
    waiting: dict[Hashable, list[Ran]] = defaultdict(list)
    for ran in async_:
        waiting[key(ran)].append(ran)
    partner: dict[int, Ran] = {}
    for exact in (True, False):
        for at, ran in enumerate(legacy):
            candidates = waiting.get(key(ran), ())
            if at in partner or not candidates:
                continue
            found = _equal(ran, candidates) if exact else candidates[0]
            if found is not None:
                partner[at] = found
                waiting[key(ran)].remove(found)
    taken = {id(ran) for ran in partner.values()}
    left = [ran for at, ran in enumerate(legacy) if at not in partner]
    return (
        tuple((legacy[at], partner[at]) for at in sorted(partner)),
        left,
        [ran for ran in async_ if id(ran) not in taken],
    )


def _equal(ran: Ran, candidates: Iterable[Ran]) -> Ran | None:
    values = ran.values
    return next(
        (other for other in candidates if other.query.shape == ran.query.shape and other.values == values), None
    )
