"""`compare run`, which is also what `compare` alone does."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from compare.cli.options import (
    AllowWritesOption,
    AsyncOption,
    AsyncRefOption,
    ConfigOption,
    HtmlOption,
    JsonOption,
    JunitOption,
    LegacyOption,
    LegacyRefOption,
    OnlyOption,
    ScenariosOption,
    StrictOption,
    UrlOption,
    VerboseOption,
    side,
)
from compare.config import find, load
from compare.report import Progress, ReportFiles, TerminalReport, without_secrets, write_reproductions
from compare.verdict import Verdict, choose_scenarios
from compare.verdict import run as played

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    strict: StrictOption = False,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    legacy_ref: LegacyRefOption = None,
    async_ref: AsyncRefOption = None,
    allow_writes: AllowWritesOption = False,
    database_url: UrlOption = None,
    scenarios: ScenariosOption = None,
    only: OnlyOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Play all scenarios on both sides, and compare every answer and every row."""
    overrides = {**side("legacy", legacy, legacy_ref), **side("async", async_, async_ref)}
    overrides |= {"database.url": database_url, "allow_writes": allow_writes or None, "strict": strict or None}
    settings = load(config or find(Path.cwd()), overrides)
    chosen = choose_scenarios(settings, [str(Path.cwd() / pattern) for pattern in scenarios or ()], only)
    reports = ReportFiles(json, html, junit)
    reports.check()
    with Progress(Console(stderr=True)) as progress:
        verdict = played(settings, chosen, progress)
    _report(verdict, reports, settings.secrets, verbose=verbose)
    for path in write_reproductions(verdict, settings.directory):
        sys.stderr.write(f"Written: {path}, the shortest way to a difference.\n")
    raise typer.Exit(verdict.exit_code)


def _report(verdict: Verdict, reports: ReportFiles, secrets: tuple[str, ...], *, verbose: bool) -> None:
    """The report for a person, and the files that were asked for."""
    console = Console(stderr=reports.on_stdout, highlight=False, emoji=False)
    TerminalReport(console, verbose=verbose, secrets=secrets).write(verdict)
    reports.write(verdict, secrets)
    if verdict.stopped is not None:
        sys.stderr.write(f"{without_secrets(verdict, secrets).stopped}\n")
