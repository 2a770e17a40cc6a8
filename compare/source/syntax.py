"""One file of a program: its text, its tree, and where things stand in it."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Span(NamedTuple):
    """Where a piece of source stands: lines from 1, columns in characters from 0; the end is behind the last one."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Broken:
    """A file that could not be read as Python."""

    path: Path
    line: int
    message: str


@dataclass(eq=False)
class Module:
    """A file that was read.

    Attributes:
        path: Relative to the program's root.
        name: Dotted, from the folder that its imports start at.
        text: As it stands in the file, line ends included.
        tree: Python's own syntax tree of it.
        package: Whether it is an `__init__.py`.
    """

    path: Path
    name: str
    text: str
    tree: ast.Module
    package: bool = False
    stars: list[str] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.splitlines()

    @cached_property
    def plain(self) -> bool:
        """Whether bytes and characters are the same, so that columns need no counting."""
        return self.text.isascii()

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias) -> Span:
        """Return where a node stands."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        if self.plain:
            return Span(node.lineno, node.col_offset, end_line, end_column)
        return Span(
            node.lineno,
            self._characters(node.lineno, node.col_offset),
            end_line,
            self._characters(end_line, end_column),
        )

    def _characters(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        return column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())


def parsed(root: Path, path: Path, name: str, instead: str | None = None) -> Module | Broken:
    """Read a file.

    Args:
        root: The program's root.
        path: The file, relative to it.
        name: Its dotted name.
        instead: A text that is read in place of what the file holds.

    Returns:
        The module, or why it is none: not Python (or Python 2), in an encoding that is not the one it declares, not
        to be opened.
    """
    try:
        text = _decoded((root / path).read_bytes()) if instead is None else instead
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's string is none of our business
            tree = ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        return Broken(path, error.lineno or 1, error.msg)
    except (OSError, ValueError, LookupError, RecursionError, MemoryError) as error:
        return Broken(path, 1, str(error) or type(error).__name__)
    return Module(path, name, text, tree, path.name == "__init__.py")


def _decoded(raw: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    return raw.decode(encoding)
