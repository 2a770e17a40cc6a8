"""The matrix of routes by layers, and by what means each layer was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.findings import COMPARED
from compare.report.groups import of_severity

if TYPE_CHECKING:
    from compare.findings import Group, Layer
    from compare.verdict import Verdict

UNSEEN = "not seen"


@dataclass(frozen=True)
class Cell:
    """One route on one layer. `kind` is difference, hazard, same or unseen; `number` counts the differences."""

    layer: Layer
    kind: str
    number: int = 0


@dataclass(frozen=True)
class Line:
    """One route: `answers` as `200 ×3, 404 ×1`."""

    route: str
    requests: int
    answers: str
    cells: tuple[Cell, ...]


def matrix(verdict: Verdict, groups: tuple[Group, ...]) -> list[Line]:
    """Every route that was asked."""
    hazards = {
        (route, example.layer)
        for group in of_severity(groups, "hazard")
        for route in group.routes
        for example in group.examples
    }
    unseen = {sight.layer for sight in verdict.sights if not sight.means}
    lines = []
    for result in verdict.routes:
        cells = []
        for layer in COMPARED:
            number = result.layers.get(layer, 0)
            hazard = (result.route, layer) in hazards
            kind = "difference" if number else "hazard" if hazard else "unseen" if layer in unseen else "same"
            cells.append(Cell(layer, kind, number))
        answers = ", ".join(f"{status or 'none'} ×{times:,}" for status, times in result.statuses)
        lines.append(Line(result.route, result.requests, answers, tuple(cells)))
    return lines


def seen(verdict: Verdict) -> list[tuple[Layer, str, str, str]]:
    """Layer, by what means on legacy and on async, and why not, where it was not."""
    told = []
    for layer in COMPARED:
        sights = {sight.side: sight for sight in verdict.sights if sight.layer == layer}
        if sights:
            means = [sights[side].means or UNSEEN if side in sights else UNSEEN for side in ("legacy", "async")]
            reasons = dict.fromkeys(sight.reason for sight in sights.values() if sight.reason)
            told.append((layer, means[0], means[1], "; ".join(reasons)))
    return told
