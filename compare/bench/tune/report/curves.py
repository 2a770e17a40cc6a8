"""The curves: throughput and p99 against the size of the pool, and against the number of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench.report.plots import drawn
from compare.bench.report.units import milliseconds, rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

    from compare.bench.tune.result import Tuning
    from compare.bench.tune.trial import Trial

    Place = Callable[[Trial], int | None]


def curves(tuning: Tuning) -> list[Markup]:
    """All of them; what failed is not on them."""
    found = []
    axes: tuple[tuple[str, list[Trial], Place], ...] = (
        ("connections of each pool", _by_pool(tuning), lambda trial: trial.setting.pool),
        ("threads of each process", _by_threads(tuning), lambda trial: trial.setting.threads),
    )
    for across, chosen, place in axes:
        if len(chosen) > 1:
            now = [trial for trial in (tuning.current,) if trial.usable and place(trial)]
            found += _pair(tuning.side, across, chosen, now, place)
    return found


def _pair(
    side: str,
    across: str,
    trials: Sequence[Trial],
    now: Sequence[Trial],
    place: Place,
) -> list[Markup]:
    lines = {side: sorted(trials, key=lambda trial: place(trial) or 0), "now": now}
    ticks = sorted({float(place(trial) or 0) for trial in trials})
    rates = {name: [(float(place(one) or 0), one.throughput) for one in line] for name, line in lines.items()}
    waits = {
        name: [(float(place(one) or 0), p99) for one in line if (p99 := one.p99) is not None]
        for name, line in lines.items()
    }
    return [
        drawn(rates, across, "right answers a second", rate, ticks),
        drawn(waits, across, "p99", milliseconds, ticks, upright=True),
    ]


def _by_pool(tuning: Tuning) -> list[Trial]:
    """One for each size, without overflow: of several numbers of threads the best."""
    best: dict[int, Trial] = {}
    for trial in tuning.tried:
        pool = trial.setting.pool
        if trial.usable and pool is not None and not trial.setting.overflow:
            best[pool] = max(trial, best.get(pool, trial), key=lambda one: one.throughput)
    return list(best.values())


def _by_threads(tuning: Tuning) -> list[Trial]:
    """Those of the pool that the most numbers of threads were tried with; all of them where there is no pool."""
    by_pool: dict[object, list[Trial]] = {}
    for trial in tuning.tried:
        if trial.usable and trial.setting.threads is not None and not trial.setting.overflow:
            by_pool.setdefault(trial.setting.pool, []).append(trial)
    return max(by_pool.values(), key=len, default=[])
