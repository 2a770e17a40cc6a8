"""Curves as SVG that is part of the page. Sides differ by mark and dash, not by colour alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from compare.bench.figures import quantile
from compare.bench.report.units import milliseconds, rate
from compare.bench.result import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from compare.bench.result import Measured

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 64, 84, 14, 40
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)


@dataclass(frozen=True)
class Axis:
    """From values to places; logarithmic axes hold positive values only."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value is drawn."""
        scale = math.log if self.logarithmic else float
        low, high, value = scale(self.low), scale(self.high), scale(value)
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


Points = dict[str, list[tuple[float, float]]]


def throughput(one: Measured) -> Markup:
    """Right answers a second against clients."""
    points: Points = {side: [(done.clients, done.throughput) for done in one.sweep.get(side, ())] for side in SIDES}
    return drawn(points, "clients", "right answers a second", rate, _clients(one))


def latency(one: Measured) -> Markup:
    """The time within which 95 of 100 answers came, against clients."""
    points: Points = {
        side: [(done.clients, seconds) for done in one.sweep.get(side, ()) if (seconds := done.quantile(0.95))]
        for side in SIDES
    }
    return drawn(points, "clients", "p95", milliseconds, _clients(one), upright=True)


def distribution(one: Measured) -> Markup:
    """How many of the answers came within which time, in the comparison."""
    points: Points = {}
    for side in SIDES:
        every = sorted(seconds for done in one.compared(side) for seconds in done.good)
        points[side] = [(seconds, share * 100) for share in SHARES if (seconds := quantile(every, share)) is not None]
    values = [x for line in points.values() for x, _ in line]
    ticks = _decades(min(values), max(values)) if values else []
    return drawn(points, "within", "% of answers", lambda value: f"{value:.0f} %", ticks, told=milliseconds)


def _clients(one: Measured) -> list[float]:
    return sorted({float(done.clients) for side in SIDES for done in one.sweep.get(side, ())})


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, last + 1)]


def drawn(  # noqa: PLR0913 - what a plot is
    points: Points,
    across: str,
    upwards: str,
    unit: Callable[[float], str],
    ticks: Sequence[float],
    *,
    upright: bool = False,
    told: Callable[[float], str] = lambda value: f"{value:g}",
) -> Markup:
    """A line for each name in `points`, over a logarithmic axis."""
    every = [point for line in points.values() for point in line]
    if not every:
        return Markup("<p class='dim'>nothing to draw</p>")
    xs, ys = [x for x, _ in every] + list(ticks), [y for _, y in every]
    x_axis = Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT, logarithmic=True)
    y_low = min(ys) if upright else 0.0
    y_axis = Axis(y_low, max(ys) or 1.0, HEIGHT - BOTTOM, TOP, logarithmic=upright)
    parts = [f"<title>{escape(upwards)} against {escape(across)}</title>"]
    for value in _levels(y_axis, upright=upright):
        y = y_axis.place(value)
        parts.append(f"<path class='grid' d='M{LEFT} {y:.1f}H{WIDTH - RIGHT}'/>")
        parts.append(f"<text class='end' x='{LEFT - 8}' y='{y + 4:.1f}'>{escape(unit(value))}</text>")
    for value in ticks:
        x = x_axis.place(value)
        parts.append(f"<path class='grid' d='M{x:.1f} {TOP}V{HEIGHT - BOTTOM}'/>")
        parts.append(f"<text class='mid' x='{x:.1f}' y='{HEIGHT - BOTTOM + 16}'>{escape(told(value))}</text>")
    parts.append(f"<text class='mid' x='{(LEFT + WIDTH - RIGHT) / 2}' y='{HEIGHT - 6}'>{escape(across)}</text>")
    labels: list[float] = []
    for side, line in points.items():
        if not line:
            continue
        placed = [(x_axis.place(x), y_axis.place(y)) for x, y in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f"<path class='line {side}' d='M{path}'/>")
        parts += [_mark(side, x, y) for x, y in placed]
        at = placed[-1][1]
        while any(abs(at - other) < 14 for other in labels):  # noqa: PLR2004 - the height of a line of text
            at += 14
        labels.append(at)
        parts.append(f"<text x='{placed[-1][0] + 10:.1f}' y='{at + 4:.1f}'>{side}</text>")
    return Markup(  # noqa: S704 - numbers and escaped texts
        f"<figure><figcaption>{escape(upwards)}</figcaption><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>"
        f"{''.join(parts)}</svg></figure>"
    )


def _mark(side: str, x: float, y: float) -> str:
    """A square for legacy, a circle for async."""
    if side == SIDES[0]:
        return f"<rect class='mark {side}' x='{x - 3.5:.1f}' y='{y - 3.5:.1f}' width='7' height='7'/>"
    return f"<circle class='mark {side}' cx='{x:.1f}' cy='{y:.1f}' r='4'/>"


def _levels(axis: Axis, *, upright: bool) -> list[float]:
    """Round values inside an axis, some four of them."""
    if upright:
        inside = [value for value in _decades(axis.low, axis.high) if axis.low <= value <= axis.high]
        return inside if len(inside) > 1 else [axis.low, axis.high]
    step = 10 ** math.floor(math.log10(axis.high)) if axis.high else 1.0
    while axis.high / step < 3:  # noqa: PLR2004 - at least so many lines
        step /= 2
    return [step * number for number in range(int(axis.high / step) + 1)]
