"""What `compare bench` does: measure, print, and write the report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from compare.errors import UsageError
from compare.report import Progress, ReportFiles
from compare.verdict import choose_scenarios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.config import Config

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
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"Load needs {', '.join(missing)}, which is not installed here. Install the extra: async-migration-kit"
            "[bench]."
        )
    from compare.bench.report import as_document, as_html, write_terminal  # noqa: PLC0415 - needs the extra
    from compare.bench.run import bench as measured  # noqa: PLC0415 - as above

    target = Path(html)
    if target.parent.name == ".compare":
        target.parent.mkdir(exist_ok=True)
    files = ReportFiles(json=json, html=html)
    files.check()
    plan = choose_scenarios(config, patterns or _own(config), only)
    with Progress(Console(stderr=True)) as progress:
        result = measured(config, plan, config.bench, progress)
    console = Console(stderr=files.on_stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)
    write_terminal(result, console)
    target.write_text(as_html(result), encoding="utf-8")
    console.print(f"\nWritten: {html}, with the curves.")
    files.write_document(as_document(result))
    if result.stopped:
        sys.stderr.write(f"Broke off: {result.stopped}\n")
        return 3
    return 0


def _own(config: Config) -> list[str]:
    return [str(config.directory / pattern) for pattern in config.bench.scenarios]
