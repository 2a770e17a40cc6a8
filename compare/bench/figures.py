"""What one round showed of one side."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


SUMMED = ("seconds", "requests", "changed", "hanging", "unsent", "taken", "cpu")
HIGHEST = ("connections", "loop_lag", "threads_used", "queued")


@dataclass(frozen=True)
class Gauges:
    """What the app's own process showed during a round; None where nothing of it could be seen.

    Attributes:
        statements: run on the database.
        pool_wait: seconds that all requests together waited for a connection of the pool.
        connections: most that were checked out at once.
        pool_limit: how many there can be; 0 is no limit known.
        loop_lag: longest that the event loop was late, in seconds.
        threads_used: most workers of the thread pool at once.
        threads_limit: how many there can be.
        queued: most calls that waited for such a worker.
    """

    statements: int = 0
    pool_wait: float = 0.0
    connections: int = 0
    pool_limit: int = 0
    loop_lag: float = 0.0
    threads_used: int = 0
    threads_limit: int = 0
    queued: int = 0


@dataclass(frozen=True)
class Round:
    """One side under one load.

    Attributes:
        clients: that sent at a time (closed), or that stood ready (open).
        rate: of arrivals a second, on open load; None is closed.
        seconds: that it was sent for.
        good: seconds that each right answer took, in the order they came.
        bad: the same of wrong ones: another status, or none. One of a step before counts: the measured one never came.
        requests: all answers, those of steps that only prepare included.
        statuses: how often each came; "0" is no answer.
        lost: why answers did not come, and how often.
        changed: right answers whose body was not the one that it is when asked alone.
        taken: seconds until the last answer came, or the patience was over.
        hanging: requests that were not answered when the patience was over.
        unsent: arrivals that never were sent.
        cpu: seconds of processor time of the app's processes.
        memory: their resident bytes at the end.
        threads: of them, at the end.
        database_cpu: seconds of processor time of the database's processes; None where they cannot be seen.
        lock_waits: seconds that sessions waited for locks, all together; None where nobody looked.
        generator: share of one core that the sender took.
        others: share of one core that programs took which have no part in it; None where nobody can tell.
        gauges: what the app's own process showed.
    """

    clients: int
    rate: float | None
    seconds: float
    good: Sequence[float]
    bad: Sequence[float]
    requests: int
    statuses: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    hanging: int = 0
    unsent: int = 0
    taken: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    threads: int = 0
    database_cpu: float | None = None
    lock_waits: float | None = None
    generator: float = 0.0
    others: float | None = None
    gauges: Gauges | None = None

    @property
    def throughput(self) -> float:
        """Right answers a second."""
        return len(self.good) / self.taken if self.taken else 0.0

    @property
    def cpu_each(self) -> float | None:
        """Seconds of the app's processor time for each measured answer; None where none came or nobody looked."""
        answered = len(self.good) + len(self.bad)
        return self.cpu / answered if answered and self.cpu else None

    @property
    def failed(self) -> float:
        """Share of measured requests that were answered wrong or not at all."""
        total = len(self.good) + len(self.bad) + self.hanging
        return (len(self.bad) + self.hanging) / total if total else 0.0

    @cached_property
    def sorted(self) -> Sequence[float]:
        """Seconds of right answers, shortest first."""
        return sorted(self.good)

    def quantile(self, share: float) -> float | None:
        """The seconds within which this share of the right answers came; None where none came."""
        return quantile(self.sorted, share)


def joined(turns: Sequence[Round]) -> Round:
    """The turns of one side under one load as one round."""
    if len(turns) == 1:
        return turns[0]
    last, taken = turns[-1], sum(done.taken for done in turns)
    return replace(
        last,
        **{name: sum(getattr(done, name) for done in turns) for name in SUMMED},
        database_cpu=_sum([done.database_cpu for done in turns]),
        lock_waits=_sum([done.lock_waits for done in turns]),
        good=[seconds for done in turns for seconds in done.good],
        bad=[seconds for done in turns for seconds in done.bad],
        statuses=_counted([done.statuses for done in turns]),
        lost=_counted([done.lost for done in turns]),
        generator=sum(done.generator * done.taken for done in turns) / taken,
        others=_share([(done.others, done.taken) for done in turns]),
        gauges=_shown([done.gauges for done in turns if done.gauges is not None]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _share(parts: Sequence[tuple[float | None, float]]) -> float | None:
    """Of all turns, by those in which it is known."""
    known = [(share, taken) for share, taken in parts if share is not None]
    return sum(share * taken for share, taken in known) / sum(taken for _, taken in known) if known else None


def _counted(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return dict(sum((Counter(part) for part in parts), Counter[str]()))


def _shown(parts: Sequence[Gauges]) -> Gauges | None:
    """Counters add up; of what goes up and down the highest counts."""
    if not parts:
        return None
    highest = {name: max(getattr(part, name) for part in parts) for name in HIGHEST}
    statements, waited = sum(part.statements for part in parts), sum(part.pool_wait for part in parts)
    return replace(parts[-1], statements=statements, pool_wait=waited, **highest)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value at this share of sorted values; None of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def median(values: Sequence[float]) -> float | None:
    """The middle one; None of none."""
    return statistics.median(values) if values else None
