"""The driver that a database URL names.

Source: trap T53: `postgresql://` means another driver from one version of SQLAlchemy to the next.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import libcst as cst

from compare.steps.rewrite import Edit, Edits, parents
from compare.steps.walking import scoped_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compare.source import Module, Program

_SCHEME = re.compile(r"^(postgres(?:ql)?)(?:\+(\w+))?(://|$)")
_KEYWORDS = {"scheme", "drivername"}
SYNC = "postgresql+psycopg2"
SYNC_3 = "postgresql+psycopg"
ASYNC = "postgresql+asyncpg"
_LISTS = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "environment.yml")


def sync_driver(root: Path) -> str:
    """Return the sync driver that a project lists among its dependencies: psycopg 3 where only that one is."""
    paths = [*(root / name for name in _LISTS), *root.glob("requirements*.txt"), *root.glob("requirements/*.txt")]
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())
    return SYNC_3 if re.search(r"\bpsycopg\b", text) and "psycopg2" not in text else SYNC


def named(program: Program, edits: dict[str, Edits], driver: str, replacing: frozenset[str]) -> None:
    """Name the driver in every database URL that source shows.

    Args:
        program: As it was read.
        edits: Where the edits go, by module.
        driver: What is named: `postgresql+asyncpg`.
        replacing: The drivers that are replaced; empty text for a URL that names none.
    """
    for module in program.modules.values():
        within_f = _inside_f_strings(module)
        above = parents(module.tree)
        for node, _unit in scoped_nodes(program, module):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            found = _SCHEME.match(node.value)
            if not found or (found[2] or "") not in replacing:
                continue
            if not found[3] and not _is_scheme(module, node):
                continue
            if isinstance(above.get(node), ast.Call) and _is_drivers_own(program, above[node]):
                continue
            edit = edits.setdefault(module.name, Edits(module))
            whole = within_f.get(node)
            edit.change(whole or node, _renamed(found[0], f"{driver}{found[3]}"), f"URL → {driver}")


def _is_drivers_own(program: Program, node: ast.AST) -> bool:
    """Whether a URL is for the driver itself, which knows no other: `psycopg2.connect("postgresql://…")`."""
    values = program.of(node.func) if isinstance(node, ast.Call) else ()
    return any(value.name.partition(".")[0] in {"psycopg2", "psycopg", "asyncpg"} for value in values)


def _inside_f_strings(module: Module) -> Mapping[ast.AST, ast.JoinedStr]:
    """The first text of an f-string stands for the whole: Python 3.11 does not tell where its parts are."""
    return {node.values[0]: node for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr) and node.values}


def _is_scheme(module: Module, node: ast.Constant) -> bool:
    """`scheme="postgresql"`: a text that is a driver's name and no URL has to be said to be one."""
    return any(
        isinstance(each, ast.Call)
        and (
            any(keyword.arg in _KEYWORDS and keyword.value is node for keyword in each.keywords)
            or (each.args[:1] == [node] and ast.unparse(each.func).endswith("URL.create"))
        )
        for each in ast.walk(module.tree)
    )


def _renamed(old: str, new: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        if isinstance(node, cst.SimpleString):
            return node.with_changes(value=node.value.replace(old, new, 1))
        if isinstance(node, cst.FormattedString):
            first = node.parts[0]
            if isinstance(first, cst.FormattedStringText):
                return node.with_changes(
                    parts=[first.with_changes(value=first.value.replace(old, new, 1)), *node.parts[1:]]
                )
        if isinstance(node, cst.ConcatenatedString):
            return node.with_changes(left=edit(node.left))
        return node

    return edit
