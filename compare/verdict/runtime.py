"""The runtime layer: the event loop, threads, the connection pool, tasks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from compare.subjects.moments import (
    Blocked,
    ImplicitLoad,
    Logged,
    Outbound,
    Pooled,
    Raised,
    Statement,
    Unfinished,
    Worked,
)
from compare.verdict.causes import FROM_THREAD
from compare.verdict.difference import Difference, shown
from compare.verdict.hazard import hazard
from compare.verdict.sql import read
from compare.verdict.timeline import nested_checkout, transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.subjects.moments import Trace
    from compare.verdict.evidence import Pair

POOL_TIMEOUT = "sqlalchemy.exc.TimeoutError"
POOL = "QueuePool"


def compare_runtime(pair: Pair) -> Iterator[Difference]:
    """What the two sides do to loop, threads, pool and tasks; nothing unless both could be seen."""
    if pair.legacy.trace is None or pair.async_.trace is None:
        return
    for check in CHECKS:
        yield from check(pair, pair.legacy.trace, pair.async_.trace)


def _told(code: str, where: str, legacy: Trace, async_: Trace, words: Callable[[Trace], str]) -> Iterator[Difference]:
    """A hazard, from what a check finds on each side."""
    found = hazard(code, where, words(legacy), words(async_))
    if found is not None:
        yield found


def sync_on_loop(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM001: a blocking driver is called on the loop's thread."""
    label = FROM_THREAD if all(map(_only_loads, (legacy, async_))) else None
    for difference in _told("RTM001", "event loop", legacy, async_, _on_loop):
        yield dataclasses.replace(difference, label=label)


def _only_loads(trace: Trace) -> bool:
    """Whether everything that ran on the loop was loaded because an attribute was read: objects left their thread."""
    unexplained = False
    for moment in trace.moments:
        if isinstance(moment, ImplicitLoad):  # told once its statement has run
            unexplained = False
        elif isinstance(moment, Statement):
            if unexplained:
                return False
            unexplained = moment.sync_on_loop
    return not unexplained


def _on_loop(trace: Trace) -> str:
    found = [one for one in trace.statements if one.sync_on_loop]
    return f"{len(found)} on the loop, first {read(found[0].sql).name}" if found else ""


def blocked_loop(pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM002: one piece of code kept the loop to itself for longer than the configured bound."""
    limit = pair.limits.loop_blocked
    yield from _told("RTM002", "event loop", legacy, async_, lambda trace: _blocked(trace, limit))


def _blocked(trace: Trace, limit: float) -> str:
    found = [one for one in trace.of(Blocked) if one.seconds > limit]
    if not found:
        return ""
    worst = max(found, key=lambda one: one.seconds)
    return f"{worst.seconds * 1000:.0f} ms{f' at {worst.place}' if worst.place else ''}"


def kept_connection(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM003: the request came to rest, and a connection of its is still out."""
    yield from _told("RTM003", "connection", legacy, async_, _kept)


def _kept(trace: Trace) -> str:
    open_ = {unit.connection for unit in transactions(trace) if unit.ending == "open"}  # TXN005
    count = len({one.connection for one in trace.of(Pooled) if one.kind == "held"} - open_)
    return f"{count} not given back" if count else ""


def implicit_loads(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM004: an attribute was loaded because it was read. One refusal is an error, and that layer's affair."""
    ours, theirs = _loads(legacy), _loads(async_)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        words = [_loaded(ours.get(name, [])), _loaded(theirs.get(name, []))]
        found = hazard("RTM004", name, words[0], words[1])
        if found is not None:
            yield found


def _loads(trace: Trace) -> dict[str, list[ImplicitLoad]]:
    found: dict[str, list[ImplicitLoad]] = {}
    for load in trace.of(ImplicitLoad):
        if not load.refused:
            found.setdefault(load.name, []).append(load)
    return found


def _loaded(loads: list[ImplicitLoad]) -> str:
    if not loads:
        return ""
    times = f", {len(loads)} times" if len(loads) > 1 else ""
    return f"{'a relationship' if loads[0].kind == 'lazy' else 'a column'}, loaded when it is read{times}"


def failed_background(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM005: work that the request started ended in an exception that nobody was told of."""
    for name, place in _fresh(_failures(legacy), _failures(async_)):
        yield Difference("RTM005", "background task", "no error", name, place)
    for name, place in _failures(legacy):
        theirs = _failures(async_)
        yield Difference(
            "RTM005", "background task", name, theirs[0][0] if theirs else "no error", place, level="hazard"
        )


def _failures(trace: Trace) -> list[tuple[str, str]]:
    """Exception and place of each, without what pool and loop checks speak of."""
    raised = (one for one in trace.of(Raised) if one.where in {"background", "task"})
    return list(
        dict.fromkeys((f"{one.chain[-1] if one.chain else ''}: {shown(one.message)}", one.place) for one in raised)
    )


def _fresh(known: list[tuple[str, str]], found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Failures beyond as many as legacy has: the driver's own class may differ, and the words with it."""
    return found[len(known) :]


def unfinished_work(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM006: tasks or threads of the request still ran when it was given up waiting for."""
    yield from _told("RTM006", "work", legacy, async_, _unfinished)


def _unfinished(trace: Trace) -> str:
    last = next(reversed(trace.of(Unfinished)), None)
    if last is None:
        return ""
    parts = [*last.tasks, *([f"{last.threads} threads" if last.threads > 1 else "1 thread"] if last.threads else [])]
    return ", ".join(parts)


def moved_work(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM007: the sides share work between loop and threads in another way."""
    ours, theirs = _places(legacy), _places(async_)
    if not (legacy.statements and async_.statements):  # where nobody saw statements, nobody knows where they ran
        ours, theirs = ours[:1], theirs[:1]
    if ours != theirs:
        yield Difference("RTM007", "threads", "; ".join(ours), "; ".join(theirs), level="information")


def _places(trace: Trace) -> tuple[str, ...]:
    """How many calls ran in threads, and where the statements ran."""
    kinds = [one.kind for one in trace.of(Worked)]
    threaded = any(one.in_thread for one in trace.statements)
    calls = f"{kinds.count('pool')} calls in the thread pool, {kinds.count('thread')} in threads of their own"
    return calls, f"statements on {'threads' if threaded else 'the loop'}"


def thrown_away(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM008: a connection was invalidated in the middle of the request."""
    yield from _told("RTM008", "connection", legacy, async_, _invalidated)


def _invalidated(trace: Trace) -> str:
    found = [one for one in trace.of(Pooled) if one.kind == "invalidate"]
    return f"invalidated: {shown(found[0].reason)}" if found and found[0].reason else "invalidated" if found else ""


def empty_pool(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM009: waiting for a connection of the pool timed out."""
    ours, theirs = _timed_out(legacy), _timed_out(async_)
    found = hazard("RTM009", "connection pool", ours, theirs)
    if found is not None:
        yield found


def _timed_out(trace: Trace) -> str:
    for raised in trace.of(Raised):
        if POOL_TIMEOUT in raised.chain:
            return shown(raised.message) or POOL_TIMEOUT
    for entry in trace.of(Logged):
        if entry.error == POOL_TIMEOUT or (POOL in entry.message and "timed out" in entry.message):
            return shown(entry.message.splitlines()[0])
    return ""


def outbound(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM010: the app tried to reach another machine, and was refused."""
    ours, theirs = ({one.target for one in trace.of(Outbound) if not one.allowed} for trace in (legacy, async_))
    for target in sorted(ours | theirs):
        words = [f"tried to reach {target}" if target in side else "" for side in (ours, theirs)]
        found = hazard("RTM010", target, words[0], words[1])
        if found is not None:
            yield found


def shared_session(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM011: two tasks used one connection at the same time."""
    yield from _told("RTM011", "connection", legacy, async_, _shared)


def _shared(trace: Trace) -> str:
    """Statements of one connection that run side by side, or of two tasks that take turns: a, b, a."""
    by_connection: dict[int, list[Statement]] = {}
    for one in trace.statements:
        if one.connection and one.task:
            by_connection.setdefault(one.connection, []).append(one)
    for statements in by_connection.values():
        for at, one in enumerate(statements[1:], 1):
            before = statements[at - 1]
            seen = [earlier.task for earlier in statements[: at - 1]]
            if one.task != before.task and (one.at < before.at + before.seconds or one.task in seen):
                return f"{read(before.sql).name} and {read(one.sql).name} from two tasks"
    return ""


def more_connections(_pair: Pair, legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """RTM012: async holds more connections at a time. Several sessions where one was may be meant: a hazard.

    How many tasks that run side by side meet at the pool is chance, as long as each side takes as many in all.
    """
    ours, theirs = _most_held(legacy), _most_held(async_)
    if nested_checkout(async_) and not nested_checkout(legacy):
        return  # TXN011
    if theirs > max(ours, 1) and (ours <= 1 or _taken(async_) > _taken(legacy)):
        yield Difference("RTM012", "connection pool", f"{ours} at once", f"{theirs} at once", level="hazard")


def _taken(trace: Trace) -> int:
    return sum(one.kind == "checkout" for one in trace.of(Pooled))


def _most_held(trace: Trace) -> int:
    held: set[int] = set()
    most = 0
    for one in trace.of(Pooled):
        if one.kind == "checkout":
            held.add(one.connection)
            most = max(most, len(held))
        elif one.kind in {"checkin", "invalidate"}:
            held.discard(one.connection)
    return most


CHECKS = (
    sync_on_loop,
    blocked_loop,
    kept_connection,
    implicit_loads,
    failed_background,
    unfinished_work,
    moved_work,
    thrown_away,
    empty_pool,
    outbound,
    shared_session,
    more_connections,
)
"""One check a code, in the order of the codes."""
