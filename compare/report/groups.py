"""The groups that a report shows, and how a person counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.findings import Group

if TYPE_CHECKING:
    from compare.findings import Finding, Severity
    from compare.verdict import Verdict


def grouped(verdict: Verdict) -> tuple[Group, ...]:
    """The groups of a verdict; where the engine stopped before it made any, one problem seen several times is one."""
    if verdict.groups:
        return verdict.groups
    alike: dict[tuple[str, str | None, str], list[Finding]] = {}
    for finding in verdict.findings:
        alike.setdefault(finding.identity, []).append(finding)
    return tuple(
        Group((findings[0],), len(findings), (findings[0].route,) if findings[0].route else ())
        for findings in alike.values()
    )


def of_severity(groups: tuple[Group, ...], severity: Severity) -> tuple[Group, ...]:
    """Those of one severity."""
    return tuple(group for group in groups if group.severity == severity)


def trap(finding: Finding) -> str:
    """The ids of the known traps behind a finding, `T17, T18`; '' where there is none."""
    return finding.label or finding.entry.trap or ""


def count(number: int, noun: str) -> str:
    """`1 route`, `1,200 routes`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
