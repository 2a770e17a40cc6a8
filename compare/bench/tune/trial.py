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
        """Share of requests that were answered wrong or not at all."""
        wrong = sum(len(done.bad) + done.hanging for done in self.rounds)
        total = wrong + sum(len(done.good) for done in self.rounds)
        return wrong / total if total else 0.0

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
