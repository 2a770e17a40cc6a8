"""Lines and paragraphs on a console."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from compare.report.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

LABEL = 10  # columns of the word in front


@dataclass(frozen=True)
class Page:
    """Where a report is written. Control characters, which a body may hold, are shown and not sent."""

    console: Console

    def line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """One line, left to the terminal to wrap: a command has to survive being copied."""
        self.text(Text(" " * indent + printable(text), style=style))

    def text(self, text: Text) -> None:
        """One line in several styles."""
        self.console.print(text, soft_wrap=True)

    def labelled(self, label: str, text: str) -> None:
        """One line behind a label, not wrapped."""
        self.line(f"{label:<{LABEL}}{text}", indent=2)

    def prose(self, label: str, text: str, style: str = "") -> None:
        """A paragraph behind a label, wrapped here."""
        self.paragraph(f"  {label:<{LABEL}}{text}", 2 + LABEL, style)

    def paragraph(self, text: str, hang: int = 2, style: str = "") -> None:
        """A paragraph; every line but the first is indented by `hang` columns."""
        lines = textwrap.wrap(printable(text), self.console.width, subsequent_indent=" " * hang, break_on_hyphens=False)
        self.console.print(Text("\n".join(lines), style=style))
