"""How sure a ratio is: from pairs of rounds, one of each side, taken one after the other.

Machines drift; both rounds of a pair meet the same drift, so each pair gives one ratio. What is said of the ratio is
held for all that is said in a run together (Holm), and against a margin: a difference that nobody would act on is none.
Figures of few rounds are no bell curves, so the test turns signs around instead (Fisher's exact permutation), which
needs no more than that a pair without a difference could as well have come out the other way round.
"""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RESAMPLES = 1_000
EXACT_PAIRS = 28  # up to here every way of turning the signs around is counted
SPARE = 10  # pairs beyond the fewest: noise must not have to be smaller than the difference in each of them
CONFIDENCE = 0.95
ALPHA = 0.05


@dataclass(frozen=True)
class Ratio:
    """async by legacy: the middle of the pairs, and between which bounds it lies with 95 % confidence (bootstrap)."""

    value: float
    low: float
    high: float
    pairs: int


def ratio(legacy: Sequence[float], async_: Sequence[float], seed: int = 0) -> Ratio | None:
    """The ratio of paired figures; None of fewer than three pairs, or where a figure is 0."""
    logs = _logs(legacy, async_)
    if len(logs) < 3:  # noqa: PLR2004 - fewer say nothing of how they spread
        return None
    chance = random.Random(seed)  # noqa: S311 - no secret
    means = sorted(statistics.fmean(chance.choices(logs, k=len(logs))) for _ in range(RESAMPLES))
    cut = (1 - CONFIDENCE) / 2
    # Few pairs spread less than what they were drawn from: n / (n - 1) puts it right.
    middle, wider = statistics.fmean(logs), math.sqrt(len(logs) / (len(logs) - 1))
    low, high = (middle + (means[round(share * (RESAMPLES - 1))] - middle) * wider for share in (cut, 1 - cut))
    return Ratio(math.exp(middle), math.exp(low), math.exp(high), len(logs))


def p_beyond(legacy: Sequence[float], async_: Sequence[float], margin: float) -> tuple[float, float]:
    """How likely pairs like these are if async / legacy is at most 1 + margin, and if it is at least 1 / (1 + margin).

    The first is small where async's figure is larger by more than the margin, the second where it is smaller.
    """
    logs, edge = _logs(legacy, async_), math.log1p(margin)
    return _turned([value - edge for value in logs]), _turned([-value - edge for value in logs])


def pairs_needed(tests: int) -> int:
    """Pairs for so many tests held together: the smallest possible p is small enough, and a few may point elsewhere."""
    return math.ceil(math.log2(tests / ALPHA)) + SPARE


def holm(values: Sequence[float], alpha: float = ALPHA) -> list[bool]:
    """Which of these p-values hold, all together, at a chance of `alpha` for even one mistake (Holm's procedure)."""
    held = [False] * len(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    for rank, place in enumerate(order):
        if values[place] > alpha / (len(values) - rank):
            break
        held[place] = True
    return held


def _logs(legacy: Sequence[float], async_: Sequence[float]) -> list[float]:
    return [math.log(b / a) for a, b in zip(legacy, async_, strict=True) if a > 0 and b > 0]


def _turned(values: Sequence[float]) -> float:
    """How many of all ways to turn the signs around give a sum at least as large: the one-sided p.

    Counted exactly, the sums of one half of the values against those of the other; of very many pairs, by chance.
    """
    if not values:
        return 1.0
    observed = math.fsum(values) - 1e-12
    if len(values) <= EXACT_PAIRS:
        middle = len(values) // 2
        ours, others = _signed(values[:middle]), sorted(_signed(values[middle:]))
        hits = sum(len(others) - bisect_left(others, observed - one) for one in ours)
        return hits / (len(ours) * len(others))
    chance = random.Random(len(values))  # noqa: S311 - no secret
    drawn = 20_000
    hits = sum(sum(value * chance.choice((1, -1)) for value in values) >= observed for _ in range(drawn))
    return (hits + 1) / (drawn + 1)


def _signed(values: Sequence[float]) -> list[float]:
    """The sum for every way of turning signs around."""
    sums = [0.0]
    for value in values:
        sums = [*(one + value for one in sums), *(one - value for one in sums)]
    return sums
