"""A time line as geometry: where each mark stands in a drawing, in the units of an SVG view box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.findings import Exchange, Lane, Tick

LANES: tuple[Lane, ...] = ("answer", "transaction", "statement", "connection", "loop", "log")
NAMES: dict[Lane, str] = {
    "answer": "answer",
    "transaction": "transactions",
    "statement": "statements",
    "connection": "connections",
    "loop": "event loop",
    "log": "log",
}
WIDTH = 1000.0
LEFT, RIGHT = 132.0, 16.0  # room for the names of the lanes, and after the last mark
HEAD, LANE, GAP = 24.0, 20.0, 16.0  # heights: of the scale, of a row, between the sides
NARROWEST = 3.0  # a mark that took no time to speak of
MOST = 80  # marks of a side that are drawn
TITLE = 240  # characters of a tooltip


@dataclass(frozen=True)
class Mark:
    """One mark: `x` to `x + width` in the row at `y`. An answer's is a line through all rows of its side."""

    lane: Lane
    x: float
    y: float
    width: float
    text: str
    bad: bool = False


@dataclass(frozen=True)
class Row:
    """One row with its name, '' where it goes on the lane above."""

    y: float
    name: str


@dataclass(frozen=True)
class Half:
    """One side: from `y` to `y + height`."""

    side: str
    y: float
    height: float
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Timeline:
    """Both sides on one scale. `scale` holds the places and names of its marks."""

    width: float
    height: float
    scale: tuple[tuple[float, str], ...]
    halves: tuple[Half, ...]

    @property
    def text(self) -> str:
        """In words, for who does not see it."""
        told = [f"{half.side}: {len(half.marks)} marks" for half in self.halves]
        return f"Time lines of both sides on one scale of {self.scale[-1][1]}. {', '.join(told)}."


def timeline(exchange: Exchange) -> Timeline | None:
    """The drawing of an exchange; None where nobody saw what the sides did."""
    if not any(exchange.ticks):
        return None
    longest = max(tick.until or tick.at for line in exchange.ticks for tick in line)
    whole, step = _scale(max(longest, 0.0001))
    halves, y = [], HEAD
    for side, ticks in zip(("legacy", "async"), exchange.ticks, strict=True):
        half = _half(side, ticks, y, whole)
        halves.append(half)
        y += half.height + GAP
    steps = round(whole / step)
    scale = tuple((round(_x(i * step, whole), 1), milliseconds(i * step)) for i in range(steps + 1))
    return Timeline(WIDTH, y, scale, tuple(halves))


def milliseconds(seconds: float) -> str:
    """`0`, `0.25 ms`, `12 ms`, `1,500 ms`."""
    return f"{seconds * 1000:,.3f}".rstrip("0").rstrip(".") + " ms" if seconds else "0"


def _half(side: str, ticks: Sequence[Tick], y: float, whole: float) -> Half:
    rows: list[Row] = []
    marks: list[Mark] = []
    drawn = sorted(ticks[:MOST], key=lambda tick: tick.at)
    for lane in LANES:
        of_lane = [tick for tick in drawn if tick.lane == lane]
        for number, row in enumerate(_rows(of_lane, whole)):
            at = y + LANE * len(rows)
            rows.append(Row(at, "" if number else NAMES[lane]))
            marks += [_mark(tick, at, whole) for tick in row]
    return Half(side, y, LANE * max(len(rows), 1), tuple(rows), tuple(marks), max(0, len(ticks) - MOST))


def _rows(ticks: Iterable[Tick], whole: float) -> Iterator[list[Tick]]:
    """The ticks of one lane in rows, so that none lies on another that takes time."""
    rows: list[list[Tick]] = []
    ends: list[float] = []
    for tick in ticks:
        start, end = _x(tick.at, whole), _x(tick.until or tick.at, whole)
        free = next((place for place, taken in enumerate(ends) if taken <= start or tick.until is None), len(rows))
        if free == len(rows):
            rows.append([])
            ends.append(0.0)
        rows[free].append(tick)
        ends[free] = max(ends[free], end)
    yield from rows


def _mark(tick: Tick, y: float, whole: float) -> Mark:
    x = _x(tick.at, whole)
    width = max(_x(tick.until, whole) - x, NARROWEST) if tick.until is not None else NARROWEST
    when = f"at {milliseconds(round(tick.at, 5))}"
    took = f", took {milliseconds(round(tick.until - tick.at, 5))}" if tick.until is not None else ""
    text = tick.text if len(tick.text) <= TITLE else f"{tick.text[:TITLE]}…"
    return Mark(tick.lane, round(x, 1), y, round(width, 1), f"{text}\n{when}{took}", tick.bad)


def _x(seconds: float, whole: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / whole


def _scale(longest: float) -> tuple[float, float]:
    """The whole scale and one step of it, in seconds: steps of 1, 2 or 5, at most six of them."""
    power = 10.0 ** math.floor(math.log10(longest / 5))
    step = next(power * factor for factor in (1, 2, 5, 10) if longest / (power * factor) <= 6)  # noqa: PLR2004 - see above
    return step * math.ceil(longest / step), step
