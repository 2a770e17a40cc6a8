"""Sync connections that are handed to a library: Alembic's `context.configure(connection=…)`.

What a library does with a connection it does in sync style. The block becomes a function, which the async connection
runs: `await connection.run_sync(do_run_migrations)`, as Alembic's own template for async engines has it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Program, library
from compare.source.values import OBJECT

if TYPE_CHECKING:
    from compare.steps.rewrite import Edit

_LEAVING = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Break, ast.Continue, ast.AsyncWith, ast.AsyncFor)


def is_handed(program: Program, node: ast.With) -> bool:
    """Whether a block hands its connection to a library, and can be a function of its own."""
    if len(node.items) != 1 or not isinstance(node.items[0].optional_vars, ast.Name):
        return False
    if not any(
        value.kind == OBJECT and value.name == library.CONNECTION for value in program.of(node.items[0].optional_vars)
    ):
        return False
    name = node.items[0].optional_vars.id
    inside = [inner for statement in node.body for inner in ast.walk(statement)]
    last = node.body[-1] if isinstance(node.body[-1], ast.Return) else None
    if any(isinstance(inner, _LEAVING) and inner is not last for inner in inside):
        return False
    return any(isinstance(inner, ast.Call) and _takes(inner, name) and not _is_own(program, inner) for inner in inside)


def _takes(call: ast.Call, name: str) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(each, ast.Name) and each.id == name for each in given)


def _is_own(program: Program, call: ast.Call) -> bool:
    return any(value.own for value in program.of(call.func))


def as_function(name: str) -> Edit:
    """Return the edit that makes a block a function, and has the connection run it."""

    def edit(node: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        whole = cst.ensure_type(node, cst.With)
        target = whole.items[0].asname
        bound = cst.ensure_type(cst.ensure_type(target, cst.AsName).name, cst.Name)
        function = cst.FunctionDef(
            cst.Name(name), cst.Parameters([cst.Param(bound)]), whole.body, leading_lines=whole.leading_lines
        )
        last = whole.body.body[-1] if isinstance(whole.body, cst.IndentedBlock) else None
        gives = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return)
        run = cst.parse_statement(f"{'return ' if gives else ''}await {bound.value}.run_sync({name})\n")
        entered = whole.with_changes(
            asynchronous=cst.Asynchronous(), body=cst.IndentedBlock([run]), leading_lines=[cst.EmptyLine(indent=False)]
        )
        return cst.FlattenSentinel([function, entered])

    return edit
