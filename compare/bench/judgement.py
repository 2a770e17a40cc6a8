"""From figures to words: faster, slower, the same or unsure, and why.

A word is only said where the figures carry it: a round at the generator's own limit, a side that answers wrong, or
rounds that spread too far give none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from compare.bench import chance
from compare.bench.ceiling import NEAR
from compare.bench.figures import median
from compare.bench.result import SIDES, Judged, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compare.bench.chance import Ratio
    from compare.bench.figures import Round
    from compare.bench.result import Measured
    from compare.config import SideName

FEWEST = 20  # right answers on each side, all pairs together, below which nothing is said
WRONG = 0.01  # a share of wrong answers above which speed is not compared
FULL = 0.85  # a share of one core, or of a limit, from which on it is taken as the limit
STALLED = 0.2  # of its best throughput: below it, with answers missing, a side no longer works
LOCKED = 0.3  # of the time of all clients, spent waiting for locks
BUSY = 0.6  # of one core, taken by programs that have no part in it; some of it is the kernel's own work for them
WAITED = 0.1  # of a round: seconds waited for connections, all requests together
REFUSED = (429, 503)

Verdict = Literal["faster", "slower", "same", "unsure", "none"]


def judged(measured: Sequence[Measured], ceiling: float, margin: float) -> list[Judged]:
    """What is said of each, all of it held together."""
    tests: list[tuple[int, Verdict]] = []
    values: list[float] = []
    for place, one in enumerate(measured):
        if _unfit(one, ceiling) is None:
            more, less = chance.p_beyond(*_paired(one, lambda done: done.throughput), margin)
            tests += [(place, "faster"), (place, "slower")]
            values += [more, less]
    held = {test for test, holds in zip(tests, chance.holm(values), strict=True) if holds}
    return [_judge(place, one, held, ceiling, margin) for place, one in enumerate(measured)]


def _judge(place: int, one: Measured, held: set[tuple[int, Verdict]], ceiling: float, margin: float) -> Judged:
    stalls = {side: stalls_at(one.sweep.get(side, ())) for side in SIDES}
    notes = list(_notes(one, ceiling))
    unfit = _unfit(one, ceiling)
    if unfit is not None:
        return Judged(one, "none", unfit, stalls=stalls, notes=notes)
    throughput = chance.ratio(*_paired(one, lambda done: done.throughput))
    cpu = chance.ratio(*_paired(one, lambda done: done.cpu_each or 0.0))
    verdict = _verdict(place, held, throughput, margin)
    reasons = {side: found for side in SIDES if (found := reason(one, side)) is not None}
    words = _sentence(verdict, throughput, margin)
    stalled = [f"{side} stalls at {clients} clients" for side, clients in stalls.items() if clients is not None]
    if stalled:
        words = f"{words}; {', '.join(stalled)}"
    return Judged(
        one,
        verdict,
        words,
        throughput,
        cpu,
        reasons,
        tuple(_advice(verdict, cpu, reasons, stalls)),
        stalls,
        tuple(notes),
    )


def _verdict(place: int, held: set[tuple[int, Verdict]], ratio: Ratio | None, margin: float) -> Verdict:
    verdicts: tuple[Verdict, Verdict] = ("faster", "slower")
    for verdict in verdicts:
        if (place, verdict) in held:
            return verdict
    if ratio is None:
        return "unsure"
    return "same" if ratio.low >= 1 / (1 + margin) and ratio.high <= 1 + margin else "unsure"


def _sentence(verdict: Verdict, ratio: Ratio | None, margin: float) -> str:
    if ratio is None:
        return "cannot say: too few rounds came through"
    spread = f"{ratio.value:.2f} times legacy's throughput ({ratio.low:.2f} to {ratio.high:.2f})"
    match verdict:
        case "faster":
            return f"async is faster: {spread}"
        case "slower":
            return f"async is slower: {spread}"
        case "same":
            return f"the same within {margin:.0%}: {spread}"
    return f"no difference that these rounds could hold: {spread}"


def _unfit(one: Measured, ceiling: float) -> str | None:
    """Why nothing can be said; None where something can."""
    if one.stopped:
        return f"cannot say: {one.stopped}"
    for side in SIDES:
        rounds = one.compared(side)
        total = sum(len(done.good) for done in rounds)
        worst = median([done.failed for done in rounds]) or 0.0
        if worst > WRONG:
            return f"cannot say: {side} answers {worst:.0%} of the requests wrong or not at all ({_wrong(rounds)})"
        if total < FEWEST:
            return f"cannot say: {total} answers of {side} are too few; let a round last longer (--seconds)"
        if (others := median([done.others or 0.0 for done in rounds]) or 0.0) > BUSY:
            return f"cannot say: other programs take {others:.0%} of a core meanwhile; let the machine do nothing else"
        if _at_limit(rounds, one, ceiling):
            return f"cannot say: the generator is near its own limit of {ceiling:,.0f} requests/s on {side}"
    return None


def _at_limit(rounds: Sequence[Round], one: Measured, ceiling: float) -> bool:
    sent = median([done.throughput * one.together for done in rounds]) or 0.0
    return sent > NEAR * ceiling or (median([done.generator for done in rounds]) or 0.0) > NEAR


def _wrong(rounds: Sequence[Round]) -> str:
    counts: dict[str, int] = {}
    for done in rounds:
        for status, number in done.statuses.items():
            counts[status] = counts.get(status, 0) + number
    return ", ".join(f"{number} × {'no answer' if status == '0' else status}" for status, number in counts.items())


def _paired(one: Measured, figure: Callable[[Round], float]) -> tuple[list[float], list[float]]:
    """A figure of legacy and of async, by pairs in which both have one."""
    both = [(figure(legacy), figure(async_)) for legacy, async_ in one.pairs]
    kept = [pair for pair in both if all(value > 0 and math.isfinite(value) for value in pair)]
    return [pair[0] for pair in kept], [pair[1] for pair in kept]


def stalls_at(sweep: Sequence[Round]) -> int | None:
    """The fewest clients at which a side no longer works: answers are missing, or next to none are right.

    A side that refuses at once what it has no room for (429, 503) does not stall.
    """
    best = 0.0
    for done in sweep:
        refused = sum(number for status, number in done.statuses.items() if int(status) in REFUSED)
        missing = done.hanging + done.statuses.get("0", 0)
        if done.hanging or missing > WRONG * done.requests:
            return done.clients
        if done.throughput < STALLED * best and not refused:
            return done.clients
        best = max(best, done.throughput)
    return None


def reason(one: Measured, side: SideName) -> Reason | None:
    """What holds a side back where it answers most, as its figures tell; None without any."""
    rounds = one.compared(side)
    return held_back(rounds) if rounds else None


def held_back(rounds: Sequence[Round], processes: int = 1) -> Reason:
    """What holds an app back in these rounds, at least one; of several processes each has a core."""
    share = (median([done.cpu / done.taken for done in rounds]) or 0.0) / processes
    database = median([(done.database_cpu or 0.0) / done.taken for done in rounds]) or 0.0
    locks = median([(done.lock_waits or 0.0) / (done.taken * done.clients) for done in rounds]) or 0.0
    if locks > LOCKED:
        return Reason("locks", f"requests wait for locks of the database ({locks:.0%} of the time)")
    if share >= FULL:  # before the pool and the threads: more of them would only wait for the same core
        return Reason("core", f"one core is full ({share:.0%}): the code itself is the limit, not what it waits for")
    if full := _full(rounds):
        return full
    if database >= FULL:
        return Reason("database", f"the database is busy ({database:.0%} of a core)")
    return Reason("waits", f"it waits: {share:.0%} of a core is used")


def _full(rounds: Sequence[Round]) -> Reason | None:
    """Which of the app's own limits it has reached; None where none, or nobody looked."""
    gauges = [done.gauges for done in rounds if done.gauges is not None]
    if not gauges:
        return None
    last, waited = gauges[-1], median([found.pool_wait for found in gauges]) or 0.0
    if last.threads_limit and last.threads_used >= last.threads_limit and last.queued:
        return Reason("threads", f"all {last.threads_limit} threads are busy, {last.queued} calls wait for one")
    if last.pool_limit and last.connections >= last.pool_limit and waited > WAITED * rounds[-1].taken:
        return Reason("pool", f"all {last.pool_limit} connections of the pool are out")
    return None


def _advice(
    verdict: Verdict, cpu: Ratio | None, reasons: Mapping[SideName, Reason], stalls: Mapping[SideName, int | None]
) -> list[str]:
    legacy, async_ = (reasons[side].kind if side in reasons else "" for side in SIDES)
    advice = []
    if verdict in {"slower", "same"} and legacy == "core":
        advice.append("stay sync for this route, or change its queries: it computes, and async does not compute faster")
    if async_ == "core":
        advice.append("more workers (processes), or fewer objects for each request")
    if async_ == "pool":
        advice.append("a larger pool, if the database has room for it")
        advice.append(
            "a semaphore in front of the sessions, with as many slots as the pool: of those who wait for a connection,"
            " SQLAlchemy's async pool serves nobody in turn, which makes the longest answers longer"
        )
    if async_ == "threads":
        advice.append("async def for dependencies and routes that never wait: FastAPI runs plain functions in threads")
    if legacy == "threads":
        advice.append("more threads, and as many connections, would help legacy too")
    if async_ == "locks":
        advice.append("shorter transactions; neither side gets faster by more connections")
    if stalls["async"] is not None:
        advice.append("bound how long a request waits for a connection (pool_timeout), and answer 503 then")
    if cpu is not None and cpu.low > 1.1 and verdict != "faster":  # noqa: PLR2004 - worth a word
        advice.append(f"async takes {cpu.value:.2f} times the processor time for a request")
    return advice


def _notes(one: Measured, ceiling: float) -> list[str]:
    notes = []
    if one.together > 1:
        notes.append(f"{one.together:.1f} requests are sent for each that is measured: their processor time counts too")
    if one.skipped:
        notes.append(f"no time was left for {', '.join(map(str, one.skipped))} clients: --concurrency or budget")
    changed = {side: sum(done.changed for done in one.compared(side)) for side in SIDES}
    for side, number in changed.items():
        if number and not all(changed.values()):  # where both change, the load or the time of day changes it
            notes.append(f"{number} answers of {side} under load are not the bytes that it answers alone")
    for side in SIDES:
        if not one.recovered.get(side, True):
            notes.append(f"{side} did not answer at once after a round that was too much for it")
        late = [done for done in one.open.get(side, ()) if done.rate and done.rate * one.together > NEAR * ceiling]
        if late:
            notes.append(f"the rates of the open load on {side} are near what the generator can send")
    return notes
