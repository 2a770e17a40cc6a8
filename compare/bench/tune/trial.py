"""What one setting showed, all its rounds together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.figures import median, quantile
from compare.bench.judgement import WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.figures import Gauges, Round
    from compare.bench.tune.setting import Setting

LOST = 0.5  # a share of failures from which on nothing more is asked of a setting


@dataclass(frozen=True)
class Trial:
    """One setting under load.

    Attributes:
        setting: that was tried; for what the app has itself, that.
        rounds: in the order they were taken.
        current: whether it is what the app has itself.
        stopped: why it could not be measured; '' where it could.
    """

    setting: Setting
    rounds: Sequence[Round] = ()
    current: bool = False
    stopped: str = ""

    @property
    def rates(self) -> list[float]:
        """Right answers a second, of each round."""
        return [done.throughput for done in self.rounds]

    @property
    def throughput(self) -> float:
        """The median."""
        return median(self.rates) or 0.0

    @property
    def spread(self) -> float:
        """How far the rounds lie from their middle, as a share of it."""
        return (max(self.rates) - min(self.rates)) / 2 / self.throughput if self.throughput else 0.0

    @property
    def failed(self) -> float:
        """Share of requests that it refused, failed at or did not answer."""
        return failing(self.rounds)

    @property
    def worn(self) -> float:
        """Share of measured answers that are wrong otherwise: the load used something up (409: nothing is in stock)."""
        wrong = sum(len(done.bad) for done in self.rounds)
        total = wrong + sum(len(done.good) for done in self.rounds)
        return max(0.0, wrong / total - self.failed) if total else 0.0

    @property
    def usable(self) -> bool:
        """Whether it serves: what fails more than one request in a hundred is never best."""
        return not self.stopped and self.throughput > 0 and self.failed <= WRONG

    @property
    def p50(self) -> float | None:
        """Seconds."""
        return self._quantile(0.5)

    @property
    def p99(self) -> float | None:
        """Seconds."""
        return self._quantile(0.99)

    @property
    def cpu(self) -> float | None:
        """Seconds of the app's processor time for a request."""
        return median([each for done in self.rounds if (each := done.cpu_each) is not None])

    @property
    def memory(self) -> float | None:
        """Bytes."""
        return median([done.memory for done in self.rounds if done.memory])

    @property
    def connections(self) -> int:
        """Most that were out at once, of all processes."""
        return max((gauges.connections for gauges in self._gauges), default=0)

    @property
    def threads_used(self) -> int:
        """Most at once, of all processes."""
        return max((gauges.threads_used for gauges in self._gauges), default=0)

    @property
    def queued(self) -> int:
        """Most calls that waited for a thread."""
        return max((gauges.queued for gauges in self._gauges), default=0)

    @property
    def pool_wait(self) -> float | None:
        """Seconds that a request waited for a connection, on average."""
        asked = sum(done.requests for done in self.rounds)
        return sum(gauges.pool_wait for gauges in self._gauges) / asked if asked and self._gauges else None

    @property
    def _gauges(self) -> list[Gauges]:
        return [done.gauges for done in self.rounds if done.gauges is not None]

    def _quantile(self, share: float) -> float | None:
        return quantile(sorted(seconds for done in self.rounds for seconds in done.good), share)


def failing(rounds: Sequence[Round]) -> float:
    """Share of requests that were refused (429), failed (5xx) or not answered: what a setting can be to blame for."""
    total = sum(done.requests + done.hanging for done in rounds)
    failed = sum(
        done.hanging + sum(n for status, n in done.statuses.items() if _blames(int(status))) for done in rounds
    )
    return failed / total if total else 0.0


def _blames(status: int) -> bool:
    return status in {0, 429} or status >= 500  # noqa: PLR2004 - RFC 9110: the server's own errors; 0 is no answer
