"""`bulk_insert_mappings` and `bulk_update_mappings` as statements that are given many rows.

A statement that is given no rows is sent once, with none: `insert(Item)` would make a row of defaults. So the rows are
asked for first. Documentation: "ORM Bulk INSERT Statements"; trap T10.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.steps.rewrite import Edit

STATEMENTS = {"bulk_insert_mappings": "insert", "bulk_update_mappings": "update"}
# Options that a statement has as well, as one of its execution options.
_OPTIONS = {"render_nulls"}
_NAMES = ("rows", "mappings", "many")


@dataclass(frozen=True)
class Bulk:
    """What becomes of one call.

    Attributes:
        edit: What is done to the line that it stands in, given the name of `insert` or `update` there; None if nothing.
        problem: Why nothing is.
    """

    edit: Callable[[str], Edit] | None = None
    problem: str = ""


def bulk(node: ast.Call, name: str, above: ast.AST | None, taken: set[str]) -> Bulk:
    """Decide what becomes of a call.

    Args:
        node: The call.
        name: The method that is called.
        above: What the call stands in.
        taken: Names that mean something where it stands.
    """
    if name not in STATEMENTS:
        return Bulk(problem=f"`{name}` sends no events and no relationships: `add_all` would")
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    if not options.keys() <= _OPTIONS or len(node.args) != 2:  # noqa: PLR2004 - the class and its rows
        return Bulk(problem=f"`{name}` with options that statements do not have")
    if not isinstance(above, ast.Expr):
        return Bulk(problem=f"`{name}` in the middle of an expression: give it a line of its own")
    fresh = next((each for each in _NAMES if each not in taken), "")
    rows = node.args[1]
    if not isinstance(rows, ast.Name | ast.Attribute) and not fresh:
        return Bulk(problem=f"`{name}` of rows without a name: a statement that is given none would make one")
    given = {str(key): ast.unparse(value) for key, value in options.items()}
    return Bulk(
        lambda statement: _guarded(statement, given, "" if isinstance(rows, ast.Name | ast.Attribute) else fresh)
    )


def _guarded(statement: str, options: dict[str, str], fresh: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        line = cst.ensure_type(node, cst.SimpleStatementLine)
        call = cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Call)
        entity, rows = call.args[0].value, call.args[1].value
        what: cst.BaseExpression = cst.Call(cst.Name(statement), [cst.Arg(entity)])
        if options:
            written = ", ".join(f"{key}={value}" for key, value in options.items())
            what = cst.Call(
                cst.Attribute(what, cst.Name("execution_options")),
                cst.ensure_type(cst.parse_expression(f"f({written})"), cst.Call).args,
            )
        name: cst.BaseExpression = cst.Name(fresh) if fresh else rows
        func = cst.ensure_type(call.func, cst.Attribute).with_changes(attr=cst.Name("execute"))
        sent = call.with_changes(func=func, args=[cst.Arg(what), cst.Arg(name)])
        test = cst.NamedExpr(cst.Name(fresh), rows) if fresh else name
        return cst.If(
            test,
            cst.IndentedBlock([line.with_changes(body=[cst.Expr(sent)], leading_lines=())]),
            leading_lines=line.leading_lines,
        )

    return edit
