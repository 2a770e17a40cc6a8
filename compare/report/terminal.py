"""The verdict for a person: per route, per table, then each difference with all that is needed to see it again."""

from __future__ import annotations

import json
import shlex
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.text import Text

from compare.report.curl import curl
from compare.report.secrets import hide, hide_at, hide_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from compare.findings import Exchange, Finding, Reply
    from compare.verdict import RouteResult, Verdict

ANSWER_LINES = 12
LINE = 160  # characters of one line of an answer
LABEL = 10  # columns of the word in front
WIDEST_ROUTE = 60  # columns; a longer one moves what stands behind it
LISTED = 10  # routes never sent that are named
MARKS = {"difference": "bold red", "hazard": "bold yellow", "information": "bold cyan"}


class TerminalReport:
    """Writes to a rich console; readable without colour, at 80 columns and in a file."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose

    def write(self, verdict: Verdict) -> None:
        """The whole report. The last line is the verdict itself."""
        self._header(verdict)
        self._routes(verdict)
        self._tables(verdict)
        for folded, times in _folded(verdict.findings):
            if folded.severity != "information" or self._verbose or folded.code == "RUN001":
                self._finding(folded, times)
        if self._verbose or verdict.stopped:
            self._outputs(verdict)
        self._closing(verdict)

    def _line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """One line, left to the terminal to wrap: a command has to survive being copied."""
        self._console.print(Text(" " * indent + text, style=style), soft_wrap=True)

    def _prose(self, label: str, text: str, style: str = "") -> None:
        """A paragraph behind a label, wrapped here."""
        hang = " " * (2 + LABEL)
        lines = textwrap.wrap(f"  {label:<{LABEL}}{text}", self._console.width, subsequent_indent=hang)
        self._console.print(Text("\n".join(lines), style=style))

    def _header(self, verdict: Verdict) -> None:
        self._line(f"legacy  {verdict.apps['legacy']}", "bold")
        self._line(f"async   {verdict.apps['async']}", "bold")
        self._line()

    def _routes(self, verdict: Verdict) -> None:
        width = max((len(result.route) for result in verdict.routes), default=0)
        width = min(width, WIDEST_ROUTE)
        self._line(f"{'':<10} {'sent':>5}  {'route':<{width}}  answers", "dim")
        for result in verdict.routes:
            differs = f"{result.differences} differ" if result.differences else "same"
            text = Text(f"{differs:<10} ", style="red" if result.differences else "green")
            text.append(f"{result.requests:>5}  {result.route:<{width}}  {_statuses(result)}", style="default")
            self._console.print(text, soft_wrap=True)
        asked = {result.route for result in verdict.routes}
        others = {
            finding.route for finding in verdict.differences if finding.route is not None and finding.route not in asked
        }
        for route in sorted(others):
            self._console.print(Text(f"{'one side':<10} ", style="red").append(f"{'':>5}  {route}", style="default"))
        if verdict.unexercised:
            self._line()
            self._line(
                f"Never sent: {len(verdict.unexercised)} of {verdict.total_routes} routes, so nothing is known of them",
                "yellow",
            )
            for route in verdict.unexercised[:LISTED]:
                self._line(route, indent=2)
            if len(verdict.unexercised) > LISTED:
                self._line(f"… and {len(verdict.unexercised) - LISTED} more (--json lists all)", indent=2)
        self._line()

    def _tables(self, verdict: Verdict) -> None:
        if not verdict.tables:
            return
        words = []
        for table in verdict.tables:
            count = f"{table.legacy}" if table.legacy == table.async_ else f"{table.legacy} ≠ {table.async_}"
            words.append(f"{table.name} {count}" + (f" ({table.differences} differ)" if table.differences else ""))
        text = f"Rows compared: {', '.join(words)}"
        self._console.print(Text(textwrap.fill(text, self._console.width, subsequent_indent="  ")))
        self._line()

    def _finding(self, finding: Finding, times: int) -> None:
        title = Text(finding.code, style=MARKS[finding.severity]).append(f" {finding.title}", style="bold")
        if finding.severity != "difference":
            title.append(f" ({finding.severity})")
        if times > 1:
            title.append(f" ({times} times)")
        self._console.print(title)
        if finding.route:
            self._line(f"{'route':<{LABEL}}{finding.route}", indent=2)
        if finding.scenario:
            self._line(f"{'scenario':<{LABEL}}{finding.scenario}, step {finding.step}", indent=2)
        self._prose("where", finding.where)
        self._prose("legacy", hide_at(finding.where, finding.legacy), "green")
        self._prose("async", hide_at(finding.where, finding.async_), "red")
        if finding.note:
            self._prose("note", finding.note)
        if finding.exchange:
            self._exchange(finding.exchange, finding)
        self._prose("why:", finding.entry.why, "dim")
        self._prose("help:", finding.hint)
        if finding.scenario:
            self._line(f"{'again':<{LABEL}}compare run --only {shlex.quote(finding.scenario)}", indent=2)
        self._line()

    def _exchange(self, exchange: Exchange, finding: Finding) -> None:
        """The request, and of the answers what the finding is about: of a row, only that there were answers."""
        self._line(f"{'request':<{LABEL}}{curl(exchange)}", indent=2)
        if finding.layer == "rows":
            statuses = f"legacy {exchange.legacy.status or 'nothing'}, async {exchange.async_.status or 'nothing'}"
            self._line(f"{'answers':<{LABEL}}{statuses}", indent=2)
            return
        self._reply("legacy", exchange.legacy, finding.where)
        self._reply("async", exchange.async_, finding.where)

    def _reply(self, side: str, reply: Reply, where: str) -> None:
        """One answer, in so far as it has to do with `where`."""
        self._line(f"{side} answered {reply.status or 'nothing'}", indent=2)
        if where.startswith(("header ", "cookie ")):
            for name, value in reply.headers:
                self._line(f"{name}: {hide_header(name, value)}"[:LINE], indent=4)
            return
        lines = list(_readable(hide(reply.body), where))
        for line in lines[:ANSWER_LINES]:
            self._line(line[:LINE], indent=4)
        if len(lines) > ANSWER_LINES:
            self._line(f"… {len(lines) - ANSWER_LINES} more lines", indent=4)

    def _outputs(self, verdict: Verdict) -> None:
        for side, output in verdict.outputs.items():
            if output.strip():
                self._line(f"What {side} printed (last part):", "bold")
                self._line(output.rstrip(), indent=2)
                self._line()

    def _closing(self, verdict: Verdict) -> None:
        reach = (
            f"{_count(verdict.requests, 'request')} over {_count(verdict.reached, 'route')}, "
            f"{_count(len(verdict.tables), 'table')}, {verdict.seconds:.1f} s"
        )
        differences = list(_folded(verdict.differences))
        if not differences and verdict.stopped is None:
            self._line(f"The same: {reach}.", "bold green")
            return
        if differences:
            routes = {finding.route for finding, _ in differences if finding.route}
            tables = {finding.where.partition(".")[0] for finding, _ in differences if finding.layer == "rows"}
            places = [_count(len(routes), "route")] * bool(routes) + [_count(len(tables), "table")] * bool(tables)
            self._line(
                f"Differs: {_count(len(differences), 'difference')} on {' and '.join(places)} ({reach}).", "bold red"
            )
        if verdict.stopped is not None:
            self._line(f"Stopped before the end ({reach}).", "bold red")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _statuses(result: RouteResult) -> str:
    return " ".join(str(status or "none") for status, _ in result.statuses)


def _readable(body: str, where: str) -> Iterator[str]:
    """A body line by line; of JSON only what stands around the place in question, laid out."""
    with suppress(ValueError):
        body = json.dumps(_around(json.loads(body), where), indent=2, ensure_ascii=False)
    yield from body.splitlines()


def _around(document: object, where: str) -> object:
    """The object or list that holds the place which a JSON pointer names; what else it holds is abbreviated."""
    *parents, last = where.split("/")[1:] or [""]
    for part in parents:
        key: object = int(part) if isinstance(document, list) and part.isdecimal() else part
        try:
            document = document[key]  # type: ignore[index] # whatever cannot be indexed ends the walk
        except (KeyError, IndexError, TypeError):
            break
    if not isinstance(document, dict) or last not in document:
        return document
    return {key: value if key == last else _abbreviated(value) for key, value in document.items()}


def _abbreviated(value: object) -> object:
    return "…" if isinstance(value, dict | list) and value else value


def _folded(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Each problem once, the first time it was seen, with how often it was seen."""
    first: dict[tuple[str, str | None, str], Finding] = {}
    times: dict[tuple[str, str | None, str], int] = {}
    for finding in findings:
        first.setdefault(finding.identity, finding)
        times[finding.identity] = times.get(finding.identity, 0) + 1
    return [(finding, times[identity]) for identity, finding in first.items()]
