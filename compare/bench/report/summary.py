"""The figures of one side in one line: medians of its rounds in the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.figures import median, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.figures import Round
    from compare.bench.result import Measured
    from compare.config import SideName


@dataclass(frozen=True)
class Summary:
    """Medians; latencies in seconds over all answers of all rounds; None where there is nothing to tell.

    Attributes:
        throughput: right answers a second.
        saturation: the most that the curve reached, a second.
        p50, p95, p99, longest: seconds.
        cpu: seconds of the app's processor time for one measured request.
        memory: bytes.
        threads: of the app's processes.
        failed: share of wrong or missing answers.
        statements: run on the database for each request.
        connections: most that were in use at once.
        pool_wait: seconds that a request waited for a connection, on average.
        loop_lag: longest that the event loop was late.
    """

    throughput: float | None
    saturation: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None
    cpu: float | None
    memory: float | None
    threads: float | None
    failed: float
    statements: float | None = None
    connections: int | None = None
    pool_wait: float | None = None
    loop_lag: float | None = None


def summary(one: Measured, side: SideName) -> Summary:
    """Of one side of one target."""
    rounds = one.compared(side)
    every = sorted(seconds for done in rounds for seconds in done.good)
    curve = [*(done.throughput for done in one.sweep.get(side, ())), *(done.throughput for done in rounds)]
    gauges = [done.gauges for done in rounds if done.gauges is not None]
    asked = sum(done.requests for done in rounds if done.gauges is not None)
    return Summary(
        throughput=median([done.throughput for done in rounds]),
        saturation=max(curve, default=None),
        p50=quantile(every, 0.50),
        p95=quantile(every, 0.95),
        p99=quantile(every, 0.99),
        longest=every[-1] if every else None,
        cpu=median(_known(rounds)),
        memory=median([done.memory for done in rounds if done.memory]),
        threads=median([done.threads for done in rounds if done.threads]),
        failed=median([done.failed for done in rounds]) or 0.0,
        statements=sum(found.statements for found in gauges) / asked if gauges and asked else None,
        connections=max((found.connections for found in gauges), default=None),
        pool_wait=sum(found.pool_wait for found in gauges) / asked if gauges and asked else None,
        loop_lag=max((found.loop_lag for found in gauges), default=None),
    )


def _known(rounds: Sequence[Round]) -> list[float]:
    return [each for done in rounds if (each := done.cpu_each) is not None]
