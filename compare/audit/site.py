"""What an audit finds: a place, a code, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.audit.traps import TRAPS
from compare.source import Module, Span

if TYPE_CHECKING:
    import ast
    from pathlib import Path


@dataclass(frozen=True)
class Site:
    """A place in a program.

    Attributes:
        code: The trap's id, `T01`; `MIG1` and on for what merely has to be rewritten.
        path: Relative to the program's root.
        span: Where it stands.
        message: What is wrong there, or will be.
        help: What to do.
    """

    code: str
    path: Path
    span: Span
    message: str
    help: str = ""

    @property
    def line(self) -> int:
        """Its first line, from 1."""
        return self.span.line


def site(
    module: Module, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler, code: str, message: str
) -> Site:
    """Return a site at a node; its help is the code's."""
    span = module.span(node)
    if span.end_line > span.line:  # a caret has one line
        span = Span(span.line, span.column, span.line, len(module.lines[span.line - 1]))
    return Site(code, module.path, span, message, TRAPS[code].fix)
