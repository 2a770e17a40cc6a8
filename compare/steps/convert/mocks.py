"""Mocks that stand for what becomes async: their names in `patch("…")`, and what they are made of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.steps.rewrite import keyword_arg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from compare.source import Module, Program
    from compare.steps.convert import types
    from compare.steps.rewrite import Edit, Edits

_MOCKS = {"unittest.mock.MagicMock", "unittest.mock.Mock", "mock.MagicMock", "mock.Mock"}


def patched(program: Program, of: Callable[[Module], Edits], renamed: Mapping[str, Mapping[str, types.Twin]]) -> None:
    """Follow names into `patch("pkg.module.Session")`, and give mocks of sessions the async methods.

    Args:
        program: As it was read.
        of: Gives the edits of a module.
        renamed: For each module, the names that were replaced in it, and by what.
    """
    for function in program.functions.values():
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            to = _target(program, function.module.path, node.args[0].value, renamed)
            if to is not None:
                found = of(function.module)
                found.change(node.args[0], _text(to), "name in patch()")
                for keyword in node.keywords:
                    if keyword.arg == "return_value" and isinstance(keyword.value, ast.Name):
                        _specified(program, function.node, keyword.value.id, to, found)


def _target(
    program: Program, asking: object, text: object, renamed: Mapping[str, Mapping[str, types.Twin]]
) -> types.Twin | None:
    if not isinstance(text, str) or "." not in text:
        return None
    where, _, name = text.rpartition(".")
    path = program.reading.names.find(where, asking)  # type: ignore[arg-type] # a path
    if path is None:
        return None
    for module, names in renamed.items():
        if program.modules[module].path == path and name in names:
            return names[name]
    return None


def _text(to: types.Twin) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        text = cst.ensure_type(node, cst.SimpleString)
        where, _, last = text.value.rpartition(".")
        return text.with_changes(value=f"{where}.{to.name}{last[-1]}")

    return edit


def _specified(program: Program, function: ast.AST, name: str, to: types.Twin, edits: Edits) -> None:
    """`m = MagicMock()` as `MagicMock(spec=AsyncSession)`: what is awaited of it is a coroutine, the rest is none."""
    for node in ast.walk(function):
        made = (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and not node.value.args
            and not node.value.keywords
        )
        if (
            made
            and isinstance(node, ast.Assign)
            and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
        ) and any(value.name in _MOCKS for value in program.of(node.value.func)):  # type: ignore[attr-defined] # a call
            edits.change(node.value, _spec(to), "mock of an async session")
            edits.want(to.module, to.name)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            entered = {"__enter__": "__aenter__", "__exit__": "__aexit__"}.get(node.attr)
            if entered:
                edits.change(node, _attribute(entered), "mock of an async session")


def _spec(to: types.Twin) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        return cst.ensure_type(node, cst.Call).with_changes(args=[keyword_arg("spec", cst.Name(to.name))])

    return edit


def _attribute(name: str) -> Edit:
    return lambda node: cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name(name))
