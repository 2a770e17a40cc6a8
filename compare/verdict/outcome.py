"""What a run comes to: per route, per table, every finding, and the exit code that follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.findings import Finding
    from compare.verdict.rows import TableResult

SAME, DIFFERS, COULD_NOT_RUN = 0, 1, 3


@dataclass(frozen=True)
class RouteResult:
    """One route: how often it was asked, what legacy answered (status and how often), and the differences found."""

    route: str
    requests: int
    statuses: tuple[tuple[int, int], ...]
    differences: int


@dataclass(frozen=True)
class Verdict:
    """The whole outcome of a run.

    Attributes:
        apps: the import string of each side, by its name.
        routes: every route that was exercised, in legacy's order, then what matched no route.
        unexercised: routes of either app that no request reached; documentation routes are left out.
        total_routes: how many routes there are to exercise.
        tables: every table that both sides have.
        findings: in the order they were made.
        requests: requests sent to each side.
        seconds: from the start of the server to the last row compared.
        stopped: why the run ended early, in a sentence or several; None for a complete run.
        outputs: what each side printed (its last part), by name; for a verbose report.
    """

    apps: Mapping[str, str]
    routes: tuple[RouteResult, ...] = ()
    unexercised: tuple[str, ...] = ()
    total_routes: int = 0
    tables: tuple[TableResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    scenarios: int = 0
    requests: int = 0
    seconds: float = 0.0
    stopped: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The findings that make the sides differ."""
        return tuple(finding for finding in self.findings if finding.severity == "difference")

    @property
    def reached(self) -> int:
        """How many routes were exercised; where the apps show none, how many paths were."""
        return self.total_routes - len(self.unexercised) if self.total_routes else len(self.routes)

    @property
    def exit_code(self) -> int:
        """0 the same, 1 differs, 3 could not run to the end."""
        if self.stopped is not None:
            return COULD_NOT_RUN
        return DIFFERS if self.differences else SAME
