"""What was truly compared, and by what means each layer was seen: "the same" weighs no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.findings import COMPARED
from compare.report.groups import count

if TYPE_CHECKING:
    from compare.report.terminal.page import Page
    from compare.verdict import Verdict

UNSEEN = "not seen"


def write_coverage(page: Page, verdict: Verdict, *, verbose: bool) -> None:
    """Routes, answers, fields, columns, statements and transactions; then the layers."""
    coverage = verdict.coverage
    if not (coverage.statuses or coverage.tables or verdict.sights):
        return
    page.line("Coverage", "bold")
    page.prose("routes", f"{verdict.reached} of {verdict.total_routes or verdict.reached} reached")
    answers = [
        f"{number:,} of {status}xx" if status else f"{number:,} none" for status, number in coverage.statuses.items()
    ]
    page.prose("answers", ", ".join(answers) or "none")
    page.prose("fields", f"{count(len(coverage.fields), 'response field')} compared")
    columns = sum(map(len, coverage.columns.values()))
    page.prose(
        "tables", f"{len(coverage.columns)} of {coverage.tables} written to, {count(columns, 'column')} compared"
    )
    page.prose("sql", f"{count(coverage.statements, 'statement')}, {count(coverage.transactions, 'transaction')}")
    if verdict.attribution:
        page.prose("commits", f"laid to requests by {verdict.attribution}")
    if verbose:
        for field in coverage.fields:
            page.line(field, indent=4)
        for table, names in coverage.columns.items():
            page.prose("", f"{table}: {', '.join(names)}")
    _sights(page, verdict)
    page.line()


def _sights(page: Page, verdict: Verdict) -> None:
    """A line a layer; the reasons of what was not seen behind it, each once."""
    seen = {(sight.layer, sight.side): sight for sight in verdict.sights}
    for layer in COMPARED:
        sights = [sight for side in ("legacy", "async") if (sight := seen.get((layer, side))) is not None]
        if not sights:
            continue
        means = [f"{sight.side} {sight.means or UNSEEN}" for sight in sights]
        told = means[0].split(" ", 1)[1] if len({sight.means or UNSEEN for sight in sights}) == 1 else ", ".join(means)
        reasons = "; ".join(dict.fromkeys(sight.reason for sight in sights if sight.reason))
        label = "seen by" if layer == COMPARED[0] else ""
        page.prose(label, f"{layer}: {told}" + (f" ({reasons})" if reasons else ""))
