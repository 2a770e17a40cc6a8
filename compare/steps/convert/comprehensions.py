"""Generator expressions that wait: whoever goes through one cannot await, so what takes all of it gets a list.

An `await` in a generator expression makes it an async generator. Documentation: "PEP 530, Asynchronous Comprehensions".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Mapping

# They take all that they are given, in its order, and a list as well. `any` and `all` are not among them: they may stop
# before the end, and what would have been asked after that is asked of a list.
_TAKING = {"tuple", "list", "set", "frozenset", "sorted", "sum", "max", "min", "dict"}
_TAKING_METHODS = {"join", "extend", "update", "add_all"}


def around(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.GeneratorExp | None:
    """Return the generator expression that a node is run by; None where it is in none, or in what is gone through."""
    inner, above = node, parents.get(node)
    while above is not None and not isinstance(above, ast.stmt | ast.Lambda):
        if isinstance(above, ast.comprehension):
            whole = parents.get(above)
            first = isinstance(whole, ast.GeneratorExp) and whole.generators[0] is above
            if isinstance(whole, ast.GeneratorExp) and not (first and inner is above.iter):
                return whole
            inner, above = above, whole
        if isinstance(above, ast.GeneratorExp) and inner is above.elt:
            return above
        if above is not None:
            inner, above = above, parents.get(above)
    return None


def taker(node: ast.GeneratorExp, parents: Mapping[ast.AST, ast.AST]) -> ast.Call | ast.Assign | None:
    """Return what takes all of a generator expression, a call or `a, b = …`; None where something else does."""
    call = parents.get(node)
    if isinstance(call, ast.Assign) and call.value is node:
        return call if all(isinstance(each, ast.Tuple | ast.List) for each in call.targets) else None
    if not isinstance(call, ast.Call) or node not in call.args:
        return None
    if isinstance(call.func, ast.Name):
        return call if call.func.id in _TAKING else None
    taking = isinstance(call.func, ast.Attribute) and call.func.attr in _TAKING_METHODS
    return call if taking else None


def as_lists(node: cst.CSTNode) -> cst.CSTNode:
    """The edit of such a call, or assignment: what it takes is made before."""
    if isinstance(node, cst.Assign):
        return node.with_changes(value=_as_list(node.value))
    call = cst.ensure_type(node, cst.Call)
    return call.with_changes(args=[each.with_changes(value=_as_list(each.value)) for each in call.args])


def _as_list(node: cst.BaseExpression) -> cst.BaseExpression:
    return cst.ListComp(node.elt, node.for_in) if isinstance(node, cst.GeneratorExp) else node
