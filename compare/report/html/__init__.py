"""The verdict as one HTML file that opens offline: rendered whole here, so that it reads without scripts as well.

`style.css`, `script.js` and the templates beside this module are put into the page; it refers to nothing outside.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compare import __version__
from compare.findings import COMPARED
from compare.report.groups import grouped
from compare.report.headline import headline, reach
from compare.report.html.cards import MOST, sections
from compare.report.html.matrix import matrix, seen
from compare.report.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Collection

    from compare.verdict import Verdict

__all__ = ["as_html"]


def as_html(verdict: Verdict, secrets: Collection[str] = ()) -> str:
    """The whole page. `secrets` are further names whose values read ***."""
    verdict = without_secrets(verdict, secrets)
    groups = grouped(verdict)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            verdict=verdict,
            version=__version__,
            headline=headline(verdict, groups),
            reach=reach(verdict),
            layers=COMPARED,
            matrix=matrix(verdict, groups),
            seen=seen(verdict),
            sections=sections(groups),
            left_out=max(0, len(groups) - MOST),
            unstable=_folded(verdict),
        )
    )


def _folded(verdict: Verdict) -> list[tuple[str, str, str, int]]:
    """What is unstable: code, place, route and how often, each once."""
    times: dict[tuple[str, str, str], int] = {}
    for finding in verdict.unstable:
        code, route, where = finding.identity
        key = code, where, route or ""
        times[key] = times.get(key, 0) + 1
    return [(*key, number) for key, number in times.items()]


@cache
def _environment() -> Environment:
    """Everything that is put into the page is escaped, but for our own style and script."""
    environment = Environment(
        loader=PackageLoader("compare.report", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("compare.report").joinpath("html")
    for name in ("style.css", "script.js"):
        text = folder.joinpath(name).read_text(encoding="utf-8")
        environment.globals[name.partition(".")[0]] = Markup(text)  # noqa: S704 - our own file, no one else's words
    return environment
