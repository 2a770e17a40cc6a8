"""The matrix of the terminal: a line a route, and under it what differs by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from compare.findings import COMPARED
from compare.report.groups import count

if TYPE_CHECKING:
    from compare.report.terminal.page import Page
    from compare.verdict import RouteResult, Verdict

WIDEST_ROUTE = 44  # columns; a longer one moves what stands behind it
INDENT = 18  # columns in front of a route
LISTED = 10  # routes never sent that are named


def write_routes(page: Page, verdict: Verdict) -> None:
    """Every route that was asked; then those that only one side has, and those that nobody asked."""
    width = min(max((len(result.route) for result in verdict.routes), default=0), WIDEST_ROUTE)
    page.line(f"{'':<10} {'sent':>5}  {'route':<{width}}  answers", "dim")
    for result in verdict.routes:
        differs = f"{result.differences} differ" if result.differences else "same"
        text = Text(f"{differs:<10} ", style="red" if result.differences else "green")
        text.append(f"{result.requests:>5}  {result.route:<{width}}  {_statuses(result)}", style="default")
        page.text(text)
        if layers := _layers(result):
            page.line(layers, "dim", INDENT)
    asked = {result.route for result in verdict.routes}
    others = {finding.route for finding in verdict.differences if finding.route and finding.route not in asked}
    for route in sorted(others):
        page.text(Text(f"{'one side':<10} ", style="red").append(f"{'':>5}  {route}", style="default"))
    page.line()
    _never_sent(page, verdict)


def _layers(result: RouteResult) -> str:
    """`response 3, rows 2, 1 hazard`."""
    words = [f"{layer} {result.layers[layer]}" for layer in COMPARED if result.layers.get(layer)]
    if result.hazards:
        words.append(count(result.hazards, "hazard"))
    return ", ".join(words)


def _statuses(result: RouteResult) -> str:
    return " ".join(str(status or "none") for status, _ in result.statuses)


def _never_sent(page: Page, verdict: Verdict) -> None:
    if not verdict.unexercised:
        return
    page.line(
        f"Never sent: {len(verdict.unexercised)} of {verdict.total_routes} routes, so nothing is known of them",
        "yellow",
    )
    for route in verdict.unexercised[:LISTED]:
        page.line(route, indent=2)
    if len(verdict.unexercised) > LISTED:
        page.line(f"… and {len(verdict.unexercised) - LISTED} more (--json and --html list all)", indent=2)
    page.line()


def write_tables(page: Page, verdict: Verdict) -> None:
    """How many rows each table has at the end."""
    if not verdict.tables:
        return
    words = []
    for table in verdict.tables:
        rows = f"{table.legacy}" if table.legacy == table.async_ else f"{table.legacy} ≠ {table.async_}"
        words.append(f"{table.name} {rows}" + (f" ({table.differences} differ)" if table.differences else ""))
    page.paragraph(f"Rows compared: {', '.join(words)}")
    page.line()
