"""How often the statements of a request ran: more than on legacy, one a row, a batch broken up."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference
from compare.verdict.lexis import WRITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.verdict.alignment import Alignment, Ran

MANY = 3  # executions of one statement with other values that count as one a row


def more_statements(alignment: Alignment) -> Iterator[Difference]:
    """SQL001: async ran more statements, and no other check says why."""
    if not alignment.whole:
        return
    ours, theirs = _executions(alignment.legacy), _executions(alignment.async_)
    explained = sum(len(runs) - _times(alignment.legacy, shape) for shape, runs in _new_repeats(alignment).items())
    explained += sum(_times(alignment.async_, shape) - 1 for shape in _broken(alignment))
    explained += sum(ran.query.verb in WRITING for ran in alignment.async_only)  # SQL006, or the rows
    if len(theirs) - len(ours) <= explained:
        return
    extra = Counter(ran.query.name for ran in theirs) - Counter(ran.query.name for ran in ours)
    names = ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in extra.items())
    where = next(iter(extra), "statements")
    yield Difference(
        "SQL001", where, f"{len(ours)} statements", f"{len(theirs)} statements", f"async also runs {names}"
    )


def one_per_row(alignment: Alignment) -> Iterator[Difference]:
    """SQL002: a SELECT runs once a row on async alone."""
    for shape, runs in _new_repeats(alignment).items():
        ours, first = _times(alignment.legacy, shape), runs[0]
        yield Difference("SQL002", first.query.name, _often(ours), _often(len(runs)), _text(first))


def one_per_row_on_both(alignment: Alignment) -> Iterator[Difference]:
    """SQL012: a SELECT runs once a row on both sides."""
    known = _by_tables(_repeats(alignment.legacy))
    for runs in _repeats(alignment.async_).values():
        first = runs[0]
        ours = known.get(first.query.reads)
        if ours is not None:
            times = _often(len(ours)), _often(len(runs))
            yield Difference("SQL012", first.query.name, *times, _text(first), level="hazard")


def broken_batches(alignment: Alignment) -> Iterator[Difference]:
    """SQL008: legacy writes many rows with one statement, async one by one."""
    for shape, (ours, theirs) in _broken(alignment).items():
        count = sum(ran.query.shape == shape for ran in alignment.async_)
        told = f"{ours.rows} rows in one statement", f"{count} statements"
        yield Difference("SQL008", theirs.query.name, *told, _text(theirs))


def _executions(side: Iterable[Ran]) -> list[Ran]:
    """Each execution once, but all batches of one write once together: how large a batch may be is the driver's.

    Parameters may be set in either of several ways, and what failed is told by its failure.
    """
    batches: set[str] = set()
    kept = []
    for ran in side:
        if ran.query.settles or ran.statement.error:
            continue
        if ran.query.verb in WRITING and ran.rows > 1:
            if ran.query.shape in batches:
                continue
            batches.add(ran.query.shape)
        kept.append(ran)
    return kept


def _repeats(side: Iterable[Ran]) -> dict[str, list[Ran]]:
    """SELECTs of one shape that ran for several values, by shape. Locking one after the other is a choice."""
    runs: dict[str, list[Ran]] = defaultdict(list)
    for ran in side:
        if ran.query.verb == "select" and ran.query.reads and ran.query.lock is None and ran.query.slots:
            runs[ran.query.shape].append(ran)
    return {shape: found for shape, found in runs.items() if len({ran.values for ran in found}) >= MANY}


def _by_tables(repeats: dict[str, list[Ran]]) -> dict[frozenset[str], list[Ran]]:
    return {runs[0].query.reads: runs for runs in repeats.values()}


def _new_repeats(alignment: Alignment) -> dict[str, list[Ran]]:
    known = _by_tables(_repeats(alignment.legacy))
    return {
        shape: runs
        for shape, runs in _repeats(alignment.async_).items()
        if runs[0].query.reads not in known and len(runs) > _times(alignment.legacy, shape)
    }


def _times(side: Iterable[Ran], shape: str) -> int:
    return sum(ran.query.shape == shape for ran in side)


def _broken(alignment: Alignment) -> dict[str, tuple[Ran, Ran]]:
    """Shapes of writes that legacy runs for many rows at once and async for one row each, with an example of both."""
    found = {}
    for shape, runs in _written(alignment.async_).items():
        ours = _written(alignment.legacy).get(shape, [])
        batch = next((ran for ran in ours if ran.rows > 1), None)
        if batch is not None and len(runs) > len(ours) and all(ran.rows == 1 for ran in runs):
            found[shape] = batch, runs[0]
    return found


def _written(side: Sequence[Ran]) -> dict[str, list[Ran]]:
    runs: dict[str, list[Ran]] = defaultdict(list)
    for ran in side:
        if ran.query.verb in WRITING:
            runs[ran.query.shape].append(ran)
    return runs


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _text(ran: Ran) -> str:
    return " ".join(ran.statement.sql.split())[:300]
