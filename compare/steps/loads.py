"""Step 3: no implicit IO. What is committed stays loaded, and what is used is loaded by the query that needs it.

What stays loaded is not read again by a query that finds it. One that locks rows is there to see them as they are: it
is told to (T06). Documentation: "Populate Existing".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Program, library
from compare.source.values import CLASS
from compare.steps.rewrite import Edits, keyword_arg

if TYPE_CHECKING:
    from compare.source.reading import Call

_LOCKING = {f"{library.SELECT}.with_for_update", f"{library.QUERY}.with_for_update"}
_MAKERS = {library.SESSION, library.FACTORY}


def kept_loaded(program: Program, edits: dict[str, Edits]) -> None:
    """Let sessions keep what they have loaded when they commit (T05)."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or not _makes(program, call):
            continue
        if any(keyword.arg in {"expire_on_commit", None} for keyword in node.keywords):
            continue
        module = program.scope(call.unit).module
        edits.setdefault(module.name, Edits(module)).change(node, _unexpired, "expire_on_commit=False")
    if edits:
        _read_again(program, edits)


def _read_again(program: Program, edits: dict[str, Edits]) -> None:
    """Let queries that lock rows overwrite what the session has of them."""
    for call in program.calls:
        node = call.node
        if call.target not in _LOCKING or not isinstance(node, ast.Call):
            continue
        unit = program.functions.get(call.unit)
        if unit is not None and "populate_existing" in ast.unparse(unit.node):
            continue
        module = program.scope(call.unit).module
        edits.setdefault(module.name, Edits(module)).change(node, _populating, "populate_existing of a locked row")


def _makes(program: Program, call: Call) -> bool:
    if call.value.kind == CLASS and call.target in _MAKERS:
        return True
    own = call.how == "construct" or ":" in call.target
    return own and call.value.kind == CLASS and library.SESSION in program.reading.ancestors(call.target)


def _populating(node: cst.CSTNode) -> cst.CSTNode:
    if not isinstance(node, cst.BaseExpression):
        return node
    given = keyword_arg("populate_existing", cst.Name("True"))
    return cst.Call(cst.Attribute(node, cst.Name("execution_options")), [given])


def _unexpired(node: cst.CSTNode) -> cst.CSTNode:
    call = cst.ensure_type(node, cst.Call)
    args, added = list(call.args), keyword_arg("expire_on_commit", cst.Name("False"))
    if args and isinstance(args[-1].comma, cst.Comma):  # one argument a line, as the others stand
        last = args[-1]
        between = args[-2].comma if len(args) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args[-1] = last.with_changes(comma=between)
        added = added.with_changes(comma=last.comma)
    return call.with_changes(args=[*args, added])
