"""The groups of the terminal: differences in full, the rest in a line each until a person asks for more."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from compare.report.curl import curl
from compare.report.groups import count, trap
from compare.report.printable import printable
from compare.report.terminal.body import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.findings import Exchange, Finding, Group, Reply
    from compare.report.terminal.page import Page
    from compare.verdict import Verdict

ANSWER_LINES = 12
LINE = 160  # characters of one line of an answer
SHORT = 72  # characters of a value in a line
NAMED = 3  # routes of a group that are named
ALSO = 6  # further kinds of a group that are named
MARKS = {"difference": "bold red", "hazard": "bold yellow", "information": "bold cyan"}


@dataclass(frozen=True)
class Causes:
    """Writes groups. `verbose` spells out what else is a line."""

    page: Page
    verbose: bool = False

    def differences(self, groups: Sequence[Group]) -> None:
        """Each in full."""
        for group in groups:
            self._whole(group)

    def hazards(self, groups: Sequence[Group], *, grave: bool) -> None:
        """A line each; in full where they were asked for, or set the exit code."""
        if groups:
            self.page.line(f"Hazards: {count(len(groups), 'cause')}, dangerous or slow", "bold")
            self._short(groups, whole=self.verbose or grave)

    def information(self, groups: Sequence[Group]) -> None:
        """Only where it was asked for; but a scenario that stopped early is always told."""
        if self.verbose:
            self._short(groups, whole=True)
            return
        told = [group for group in groups if group.primary.code == "RUN001"]
        for group in told:
            self._whole(group)
        left = len(groups) - len(told)
        if left:
            self.page.line(f"Information: {count(left, 'kind')} of what differs by design (--verbose tells)", "dim")
            self.page.line()

    def unstable(self, findings: Sequence[Finding]) -> None:
        """What a side does not agree on with itself, a line a place."""
        if not findings:
            return
        self.page.line("Unstable: differs when a side is compared with itself, and is not counted", "bold")
        seen: dict[tuple[str, str | None, str], int] = {}
        for finding in findings:
            seen[finding.identity] = seen.get(finding.identity, 0) + 1
        for (code, route, where), times in seen.items():
            self.page.line(f"{code} {where}" + (f" on {route}" if route else "") + f" ×{times}", indent=2)
        self.page.line()

    def ignored(self, verdict: Verdict) -> None:
        """Every ignore rule with what it covered."""
        if not verdict.ignored:
            return
        self.page.line("Ignored by rule", "bold")
        for rule in verdict.ignored:
            self.page.paragraph(f"  ×{rule.hits} {rule.rule}: {rule.reason}", 4)
        for sentence in verdict.broken_rules:
            self.page.paragraph(f"  {sentence}", 4, "bold red")
        self.page.line()

    def _short(self, groups: Sequence[Group], *, whole: bool) -> None:
        if whole:
            self.page.line()
            for group in groups:
                self._whole(group)
            return
        for group in groups:
            primary = group.primary
            where = f"; {primary.where[:SHORT]}" if primary.where else ""
            self.page.paragraph(f"  {primary.code} {primary.title}{_times(group)}{where}", 4)
        self.page.paragraph("  --verbose shows each with an example, --strict makes them count.", 2, "dim")
        self.page.line()

    def _whole(self, group: Group) -> None:
        primary = group.primary
        title = Text(primary.code, style=MARKS[group.severity]).append(f" {primary.title}", style="bold")
        if trap(primary):
            title.append(f" ({trap(primary)})", style="cyan")
        if group.severity != "difference":
            title.append(f" ({group.severity})")
        title.append(_times(group))
        self.page.text(title)
        if group.routes:
            more = len(group.routes) - NAMED
            named = ", ".join(group.routes[:NAMED]) + (f" and {more} more" if more > 0 else "")
            self.page.prose("route" if len(group.routes) == 1 else "routes", named)
        if primary.scenario:
            self.page.labelled("scenario", f"{primary.scenario}, step {primary.step}")
        self.page.prose("where", primary.where)
        self.page.prose("legacy", primary.legacy, "green")
        self.page.prose("async", primary.async_, "red")
        if primary.note:
            self.page.prose("note", primary.note)
        if primary.exchange:
            self._exchange(primary.exchange, primary)
        self._also(group)
        self.page.prose("why:", primary.entry.why, "dim")
        self.page.prose("help:", primary.hint)
        if primary.scenario:
            self.page.labelled("again", f"compare run --only {shlex.quote(primary.scenario)}")
        self.page.labelled("more", f"compare explain {primary.code}")
        self.page.line()

    def _also(self, group: Group) -> None:
        """What else the same cause shows, a line each."""
        rest = group.examples[1:]
        for finding in rest[:ALSO]:
            sides = f"{_short(finding.legacy)} | {_short(finding.async_)}"
            self.page.prose("also", f"{finding.code} {finding.where}: {sides}")
        if len(rest) > ALSO:
            self.page.prose("also", f"{len(rest) - ALSO} more kinds")

    def _exchange(self, exchange: Exchange, finding: Finding) -> None:
        """The request, and of the answers what the finding is about: of a row, only that there were answers."""
        self.page.labelled("request", curl(exchange))
        if finding.layer not in {"response", "error"}:
            statuses = f"legacy {exchange.legacy.status or 'nothing'}, async {exchange.async_.status or 'nothing'}"
            self.page.labelled("answers", statuses)
            return
        self._reply("legacy", exchange.legacy, finding.where)
        self._reply("async", exchange.async_, finding.where)

    def _reply(self, side: str, reply: Reply, where: str) -> None:
        """One answer, in so far as it has to do with `where`."""
        self.page.line(f"{side} answered {reply.status or 'nothing'}", indent=2)
        if where.startswith(("header ", "cookie ")):
            for name, value in reply.headers:
                self.page.line(f"{name}: {value}"[:LINE], indent=4)
            return
        lines = list(readable(reply.body, where))
        for line in lines[:ANSWER_LINES]:
            self.page.line(line[:LINE], indent=4)
        if len(lines) > ANSWER_LINES:
            self.page.line(f"… {len(lines) - ANSWER_LINES} more lines", indent=4)


def _times(group: Group) -> str:
    """` ×37 on 4 routes`."""
    if group.count == 1:
        return ""
    return f" ×{group.count:,}" + (f" on {len(group.routes)} routes" if len(group.routes) > 1 else "")


def _short(value: str) -> str:
    text = printable(value).replace("\n", " ")
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
