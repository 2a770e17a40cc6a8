"""Reproductions as files: for each difference of recorded or generated traffic a test to keep and commands to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compare.report.pytest_file import pytest_file
from compare.report.reproduction import Reproduction
from compare.report.shell_script import shell_script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.verdict import Verdict

FOLDER = Path(".compare")  # beside the configuration; a leading dot, since it is nobody's source


def write_reproductions(verdict: Verdict, directory: Path) -> Iterator[Path]:
    """Write what the verdict has below `directory`, and give the files; nothing is made where there is nothing."""
    folder = directory / FOLDER
    for number, shown in enumerate(verdict.reproductions, 1):
        folder.mkdir(exist_ok=True)
        reproduction = Reproduction(shown.scenario, shown.replies, shown.taken, shown.finding)
        name = f"{shown.finding.code.lower()}_{number}"
        for path, text in (
            (folder / f"test_{name}.py", pytest_file(reproduction)),
            (folder / f"{name}.sh", shell_script(reproduction)),
        ):
            path.write_text(text, encoding="utf-8")
            yield path
