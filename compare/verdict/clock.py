"""Times and durations of a run: whether two numbers or moments can be the same event on both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from compare.verdict import kinds

SECONDS, MILLISECONDS = 1, 1000
TIMING = re.compile(r"header .*(?:tim(?:e|ing)|duration|elapsed|latency|runtime)")
FUTURE = 40 * 366 * 86400  # seconds from now that an expiry may lie ahead


@dataclass
class Clock:
    """When the traffic began, and how far apart the two sides can be. Seconds since 1970, and seconds."""

    start: float
    longest_step: float = 0.0

    @property
    def slack(self) -> float:
        """How far the same event can lie apart on the two sides."""
        return self.longest_step + 2.0

    def epochs(self, legacy: str, async_: str) -> bool:
        """Whether both numbers are moments of this run (or an expiry ahead) in seconds or milliseconds since 1970."""
        try:
            ours, theirs = float(legacy), float(async_)
        except ValueError:
            return False
        if ("." in legacy) != ("." in async_):
            return False
        slack, start = self.slack, self.start
        return any(
            start - slack <= value / unit <= start + FUTURE and abs(ours - theirs) / unit <= slack
            for unit in (SECONDS, MILLISECONDS)
            for value in (min(ours, theirs),)
        )

    def durations(self, legacy: str, async_: str, where: str, unit: str = "") -> bool:
        """Whether both are time measurements, no longer than the longest step.

        With its unit, or in a header that is named for it (Server-Timing, X-Process-Time), any such number may be one.
        Elsewhere it could be money or an average, so it must be unrounded and no ratio of small numbers, as a clock's
        reading is.
        """
        limits = {"ms": (1000.0,), "s": (1.0,)}.get(unit, (1.0, 1000.0))
        try:
            values = float(legacy), float(async_)
        except ValueError:
            return False
        plain = unit or (TIMING.match(where) and "." in legacy and "." in async_)
        if not plain and not all(_unrounded(text) for text in (legacy, async_)):
            return False
        longest = max(self.longest_step, 0.001)
        return any(all(0 <= value <= limit * longest + bool(unit) for value in values) for limit in limits)

    def fresh(self, moment: kinds.Moment) -> bool:
        """At or after the run's start, or ahead; a naive time may be that of any zone."""
        start = (self.start - self.slack) * 1e6
        hours = 14 * 3600 * 1e6 if not moment.zone else 0
        return moment.micros >= start - hours

    def around_midnight(self, legacy: str, async_: str) -> bool:
        """Two dates one day apart are one date only while a day ends."""
        ours, theirs = kinds.moment(legacy), kinds.moment(async_)
        if ours is None or theirs is None or abs(ours.micros - theirs.micros) != 86400 * 10**6:
            return False
        midnight = max(ours.micros, theirs.micros) / 1e6
        return self.start - self.slack <= midnight <= self.start + 3600


def quarters(apart: int, slack: float) -> bool:
    """Whether two moments are a whole number of quarter hours apart, at most a day."""
    rest = apart % kinds.QUARTER
    return kinds.QUARTER - slack <= apart <= 96 * kinds.QUARTER + slack and min(rest, kinds.QUARTER - rest) <= slack


def _unrounded(text: str) -> bool:
    """Whether a decimal has the digits of a measurement: many, and not those of a fraction of small numbers."""
    if len(text.partition(".")[2]) < 10:  # noqa: PLR2004 - fewer is a rounded value
        return False
    exact = Fraction(text)
    return abs(exact - exact.limit_denominator(10_000)) > Fraction(1, 10**11)
