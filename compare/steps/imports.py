"""The imports of a changed file: those that it needs now, without those that it needs no more."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Statement = TypeVar("Statement", cst.Import, cst.ImportFrom)
Name = tuple[str, str]  # module, name in it; "" for the module itself


def with_imports(text: str, wanted: Iterable[tuple[str, str, str]], dropped: Iterable[Name]) -> str:
    """Return the text with these imports added where they are missing, and those taken away that nothing uses.

    Args:
        text: A Python file.
        wanted: What has to be imported: module, name, and what it is called if not so.
        dropped: What goes if no expression, string annotation or `__all__` of the file names it any more.
    """
    tree = ast.parse(text.removeprefix("\ufeff"))
    have = _imported(tree)
    missing = [
        (source, name, called)
        for source, name, called in dict.fromkeys(wanted)
        if have.get((source, name)) != (called or name or source.partition(".")[0])
    ]
    used = _used(tree)
    unused = {name: bound for name, bound in have.items() if name in set(dropped) and bound not in used}
    if not missing and not unused:
        return text
    module = cst.parse_module(text)
    if unused:
        module = module.visit(_Dropping(set(unused)))
    return (_added(module, missing) if missing else module).code


def _added(module: cst.Module, missing: Iterable[tuple[str, str, str]]) -> cst.Module:
    """Add imports; libcst's visitor goes through all that it is given, so it is given the top of the module alone."""
    context = CodemodContext()
    for source, name, called in missing:
        AddImportsVisitor.add_needed_import(context, source, name or None, called or None)
    top = 1 + max((place for place, each in enumerate(module.body) if _has_import(each)), default=-1)
    body, rest = [*module.body[:top]], [*module.body[top:]]
    if rest:  # what follows stands in for itself, so that the blank lines before it come out as they should
        body.append(cst.SimpleStatementLine([cst.Pass()], leading_lines=_leading(rest[0])))
    added = AddImportsVisitor(context).transform_module(module.with_changes(body=body))
    if rest:
        rest[0] = rest[0].with_changes(leading_lines=_leading(added.body[-1]))
        return added.with_changes(body=[*added.body[:-1], *rest])
    return added


def _leading(statement: cst.BaseStatement | cst.BaseSmallStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines")  # noqa: B009 - of whichever statement it is
    return lines


def _has_import(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(each, cst.Import | cst.ImportFrom) for each in statement.body
    )


def _imported(tree: ast.Module) -> dict[Name, str]:
    """What the top of the module imports, and the name that each is known by there."""
    found: dict[Name, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            found |= {(source, alias.name): alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, ""): alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return found


def _used(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:  # noqa: PLR2004 - an annotation or `__all__`, no prose
            found |= set(_words(node.value))
    return found


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()


class _Dropping(cst.CSTTransformer):
    """Takes names out of the imports at the top of a module."""

    def __init__(self, names: set[Name]) -> None:
        super().__init__()
        self.names = names

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802, ARG002 - libcst's name and signature
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802, ARG002 - libcst's name and signature
        return False

    def leave_ImportFrom(  # noqa: N802 - libcst's name
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(original_node.names, cst.ImportStar):
            return updated_node
        source = "." * len(original_node.relative) + _dotted(original_node.module)
        kept = [alias for alias in original_node.names if (source, _dotted(alias.name)) not in self.names]
        return _left(updated_node, kept, len(original_node.names))

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import | cst.RemovalSentinel:  # noqa: N802 - libcst's name
        kept = [alias for alias in original_node.names if (_dotted(alias.name), "") not in self.names]
        return _left(updated_node, kept, len(original_node.names))


def _left(statement: Statement, kept: list[cst.ImportAlias], before: int) -> Statement | cst.RemovalSentinel:
    if not kept:
        return cst.RemoveFromParent()
    if len(kept) == before:
        return statement
    if not getattr(statement, "lpar", None):
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return statement.with_changes(names=kept)


def _dotted(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
