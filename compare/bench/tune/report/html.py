"""Tuning as one HTML file that opens offline: what was found, the curves, and every figure in a table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from compare import __version__
from compare.bench.report.terminal import folded
from compare.bench.tune.advice import advised
from compare.bench.tune.report.curves import curves
from compare.bench.tune.report.rows import COLUMNS, final, tried

if TYPE_CHECKING:
    from compare.bench.tune.result import Tuning


def as_html(tuning: Tuning) -> str:
    """The whole page."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            tuning=tuning,
            advice=advised(tuning),
            curves=curves(tuning),
            columns=COLUMNS,
            tables=[("tried", tried(tuning)), ("against what it has now, in turn", final(tuning))],
            folded=folded,
            version=__version__,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("compare.bench.tune.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
