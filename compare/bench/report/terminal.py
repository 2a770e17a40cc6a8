"""The table and the verdicts, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench.report.summary import summary
from compare.bench.report.units import NOTHING, megabytes, milliseconds, rate
from compare.bench.result import SIDES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from compare.bench.report.summary import Summary
    from compare.bench.result import Benchmark, Judged

COLUMNS = (
    "per second",
    "at most",
    "p50",
    "p95",
    "p99",
    "max",
    "CPU each",
    "memory",
    "threads",
    "statements",
    "pool wait",
    "loop lag",
    "wrong",
)


def write_terminal(result: Benchmark, console: Console) -> None:
    """Print all of it."""
    console.print(f"legacy: {result.apps['legacy']}    async: {result.apps['async']}")
    console.print(f"{result.machine}; the generator reaches {result.ceiling:,.0f} requests/s")
    console.print(f"{result.clients} clients at a time; a difference of up to {result.margin:.0%} counts as none\n")
    width = max((len(one.measured.name) for one in result.judged), default=0)
    console.print(" " * width + "         " + "".join(f"{name:>11}" for name in COLUMNS))
    for one in result.judged:
        for side in SIDES:
            name = one.measured.name if side == SIDES[0] else ""
            console.print(f"{name:<{width}}  {side:<6} {_line(summary(one.measured, side))}")
    console.print()
    for one in result.judged:
        _verdict(one, console)
    if result.refused:
        console.print("\nNot measured:")
        for why, routes in folded(result.refused).items():
            console.print(f"  {why}: {', '.join(routes)}")
    console.print(f"\n{len(result.judged)} targets, {result.seconds:.0f} s")


def folded(refused: Mapping[str, str]) -> dict[str, list[str]]:
    """Routes by why they cannot be measured."""
    found: dict[str, list[str]] = {}
    for route, why in refused.items():
        found.setdefault(why, []).append(route)
    return found


def _line(figures: Summary) -> str:
    cells = (
        rate(figures.throughput),
        rate(figures.saturation),
        *(milliseconds(value) for value in (figures.p50, figures.p95, figures.p99, figures.longest, figures.cpu)),
        megabytes(figures.memory),
        NOTHING if not figures.threads else f"{figures.threads:.0f}",
        NOTHING if figures.statements is None else f"{figures.statements:.1f}",
        milliseconds(figures.pool_wait),
        milliseconds(figures.loop_lag),
        f"{figures.failed:.1%}" if figures.failed else "0",
    )
    return "".join(f"{cell:>11}" for cell in cells)


def _verdict(one: Judged, console: Console) -> None:
    console.print(f"{one.measured.name}: {one.words}")
    if one.cpu is not None:
        console.print(
            f"    processor time for a request: {one.cpu.value:.2f} times legacy's "
            f"({one.cpu.low:.2f} to {one.cpu.high:.2f})"
        )
    for side, why in one.reasons.items():
        console.print(f"    {side}: {why}")
    for text in one.advice:
        console.print(f"    help: {text}")
    for text in one.notes:
        console.print(f"    note: {text}")
