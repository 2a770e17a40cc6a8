"""A place that a query passes through, and all of them with what joins them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from pathlib import Path

    from compare.source import Module, Program


@dataclass(frozen=True)
class Left:
    """A place that stays as it was.

    Attributes:
        path: The file.
        line: Its line.
        reason: Why.
    """

    path: Path
    line: int
    reason: str


@dataclass(eq=False)
class Place:
    """One node of a query's way: what is to be done there, or why nothing can."""

    node: ast.expr
    unit: str
    module: Module
    edit: object = None
    what: str = ""
    problem: str = ""
    wants: tuple[tuple[str, str], ...] = ()
    line: ast.Expr | None = None  # to be edited as a whole, if what is done does not fit into the line


@dataclass(eq=False)
class Selecting:
    """The work on one program.

    Attributes:
        program: As it was read.
        places: All that were found.
        joined: From a unit to another of its family: a function, a module, an attribute that holds queries.
        given: The functions that have no session and can be given one, by id.
        above: The parent of every node, by module.
    """

    program: Program
    places: list[Place] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    above: dict[str, dict[ast.AST, ast.AST]] = field(default_factory=dict)

    def root(self, unit: str) -> str:
        """Return the one unit that stands for the family of this one."""
        while self.joined.get(unit, unit) != unit:
            unit = self.joined[unit]
        return unit

    def join(self, one: str, other: str) -> None:
        """Make two families one."""
        self.joined[self.root(one)] = self.root(other)
