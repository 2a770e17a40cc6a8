"""The transactions layer: where transactions begin and end, and when the answer left between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from compare.subjects.moments import Blocked, Boundary, Statement, Unfinished
from compare.verdict.alignment import alike
from compare.verdict.difference import Difference
from compare.verdict.hazard import hazard
from compare.verdict.sql import read
from compare.verdict.timeline import nested_checkout, transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.subjects.moments import Trace
    from compare.verdict.evidence import Evidence, Pair
    from compare.verdict.timeline import Transaction

    Kinds = Counter[tuple[str, str]]

REFUSED = 400  # the first status that is an error
TRY_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock
WHERE = "transaction"


def compare_transactions(pair: Pair) -> Iterator[Difference]:
    """Every difference between the transactions of both sides, and what is dangerous about either's."""
    for check in SEEN_FROM_OUTSIDE:
        yield from check(pair)
    if pair.legacy.trace is not None and pair.async_.trace is not None:
        for inside in SEEN_FROM_INSIDE:
            yield from inside(pair, pair.legacy.trace, pair.async_.trace)


def _told(code: str, where: str, pair: Pair, words: Callable[[Evidence], str]) -> Iterator[Difference]:
    """A hazard, from what a check finds on each side."""
    found = hazard(code, where, words(pair.legacy), words(pair.async_))
    if found is not None:
        yield found


def late_commit(pair: Pair, _legacy: Trace, _async: Trace) -> Iterator[Difference]:
    """TXN001: what was written before the answer is committed after it."""
    yield from _told("TXN001", WHERE, pair, _late)


def _late(evidence: Evidence) -> str:
    trace = evidence.trace
    answered = None if trace is None else trace.answered
    if trace is None or answered is None:
        return ""
    for one in transactions(trace):
        early = [statement for statement in one.written if statement.at < answered]
        if early and one.ending == "commit" and one.ended is not None and one.ended > answered:
            return f"{read(early[0].sql).name}: committed {_ms(one.ended - answered)} after the answer"
    return ""


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def undone_success(pair: Pair, _legacy: Trace, _async: Trace) -> Iterator[Difference]:
    """TXN002: the answer says that it worked, and what was written was rolled back."""
    yield from _told("TXN002", WHERE, pair, _undone)


def _undone(evidence: Evidence) -> str:
    if evidence.trace is None or not _succeeded(evidence):
        return ""
    kept = [_shapes(one) for one in transactions(evidence.trace) if one.ending == "commit"]
    for one in transactions(evidence.trace):
        # What failed was meant to be rolled back; what was done again was tried again.
        again = any(not (_shapes(one) - committed) for committed in kept)
        if one.ending == "rollback" and one.written and not one.failed and not again:
            return f"{_names(one)}: rolled back, and answered {evidence.answer.status}"
    return ""


def _succeeded(evidence: Evidence) -> bool:
    return evidence.answer.status is not None and evidence.answer.status < REFUSED


def _shapes(transaction: Transaction) -> Counter[str]:
    return Counter(read(statement.sql).shape for statement in transaction.written)


def _names(transaction: Transaction) -> str:
    return ", ".join(dict.fromkeys(read(statement.sql).name for statement in transaction.written))


def split_unit(pair: Pair) -> Iterator[Difference]:
    """TXN003: what legacy commits at once, async commits in parts."""
    ours, theirs = _committed(pair.legacy), _committed(pair.async_)
    if ours and theirs and len(theirs) > len(ours) and alike(pair) and sum(ours, Counter()) == sum(theirs, Counter()):
        yield Difference("TXN003", WHERE, _parts(ours), _parts(theirs))


def merged_units(pair: Pair) -> Iterator[Difference]:
    """TXN007: what legacy commits in parts, async commits at once."""
    ours, theirs = _committed(pair.legacy), _committed(pair.async_)
    if ours and theirs and len(theirs) < len(ours) and alike(pair) and sum(ours, Counter()) == sum(theirs, Counter()):
        yield Difference("TXN007", WHERE, _parts(ours), _parts(theirs))


def _committed(evidence: Evidence) -> list[Kinds]:
    """What each transaction that wrote has committed: how many changes of which kind, by table.

    From PostgreSQL's log where it was read, else from the statements. An update may take several statements, or one.
    """
    found: list[Kinds] = []
    if evidence.commits is not None:
        found = [Counter((change.table, change.kind) for change in commit.changes) for commit in evidence.commits]
    elif evidence.trace is not None:
        ended = (one for one in transactions(evidence.trace) if one.ending == "commit")
        found = [Counter(_changed(statement) for statement in one.written) for one in ended]
    return [Counter({kind: 1 if kind[1] == "update" else n for kind, n in one.items()}) for one in found if one]


def _changed(statement: Statement) -> tuple[str, str]:
    query = read(statement.sql)
    return ", ".join(sorted(query.writes)), query.verb


def _parts(commits: list[Kinds]) -> str:
    parts = ["; ".join(f"{kind} {table}" for table, kind in one) for one in commits]
    return f"{len(commits)} commit{'s' * (len(commits) > 1)}: {' | '.join(parts)}"


def unprotected_write(pair: Pair, _legacy: Trace, _async: Trace) -> Iterator[Difference]:
    """TXN004: a statement wrote outside any transaction."""
    yield from _told("TXN004", WHERE, pair, _unprotected)


def _unprotected(evidence: Evidence) -> str:
    statements = evidence.trace.statements if evidence.trace is not None else ()
    names = (read(one.sql).name for one in statements if one.autocommit and read(one.sql).writes)
    return ", ".join(f"{name}: in autocommit mode" for name in dict.fromkeys(names))


def left_open(pair: Pair) -> Iterator[Difference]:
    """TXN005: a transaction was still open, or a connection at work, when the request was given up waiting for."""
    yield from _told("TXN005", WHERE, pair, _left_open)


def _left_open(evidence: Evidence) -> str:
    trace = evidence.trace
    if trace is None:
        return "" if evidence.at_rest else "a connection was not idle seconds after the answer"
    unfinished = trace.of(Unfinished)
    open_ = [one for one in transactions(trace) if one.ending == "open" and not _autocommitted(one)]
    if sum(one.transactions for one in unfinished) or (open_ and not (trace.at_rest and evidence.at_rest)):
        names = ", ".join(dict.fromkeys(read(s.sql).name for one in open_ for s in one.statements))
        return f"open at the end: {names}" if names else "open at the end"
    return "" if evidence.at_rest or unfinished else "a connection was not idle seconds after the answer"


def _autocommitted(transaction: Transaction) -> bool:
    return bool(transaction.statements) and all(statement.autocommit for statement in transaction.statements)


def lost_savepoint(pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """TXN006: legacy sets a savepoint where async sets none."""
    ours, theirs = (sum(one.kind == "savepoint" for one in trace.of(Boundary)) for trace in (legacy, async_))
    if theirs < ours and alike(pair):
        yield Difference(
            "TXN006", "savepoint", f"{ours} savepoints" if ours > 1 else "1 savepoint", str(theirs or "none")
        )


def spread_reads(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """TXN008: async reads over more connections than legacy."""
    ours, theirs = (
        len({one.connection for one in trace.statements if read(one.sql).reads and not read(one.sql).writes})
        for trace in (legacy, async_)
    )
    if theirs > max(ours, 1):
        yield Difference("TXN008", "connection", str(ours), str(theirs), level="information")


def no_retry(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """TXN009: both sides meet a deadlock or a serialization failure; legacy begins again, async gives up."""
    ours, theirs = _refused(legacy), _refused(async_)
    if ours is not None and theirs is not None and _again(legacy, ours) and not _again(async_, theirs):
        yield Difference("TXN009", WHERE, f"{ours.sqlstate}, and tried again", f"{theirs.sqlstate}, and given up")


def _refused(trace: Trace) -> Statement | None:
    return next((one for one in trace.statements if one.sqlstate in TRY_AGAIN), None)


def _again(trace: Trace, failed: Statement) -> bool:
    """Whether the same statement ran once more in a transaction that began after it failed."""
    shape = read(failed.sql).shape
    later = (one for one in transactions(trace) if one.began > failed.at and failed not in one.statements)
    return any(read(statement.sql).shape == shape for one in later for statement in one.statements)


def idle_in_transaction(pair: Pair, _legacy: Trace, _async: Trace) -> Iterator[Difference]:
    """TXN010: a transaction stayed open while the app did something else for long."""
    yield from _told("TXN010", WHERE, pair, lambda evidence: _idle(evidence, pair.limits.held))


def _idle(evidence: Evidence, limit: float) -> str:
    trace = evidence.trace
    for one in transactions(trace) if trace is not None else ():
        seconds, before = one.longest_pause
        if trace is None or before is None or before.autocommit:
            continue
        start = before.at + before.seconds  # a loop that was blocked meanwhile is RTM002
        seconds -= sum(block.seconds for block in trace.of(Blocked) if start <= block.at <= start + seconds)
        if seconds > limit:
            return f"open for {seconds:.1f} s with nothing running, after {read(before.sql).name}"
    return ""


def second_connection(pair: Pair, _legacy: Trace, _async: Trace) -> Iterator[Difference]:
    """TXN011: a request takes another connection while it is in a transaction on the first."""
    yield from _told("TXN011", "connection", pair, lambda side: nested_checkout(side.trace) if side.trace else "")


def other_ending(pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """TXN012: the same statements acted, and the transaction ended the other way.

    Rows that were rolled back behind a success are TXN002's; a notification that was is told here.
    """
    ours, theirs = _endings(legacy), _endings(async_)
    for shapes, (ending, _) in ours.items():
        other, wrote = theirs.get(shapes, (ending, False))
        if other == ending or not alike(pair):
            continue
        if wrote and other == "rollback" and _succeeded(pair.async_):
            continue
        yield Difference("TXN012", WHERE, f"{ending} of {_verbs(shapes)}", f"{other} of {_verbs(shapes)}")


def _endings(trace: Trace) -> dict[tuple[str, ...], tuple[str, bool]]:
    """How each transaction that wrote or notified ended at last, by what it did; and whether it wrote."""
    found: dict[tuple[str, ...], tuple[str, bool]] = {}
    for one in transactions(trace):
        acting = [*one.written, *(statement for statement in one.statements if _notifies(statement))]
        if one.ending != "open" and acting:
            shapes = tuple(sorted(read(statement.sql).shape for statement in acting))
            found[shapes] = one.ending, bool(one.written)
    return found


def _notifies(statement: Statement) -> bool:
    """Whether others hear of it once the transaction is committed."""
    return not statement.error and any(effect.name.startswith("notify") for effect in read(statement.sql).effects)


def _verbs(shapes: tuple[str, ...]) -> str:
    return ", ".join(
        dict.fromkeys(" ".join(shape.split()[: 3 if shape[:6] in {"insert", "delete"} else 2]) for shape in shapes)
    )


SEEN_FROM_OUTSIDE = (split_unit, left_open, merged_units)
SEEN_FROM_INSIDE = (
    late_commit,
    undone_success,
    unprotected_write,
    lost_savepoint,
    spread_reads,
    no_retry,
    idle_in_transaction,
    second_connection,
    other_ending,
)
"""One check a code; those from outside need no probe."""
