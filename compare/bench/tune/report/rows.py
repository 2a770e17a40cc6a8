"""The table: a row for each setting, and what marks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.report.units import NOTHING, megabytes, milliseconds, rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.tune.result import Tuning
    from compare.bench.tune.trial import Trial

COLUMNS = (
    "pool",
    "overflow",
    "threads",
    "per second",
    "±",
    "p50",
    "p99",
    "CPU each",
    "connections",
    "pool wait",
    "in threads",
    "memory",
    "wrong",
)


@dataclass(frozen=True)
class Row:
    """One setting, in words; the mark is `now`, `best`, `enough` (as good as now, with less), or empty."""

    cells: Sequence[str]
    mark: str = ""


def tried(tuning: Tuning) -> list[Row]:
    """What the app has itself, and all that was tried, smallest first."""
    rows = sorted(tuning.tried, key=lambda trial: tuple(value or 0 for value in _key(trial)))
    return [_row(trial, tuning) for trial in (tuning.current, *rows)]


def final(tuning: Tuning) -> list[Row]:
    """Those that were held against each other."""
    return [_row(trial, tuning) for trial in tuning.final]


def _key(trial: Trial) -> tuple[int | None, ...]:
    return trial.setting.pool, trial.setting.overflow, trial.setting.threads


def _row(trial: Trial, tuning: Tuning) -> Row:
    setting, own = trial.setting, tuning.own
    several = trial.current and len(set(own.sized)) > 1
    threads = own.threads if setting.threads is None else setting.threads
    cells = (
        "several" if several else _number(setting.pool),
        "" if several else NOTHING if setting.pool is None else setting.spare,
        _number(threads),
        *_figures(trial),
    )
    best = tuning.decision.best
    mark = "now" if trial.current else ""
    if best is not None and not best.current and best.setting == setting and not trial.current:
        mark = "best" if tuning.decision.better else "enough"
    return Row(cells, mark)


def _figures(trial: Trial) -> tuple[str, ...]:
    if trial.stopped:
        return (NOTHING,) * 10
    return (
        rate(trial.throughput),
        f"{trial.spread:.0%}",
        milliseconds(trial.p50),
        milliseconds(trial.p99),
        milliseconds(trial.cpu),
        str(trial.connections),
        milliseconds(trial.pool_wait),
        str(trial.threads_used),
        megabytes(trial.memory),
        f"{trial.failed:.1%}" if trial.failed else "0",
    )


def _number(value: int | None) -> str:
    return NOTHING if value is None else str(value)
