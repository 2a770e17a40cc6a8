"""The run as one HTML file that opens offline: verdicts, curves, and every figure in a table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from compare import __version__
from compare.bench.report import plots
from compare.bench.report.summary import summary
from compare.bench.report.terminal import folded
from compare.bench.report.units import megabytes, milliseconds, rate
from compare.bench.result import SIDES

if TYPE_CHECKING:
    from compare.bench.result import Benchmark

WORDS = {"faster": "faster", "slower": "slower", "same": "the same", "unsure": "unsure", "none": "no verdict"}


def as_html(result: Benchmark) -> str:
    """The whole page."""
    return _environment().get_template("page.html.j2").render(result=result, version=__version__)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("compare.bench.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "SIDES": SIDES,
        "WORDS": WORDS,
        "folded": folded,
        "plots": plots,
        "summary": summary,
        "rate": rate,
        "ms": milliseconds,
        "mb": megabytes,
    }
    return environment
