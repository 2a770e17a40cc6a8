"""Tables that are made through an engine: `Base.metadata.create_all(engine)`.

An async engine is none that MetaData can ask. Documentation: "Synopsis - Core" of the asyncio extension, which has
`run_sync` on a connection do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from compare.source import library

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from compare.source.reading import Call
    from compare.steps.rewrite import Edit


def made_through_engine(calls: Iterable[Call]) -> bool:
    """Whether a call makes tables, and is given the engine to do it with."""
    return any(call.target in {f"{library.ENGINE}.{method}" for method in library.TABLES_MADE} for call in calls)


def over_connection(taken: Container[str]) -> Edit:
    """Return the edit that has a block stand for a line which makes tables through an engine; `taken` names are."""
    name = "connection"
    while name in taken:
        name += "_"
    return lambda node: _over(node, name)


def _over(node: cst.CSTNode, name: str) -> cst.CSTNode:
    line = cst.ensure_type(node, cst.SimpleStatementLine)
    call = cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Call)
    bind = next((each for each in call.args if each.keyword and each.keyword.value == "bind"), call.args[0])
    rest = [each for each in call.args if each is not bind]
    if rest:
        rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    made = cst.Call(cst.parse_expression(f"{name}.run_sync"), [cst.Arg(call.func), *rest])
    begun = cst.Call(cst.Attribute(bind.value, cst.Name("begin")))
    return cst.With(
        [cst.WithItem(begun, cst.AsName(cst.Name(name)))],
        cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(cst.Await(made))])]),
        asynchronous=cst.Asynchronous(),
        leading_lines=line.leading_lines,
    )
