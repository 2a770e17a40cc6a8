"""Step 4: nothing that psycopg2 allows and asyncpg does not, where the same words do for both drivers.

Which of psycopg2's classes an error is of is told by its SQLSTATE. `orig.pgcode` is there on both: psycopg2 has it, and
so does what SQLAlchemy raises for asyncpg. Source: trap T22; PostgreSQL's documentation, appendix A, for the codes.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from psycopg2 import errorcodes, errors

from compare.steps.convert.types import imported_as
from compare.steps.rewrite import Edits, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.source import Module, Program


def by_state(program: Program, edits: dict[str, Edits]) -> None:
    """Tell a driver's errors by their SQLSTATE.

    Args:
        program: As it was read.
        edits: Where the edits go, by module.
    """
    for module in program.modules.values():
        bound = _imported(module)
        for node in ast.walk(module.tree):
            state = _code(bound, node) if bound else ""
            if state and isinstance(node, ast.expr):
                found = edits.setdefault(module.name, Edits(module))
                found.change(node, replaced(f'"{state}"'), "psycopg2.errorcodes → sqlstate")
                _drop(found, node)
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != "isinstance" or len(node.args) < _ARGUMENTS:
                continue
            states = _states(program, node.args[1]) if _is_orig(node.args[0]) else []
            if states:
                asked = f'getattr({ast.unparse(node.args[0])}, "pgcode", None)'
                listed = ", ".join(f'"{state}"' for state in states)
                code = f"({asked} == {listed})" if len(states) == 1 else f"({asked} in {{{listed}}})"
                found = edits.setdefault(module.name, Edits(module))
                found.change(node, replaced(code), "driver's error class → sqlstate")


def _imported(module: Module) -> dict[str, str]:
    """What a file calls psycopg2 and its parts, each with its whole name."""
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {
                alias.asname or "psycopg2": alias.name if alias.asname else "psycopg2"
                for alias in node.names
                if alias.name.partition(".")[0] == "psycopg2"
            }
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("psycopg2"):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _code(bound: Mapping[str, str], node: ast.AST) -> str:
    """The SQLSTATE that a name of `psycopg2.errorcodes` stands for; empty for anything else.

    It may stand in a pattern, `case errorcodes.UNIQUE_VIOLATION:`, of which no value is read.
    """
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return ""
    top, dot, rest = ast.unparse(node).partition(".")
    name = bound.get(top, "") + dot + rest
    found = getattr(errorcodes, name.removeprefix(_CODES), "") if name.startswith(_CODES) else ""
    return found if isinstance(found, str) else ""


def _drop(edits: Edits, node: ast.expr) -> None:
    top: ast.expr = node
    while isinstance(top, ast.Attribute):
        top = top.value
    if isinstance(top, ast.Name):
        edits.drop(*imported_as(edits.module, top.id))


_CODES = "psycopg2.errorcodes."
_ARGUMENTS = 2  # of isinstance: the object, the class


def _is_orig(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "orig"


def _states(program: Program, node: ast.expr) -> list[str]:
    """The SQLSTATEs of psycopg2's error classes; none if one of them has none of its own."""
    names = set()
    for value in program.of(node):
        names |= {inner.name for args in value.args for inner in args} if value.name == "tuple" else {value.name}
    found = [_STATES.get(name.removeprefix("psycopg2.errors.")) for name in sorted(names)]
    return [] if None in found else [state for state in found if state]


# psycopg2 makes a class for each SQLSTATE, and finds it by `lookup`; this is the way back.
_STATES = {
    errors.lookup(state).__name__: state
    for state in (
        "23502", "23503", "23505", "23514", "23P01", "40001", "40P01", "55P03", "57014", "22001", "22003", "22P02",
        "42P01", "42703", "25006", "53300", "57P01", "57P03", "08006",
    )
}  # fmt: skip
