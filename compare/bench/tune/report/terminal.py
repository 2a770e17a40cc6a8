"""The table and the words, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench.report.terminal import folded
from compare.bench.tune.advice import advised
from compare.bench.tune.report.rows import COLUMNS, final, tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from compare.bench.tune.report.rows import Row
    from compare.bench.tune.result import Tuning

WIDTHS = (8, 14, 8, 11, 6, 9, 9, 10, 13, 11, 12, 9, 7)


def write_terminal(tuning: Tuning, console: Console) -> None:
    """Print all of it."""
    advice = advised(tuning)
    console.print(f"{tuning.side}: {tuning.app}, which has {tuning.own} itself")
    console.print(tuning.machine)
    console.print(
        f"{tuning.clients} clients at a time, {tuning.load}; up to {tuning.connections} connections; a difference of up"
        f" to {tuning.margin:.0%} counts as none\n"
    )
    _table(tried(tuning), console)
    if tuning.final:
        console.print(f"\nThe best against what it has now, in {len(tuning.now.rounds)} rounds in turn:\n")
        _table(final(tuning), console)
    console.print(f"\n{advice.found}")
    if advice.beyond:
        console.print(advice.beyond)
    for text in advice.how:
        console.print(f"    set: {text}")
    for text in advice.notes:
        console.print(f"    note: {text}")
    if tuning.refused:
        console.print("\nNot in the load:")
        for why, routes in folded(tuning.refused).items():
            console.print(f"  {why}: {', '.join(routes)}")
    console.print(f"\n{len(tuning.tried) + 1} settings, {tuning.seconds:.0f} s")


def _table(rows: Sequence[Row], console: Console) -> None:
    console.print(" " * 7 + _line(COLUMNS))
    for row in rows:
        console.print(f"{row.mark:<7}" + _line(row.cells))


def _line(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
