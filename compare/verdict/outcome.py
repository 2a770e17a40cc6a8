"""What a run comes to: per route, per table, every finding, and the exit code that follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.config import SideName
    from compare.findings import Finding, Group, Layer
    from compare.verdict.reproduce import Shown
    from compare.verdict.rows import TableResult

SAME, DIFFERS, USAGE, COULD_NOT_RUN = 0, 1, 2, 3


@dataclass(frozen=True)
class RouteResult:
    """One route: how often it was asked, what legacy answered (status and how often), and the differences found.

    `layers` counts the differences by layer; `hazards` the hazards.
    """

    route: str
    requests: int
    statuses: tuple[tuple[int, int], ...]
    differences: int
    hazards: int = 0
    layers: Mapping[Layer, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Coverage:
    """What was truly compared, so that "the same" can be weighed.

    Attributes:
        statuses: How many answers there were of each class (2 for 2xx), by legacy's status.
        fields: Response fields that were compared, as `GET /orders 200 /lines/*/quantity`.
        columns: Columns of which at least one committed value was compared, by table.
        tables: How many tables there are.
        statements: How many statements of legacy were compared with async's.
        transactions: The same of transactions.
    """

    statuses: Mapping[int, int] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: int = 0
    statements: int = 0
    transactions: int = 0


@dataclass(frozen=True)
class Sight:
    """How a layer could be seen on one side.

    `means` is "wire", "probe", "log" (PostgreSQL's), "digests" or "activity" (pg_stat_activity); '' is not at all, and
    `reason` then says why.
    """

    side: SideName
    layer: Layer
    means: str
    reason: str = ""


@dataclass(frozen=True)
class Ignored:
    """What an ignore rule of the configuration did: how many findings it covered, and its reason."""

    rule: str
    reason: str
    hits: int


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
        groups: the findings by cause, differences first; what a person reads.
        unstable: what differed when a side was compared with itself; held apart from the findings.
        coverage: what was truly compared.
        sights: how each layer could be seen on each side.
        attribution: how commits were laid to requests: "transaction id" or "time window".
        ignored: what each ignore rule did.
        notes: sentences about what was left out or could not be sent.
        broken_rules: a sentence for each ignore rule that must not stay as it is.
        strict: whether hazards set exit 1, too.
        reproductions: the shortest sequences that show differences of recorded or generated traffic.
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
    groups: tuple[Group, ...] = ()
    unstable: tuple[Finding, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    sights: tuple[Sight, ...] = ()
    attribution: str = ""
    ignored: tuple[Ignored, ...] = ()
    notes: tuple[str, ...] = ()
    broken_rules: tuple[str, ...] = ()
    strict: bool = False
    reproductions: tuple[Shown, ...] = ()

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
        """0 the same, 1 differs, 2 an ignore rule must not stay, 3 could not run to the end."""
        if self.stopped is not None:
            return COULD_NOT_RUN
        if self.broken_rules:
            return USAGE
        counting = ("difference", "hazard") if self.strict else ("difference",)
        grave = any(finding.severity in counting for finding in self.findings)
        return DIFFERS if grave or any(group.severity in counting for group in self.groups) else SAME
