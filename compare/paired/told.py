"""What a paired test found, in words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from compare.report.groups import count, of_severity
from compare.report.redaction import without_secrets
from compare.report.terminal.causes import Causes
from compare.report.terminal.page import Page
from compare.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from compare.findings import Group

WIDTH = 100


def report(groups: Sequence[Group], requests: int, secrets: Collection[str] = ()) -> str | None:
    """Every difference in full, without secrets; None where there is none."""
    hidden = without_secrets(Verdict({}, groups=tuple(groups)), secrets).groups
    differences = of_severity(hidden, "difference")
    if not differences:
        return None
    text = io.StringIO()
    page = Page(Console(file=text, width=WIDTH, no_color=True, force_terminal=False))
    causes = "1 cause" if len(differences) == 1 else f"{len(differences)} causes"
    page.line(f"The sides differ, {causes} in {count(requests, 'request')} of this test:")
    page.line()
    Causes(page).differences(differences)
    return text.getvalue().rstrip()


def hazards(groups: Sequence[Group], secrets: Collection[str] = ()) -> list[str]:
    """A line for each hazard and route."""
    hidden = without_secrets(Verdict({}, groups=tuple(groups)), secrets).groups
    return [
        f"{group.primary.code} {group.primary.title}: {group.primary.route or group.primary.where}"
        for group in of_severity(hidden, "hazard")
    ]
