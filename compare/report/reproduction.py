"""A scenario written out for a person: as a pytest file that uses the kit's plug-in, and as curl commands.

Both expect nothing of compare's engine. The pytest file is meant to be kept: it holds both sides to what legacy
answered, status and stable body fields, so that it fails on the side that differs and is a regression test later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.findings import Finding, Reply
    from compare.traffic import Scenario, Values


@dataclass(frozen=True)
class Reproduction:
    """What was played last, on clones that were as the template is.

    Attributes:
        scenario: The steps, login included.
        replies: Legacy's answer to each step; None for a step that was not sent.
        taken: What each of these answers gave for the captures of its step.
        finding: The difference that it shows, where one is to be named.
    """

    scenario: Scenario
    replies: Sequence[Reply | None]
    taken: Sequence[Values]
    finding: Finding | None = None

    def summary(self) -> str:
        """The difference in one line, without the values that differ: these may be secrets."""
        if self.finding is None:
            return ""
        route = f" on {self.finding.route}" if self.finding.route else ""
        return f"{self.finding.code} {self.finding.title}{route} ({self.finding.where})"
