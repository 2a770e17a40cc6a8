"""The verdict for a person: per route, what differs by layer; each cause with all that is needed to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.report.groups import grouped, of_severity
from compare.report.headline import headline, reach
from compare.report.redaction import without_secrets
from compare.report.terminal.causes import Causes
from compare.report.terminal.coverage import write_coverage
from compare.report.terminal.page import Page
from compare.report.terminal.routes import write_routes, write_tables

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from compare.verdict import Verdict

__all__ = ["TerminalReport"]


class TerminalReport:
    """Writes to a rich console; readable without colour, at 80 columns and in a file."""

    def __init__(self, console: Console, *, verbose: bool = False, secrets: Collection[str] = ()) -> None:
        self._page = Page(console)
        self._verbose = verbose
        self._secrets = secrets

    def write(self, verdict: Verdict) -> None:
        """The whole report. The last line is the verdict itself."""
        verdict = without_secrets(verdict, self._secrets)
        page, groups = self._page, grouped(verdict)
        page.line(f"legacy  {verdict.apps['legacy']}", "bold")
        page.line(f"async   {verdict.apps['async']}", "bold")
        page.line()
        write_routes(page, verdict)
        write_tables(page, verdict)
        causes = Causes(page, verbose=self._verbose)
        causes.differences(of_severity(groups, "difference"))
        causes.hazards(of_severity(groups, "hazard"), grave=verdict.strict)
        causes.information(of_severity(groups, "information"))
        causes.unstable(verdict.unstable)
        causes.ignored(verdict)
        for sentence in verdict.notes:
            page.paragraph(f"Note: {sentence}.", 6, "yellow")
        write_coverage(page, verdict, verbose=self._verbose)
        if self._verbose or verdict.stopped:
            self._outputs(verdict)
        title, whole = headline(verdict, groups), reach(verdict)
        if verdict.exit_code == 0:
            page.line(f"{title}: {whole}.", "bold green")
        else:
            page.line(f"{title} ({whole}).", "bold red")

    def _outputs(self, verdict: Verdict) -> None:
        for side, output in verdict.outputs.items():
            if output.strip():
                self._page.line(f"What {side} printed (last part):", "bold")
                for line in output.rstrip().splitlines():
                    self._page.line(line, indent=2)
                self._page.line()
