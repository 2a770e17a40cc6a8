"""The reports that are files: which were asked for, whether they can be written, and writing them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.report.html import as_html
from compare.report.json import as_json
from compare.report.junit import as_junit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from compare.verdict import Verdict

STDOUT = "-"


@dataclass(frozen=True)
class ReportFiles:
    """Where each report goes: a path, `-` for stdout (JSON alone), or None for not at all."""

    json: str | None = None
    html: str | None = None
    junit: str | None = None

    @property
    def on_stdout(self) -> bool:
        """Whether stdout is taken, so that what a person reads has to go to stderr."""
        return self.json == STDOUT

    def check(self) -> None:
        """Refuse a file that cannot be written before a run is spent on it.

        Raises:
            UsageError: A folder is not there, or a folder stands where the file should.
        """
        for option, path, _ in self._wanted():
            folder = Path(path).absolute().parent
            if not folder.is_dir() or Path(path).is_dir():
                raise UsageError(
                    f"{option} {path}: cannot be written there; {folder} must be a folder and {path} a file in it."
                )

    def write(self, verdict: Verdict, secrets: Collection[str] = ()) -> None:
        """Write every report that was asked for; `secrets` are further names whose values no report may show."""
        if self.on_stdout:
            sys.stdout.write(as_json(verdict, secrets) + "\n")
        for _, path, render in self._wanted():
            Path(path).write_text(render(verdict, secrets) + "\n", encoding="utf-8")

    def write_document(self, document: object) -> None:
        """Write something other than a verdict as JSON, where that was asked for."""
        text = json.dumps(document, indent=2) + "\n"
        if self.on_stdout:
            sys.stdout.write(text)
        elif self.json is not None:
            Path(self.json).write_text(text, encoding="utf-8")

    def _wanted(self) -> Iterator[tuple[str, str, Callable[[Verdict, Collection[str]], str]]]:
        if self.json is not None and not self.on_stdout:
            yield "--json", self.json, as_json
        if self.html is not None:
            yield "--html", self.html, as_html
        if self.junit is not None:
            yield "--junit", self.junit, as_junit
