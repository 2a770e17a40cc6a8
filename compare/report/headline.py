"""The verdict in one sentence, as every report for a person begins or ends with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.report.groups import count, of_severity

if TYPE_CHECKING:
    from compare.findings import Group
    from compare.verdict import Verdict


def headline(verdict: Verdict, groups: tuple[Group, ...]) -> str:
    """`Differs: 5 differences from 2 causes on 3 routes`, without the reach of the run; no full stop."""
    differences, hazards = of_severity(groups, "difference"), of_severity(groups, "hazard")
    beside = f", {count(len(hazards), 'hazard')}" if hazards else ""
    if verdict.stopped is not None:
        return "Stopped before the end" + (f", {_differ(differences)}" if differences else "")
    if differences:
        return f"Differs: {_differ(differences)}{beside}"
    if verdict.broken_rules:
        return f"No verdict: {count(len(verdict.broken_rules), 'ignore rule')} must not stay"
    if hazards and verdict.strict:
        return f"Hazards count here (strict): {count(len(hazards), 'hazard')}"
    return f"The same{beside}"


def reach(verdict: Verdict) -> str:
    """`174 requests over 33 routes, 17 tables, 18.1 s`."""
    return (
        f"{count(verdict.requests, 'request')} over {count(verdict.reached, 'route')}, "
        f"{count(len(verdict.tables), 'table')}, {verdict.seconds:.1f} s"
    )


def _differ(groups: tuple[Group, ...]) -> str:
    """`5 differences from 2 causes on 3 routes and 1 table`; the causes only where they are fewer."""
    number = sum(group.count for group in groups)
    words = count(number, "difference")
    if number > len(groups):
        words += f" from {count(len(groups), 'cause')}"
    routes = {route for group in groups for route in group.routes}
    examples = [finding for group in groups for finding in group.examples if finding.layer == "rows"]
    tables = {finding.where.partition(".")[0] for finding in examples}
    places = [count(len(routes), "route")] * bool(routes) + [count(len(tables), "table")] * bool(tables)
    return f"{words} on {' and '.join(places)}" if places else words
