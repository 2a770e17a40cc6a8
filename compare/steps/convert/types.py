"""The async name of each sync thing of SQLAlchemy, and how a place that names one is changed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.source import Module, library
from compare.steps.rewrite import Edits, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

ASYNCIO = "sqlalchemy.ext.asyncio"
SQLMODEL = "sqlmodel.ext.asyncio.session"


@dataclass(frozen=True)
class Twin:
    """What stands for a sync name in async code."""

    module: str
    name: str


TWINS = {
    library.SESSION: Twin(ASYNCIO, "AsyncSession"),
    library.FACTORY: Twin(ASYNCIO, "async_sessionmaker"),
    library.SCOPED: Twin(ASYNCIO, "async_scoped_session"),
    library.ENGINE: Twin(ASYNCIO, "AsyncEngine"),
    library.CONNECTION: Twin(ASYNCIO, "AsyncConnection"),
    "sqlalchemy.engine_from_config": Twin(ASYNCIO, "async_engine_from_config"),
    "sqlalchemy.create_engine": Twin(ASYNCIO, "create_async_engine"),
}


def twin(module: Module, node: ast.expr, name: str, twins: Mapping[str, Twin] = TWINS) -> Twin | None:
    """Return what stands for a name of SQLAlchemy's in async code, if something does.

    Args:
        module: The file that names it.
        node: Where it does.
        name: What it is, by its canonical name.
        twins: The names that have a twin.
    """
    found = twins.get(name)
    if found and name == library.SESSION and _from_sqlmodel(module, node):
        return Twin(SQLMODEL, "AsyncSession")
    return found


def _from_sqlmodel(module: Module, node: ast.expr) -> bool:
    """Whether a session is SQLModel's: its async twin has `exec` as well."""
    top = node
    while isinstance(top, ast.Attribute):
        top = top.value
    bound = top.id if isinstance(top, ast.Name) else ""
    source, _ = imported_as(module, bound)
    return source.partition(".")[0] == "sqlmodel"


def imported_as(module: Module, bound: str) -> tuple[str, str]:
    """Return where a name of a file is imported from: module and name there; two empty texts if it is not."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == bound:
                    return "." * node.level + (node.module or ""), alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) == bound:
                    return alias.name, ""
    return "", ""


def rename(edits: Edits, node: ast.expr, to: Twin) -> None:
    """Put the async name in the place of a sync one, and see to the imports."""
    top = node
    while isinstance(top, ast.Attribute):
        top = top.value
    if isinstance(top, ast.Name):
        source, name = imported_as(edits.module, top.id)
        if source and isinstance(node, ast.Name):
            edits.drop(source, name)
    edits.change(node, replaced(to.name), f"{ast.unparse(node).rpartition('.')[2]} → {to.name}")
    edits.want(to.module, to.name)
