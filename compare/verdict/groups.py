"""Groups: all findings of a run by cause, each with its smallest examples, in bounded memory.

Within a request `causes` says what belongs together. Across requests a group goes on where the same kind of finding
turns up again, and where a request reads from a table in which the sides have already parted: what it finds different
there is a consequence, however it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.findings import Group
from compare.verdict.causes import by_cause, kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from compare.findings import Finding

EVERYWHERE = 3  # routes beyond which findings of one code are taken to have one cause
SPREAD = (
    "TXN",
    "SQL",
    "RTM",
    "ROW008",
    "ROW009",
)  # codes whose place is a route's own; one shared piece makes them all
MISSED = "RES017"  # told after all else of its request
KINDS = 12  # examples that a group keeps
SEVERITIES = ("difference", "hazard", "information")


@dataclass
class _Growing:
    """A group while the run goes on: an example of each code, the smallest one seen where it was seen first."""

    examples: dict[str, Finding]
    count: int = 0
    routes: dict[str, None] = field(default_factory=dict)

    @property
    def primary(self) -> Finding:
        return next(iter(self.examples.values()))

    def take(self, findings: Sequence[Finding]) -> None:
        self.count += len(findings)
        for finding in findings:
            if finding.route is not None:
                self.routes[finding.route] = None
            known = self.examples.get(finding.code)
            smaller = known is not None and known.route == finding.route and _size(finding) < _size(known)
            if smaller or (known is None and len(self.examples) < KINDS):
                self.examples[finding.code] = finding

    def join(self, other: _Growing) -> None:
        self.take(list(other.examples.values()))
        self.count += other.count - len(other.examples)
        self.routes |= other.routes

    def done(self) -> Group:
        return Group(tuple(self.examples.values()), self.count, tuple(self.routes))


@dataclass
class Grouping:
    """Takes the findings of one request after the other, and gives the groups at the end.

    `tables` are the names of all tables, as findings spell them.
    """

    tables: Collection[str] = ()
    _groups: dict[object, _Growing] = field(default_factory=dict)
    _parted: dict[str, _Growing] = field(default_factory=dict)
    _scenarios: dict[str, _Growing] = field(default_factory=dict)
    _last: tuple[object, _Growing] | None = None

    def take(self, findings: Sequence[Finding], reads: Collection[str] | None = None) -> None:
        """The findings of one request, and the tables that it read from; None where nobody knows."""
        for cause in by_cause(findings):
            primary = cause[0]
            key = (kind(primary), primary.severity)
            request = (primary.scenario, primary.step)
            group = self._groups.get(key)
            if primary.code == MISSED and self._last is not None and self._last[0] == request:
                group = self._last[1]  # what differs in this answer has been told
            if group is None and primary.severity == "difference":
                group = self._consequence(primary, reads)
            if group is None:
                group = self._groups.setdefault(key, _Growing({}))
            group.take(cause)
            self._part(cause, group)
            if primary.severity == "difference":
                self._last = request, group

    @property
    def parted(self) -> tuple[str, ...]:
        """The tables in which the sides have parted."""
        return tuple(self._parted)

    def rejoined(self) -> None:
        """Both sides have the same data again: what differs from now on is no consequence of what parted them."""
        self._parted.clear()
        self._scenarios.clear()

    def groups(self) -> tuple[Group, ...]:
        """All groups, differences first, each kind in the order in which it was first seen."""
        merged = self._merged()
        found = [group.done() for group in merged]
        return tuple(sorted(found, key=lambda group: SEVERITIES.index(group.severity)))

    def _consequence(self, primary: Finding, reads: Collection[str] | None) -> _Growing | None:
        """The group of the first divergence that this request could see."""
        if primary.layer not in {"response", "error", "rows", "statements", "transactions"}:
            return None
        if primary.layer == "rows":
            return self._parted.get(self._table(primary.where))
        if reads is None:
            return self._scenarios.get(primary.scenario or "")
        return next((group for table, group in self._parted.items() if table in reads), None)

    def _part(self, cause: Sequence[Finding], group: _Growing) -> None:
        """Remember where the sides' data parted."""
        for finding in cause:
            if finding.layer == "rows" and finding.severity == "difference":
                self._parted.setdefault(self._table(finding.where), group)
                self._scenarios.setdefault(finding.scenario or "", group)

    def _table(self, where: str) -> str:
        """The table of a place: `audit.entries` of `audit.entries.at`."""
        named = [name for name in self.tables if where == name or where.startswith(f"{name}.")]
        return max(named, key=len, default=where)

    def _merged(self) -> list[_Growing]:
        """Groups of one code on many routes become one: a shared dependency or session is behind them."""
        by_code: dict[object, list[_Growing]] = {}
        for group in self._groups.values():
            by_code.setdefault((group.primary.code, group.primary.severity, group.primary.label), []).append(group)
        for alike in by_code.values():
            routes = {route for group in alike for route in group.routes}
            primary = alike[0].primary
            spread = primary.severity == "difference" and primary.code.startswith(SPREAD)
            if spread and min(len(alike), len(routes)) > EVERYWHERE:
                for other in alike[1:]:
                    alike[0].join(other)
                del alike[1:]
        kept = {id(group) for alike in by_code.values() for group in alike}
        return [group for group in self._groups.values() if id(group) in kept]


def _size(finding: Finding) -> int:
    """How much a person has to read."""
    exchange = finding.exchange
    if exchange is None:
        return 0
    return len(exchange.body) + len(exchange.legacy.body) + len(exchange.async_.body) + len(exchange.target)
