"""Who wrote a row: each step's last transaction id, so that a differing row is told with the request that wrote it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.verdict.record import Context

WRAP = 2**32  # a row knows the lower half of its transaction's id


@dataclass
class Journal:
    """Steps in the order they went, with the first transaction id that comes after each, per side.

    `begun` are the ids that come first when the traffic begins.

    A transaction is laid to the step in which it committed; what a background task commits after its step was found at
    rest is laid to the step that follows.
    """

    begun: tuple[int, int]
    _steps: list[Context] = field(default_factory=list)
    _contexts: dict[Context, Context] = field(default_factory=dict)
    _horizons: tuple[array[int], array[int]] = field(default_factory=lambda: (array("q"), array("q")))

    def note(self, context: Context, legacy: int, async_: int) -> None:
        """A step has ended, and these are the next transaction ids."""
        self._steps.append(self._contexts.setdefault(context, context))  # a step that is repeated is kept once
        self._horizons[0].append(legacy)
        self._horizons[1].append(async_)

    def writer(self, legacy: int | None, async_: int | None) -> Context | None:
        """The step that wrote a row, by the row's `xmin` on either side: the later one where they differ."""
        places = [
            _place(begun, horizons, xmin)
            for begun, horizons, xmin in zip(self.begun, self._horizons, (legacy, async_), strict=True)
            if xmin is not None
        ]
        found = [place for place in places if place is not None]
        return self._steps[max(found)] if found else None


def _place(begun: int, horizons: array[int], xmin: int) -> int | None:
    """The number of the step in which a transaction ran; None for one from before the traffic."""
    # The full id that ends with `xmin` and lies nearest to the one that the traffic began with.
    full = begun + (xmin - begun + WRAP // 2) % WRAP - WRAP // 2
    if full < begun or not horizons:
        return None
    return min(bisect_right(horizons, full), len(horizons) - 1)
