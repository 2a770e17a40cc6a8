"""What `compare bench` does: measure, or tune, print, and write the report; or write the traffic for Locust."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from compare.bench.locust.export import mixed
from compare.bench.locust.source import check_target, source
from compare.bench.report.terminal import folded
from compare.errors import UsageError
from compare.report import Progress, ReportFiles
from compare.verdict import choose_scenarios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.config import Config, SideName

NEEDED = ("httptools", "psutil", "uvloop")


def bench(
    config: Config, patterns: Sequence[str] = (), only: str | None = None, *, json: str | None = None, html: str
) -> int:
    """Measure, print the table and the verdicts, write the report with its plots; 0, or 3 where it broke off.

    Args:
        config: With its options of load.
        patterns: Scenario files in place of the configuration's.
        only: A text that the name of a scenario must hold.
        json: Where all figures go as JSON; `-` is stdout, and what a person reads then goes to stderr.
        html: Where the report goes.

    Raises:
        UsageError: what load needs is not installed; nothing can be measured; a file cannot be written.
        CouldNotRunError: the database or an app does not start.
    """
    _check_installed()
    from compare.bench.report import as_document, as_html, write_terminal  # noqa: PLC0415 - needs the extra
    from compare.bench.run import bench as measured  # noqa: PLC0415 - as above

    files = _files(json, html)
    plan = choose_scenarios(config, patterns or _own(config), only)
    with Progress(Console(stderr=True)) as progress:
        result = measured(config, plan, config.bench, progress)
    console = Console(stderr=files.on_stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)
    write_terminal(result, console)
    Path(html).write_text(as_html(result), encoding="utf-8")
    console.print(f"\nWritten: {html}, with the curves.")
    files.write_document(as_document(result))
    if result.stopped:
        sys.stderr.write(f"Broke off: {result.stopped}\n")
        return 3
    return 0


def tune(  # noqa: PLR0913 - one argument an option
    config: Config,
    name: SideName,
    patterns: Sequence[str] = (),
    only: str | None = None,
    *,
    connections: int | None,
    clients: int | None,
    json: str | None,
    html: str,
) -> int:
    """Find the pool size, overflow and number of threads that serve a side best, print the table and the words; 0.

    Raises:
        UsageError: what load needs is not installed; the side cannot be tuned; a file cannot be written.
        CouldNotRunError: the database or the app does not start.
    """
    _check_installed()
    from compare.bench.tune.report import as_document, as_html, write_terminal  # noqa: PLC0415 - needs the extra
    from compare.bench.tune.run import tune as tuned  # noqa: PLC0415 - as above

    files = _files(json, html)
    plan = choose_scenarios(config, patterns or _own(config), only)
    with Progress(Console(stderr=True)) as progress:
        result = tuned(config, plan, name, progress, connections=connections, clients=clients)
    console = Console(stderr=files.on_stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)
    write_terminal(result, console)
    Path(html).write_text(as_html(result), encoding="utf-8")
    console.print(f"\nWritten: {html}, with the curves.")
    files.write_document(as_document(result))
    return 0


def for_locust(config: Config, patterns: Sequence[str], only: str | None, target: Path) -> int:
    """Write the mix as a Locust file, and say what is not in it; 0.

    Raises:
        UsageError: the file cannot be written there; nothing can be sent again and again.
        CouldNotRunError: the database or an app does not start.
    """
    check_target(target)
    plan = choose_scenarios(config, patterns or _own(config), only)
    with Progress(Console(stderr=True)) as progress:
        mix = mixed(config, plan, config.bench, progress)
    target.write_text(source(mix, target.name), encoding="utf-8")
    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=True)
    console.print(f"Written: {target}, with {len(mix.parts)} samples of {len(mix.routes)} routes.")
    console.print(f"Run it: locust -f {shlex.quote(str(target))} --host ADDRESS")
    if mix.refused:
        console.print("\nNot in it:")
        for why, routes in folded(mix.refused).items():
            console.print(f"  {why}: {', '.join(routes)}")
    return 0


def _own(config: Config) -> list[str]:
    return [str(config.directory / pattern) for pattern in config.bench.scenarios]


def _check_installed() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"Load needs {', '.join(missing)}, which is not installed here. Install the extra: async-migration-kit"
            "[bench]."
        )


def _files(json: str | None, html: str) -> ReportFiles:
    """Where the report goes, once it is known that it can be written there."""
    folder = Path(html).parent
    if folder.name == ".compare":
        folder.mkdir(exist_ok=True)
    files = ReportFiles(json=json, html=html)
    files.check()
    return files
