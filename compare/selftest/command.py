"""What `compare selftest` does: a line for each plant as it is played, a sum, JSON where it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from compare.report import ReportFiles
from compare.selftest.result import as_document
from compare.selftest.run import choose_plants, play_all

if TYPE_CHECKING:
    from compare.selftest.result import Result


def selftest(only: str | None = None, file: str | None = None, database_url: str | None = None) -> int:
    """Play the plants, say what became of each; 0 if every one was found, else 1.

    Args:
        only: A text that a plant's name, code or layer holds; None plays all.
        file: Where the results go as JSON; `-` is stdout, and the lines then go to stderr.
        database_url: A PostgreSQL server of the user's own; None starts the embedded one.

    Raises:
        UsageError: no plant has the text, or the file cannot be written.
        CouldNotRunError: what the apps need is not installed, or the database or an app does not start.
    """
    plants = choose_plants(only)
    files = ReportFiles(json=file)
    files.check()
    out = Console(stderr=files.on_stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)

    def tell(result: Result) -> None:
        out.print(str(result))

    results = play_all(plants, tell, database_url)
    found = sum(result.found for result in results)
    out.print(f"{found} of {len(results)} planted divergences found.")
    files.write_document(as_document(results))
    return 0 if found == len(results) else 1
