"""The Python files of a project, parsed."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEFT_OUT = frozenset(
    {
        "node_modules",
        "site-packages",
        "venv",
        "env",
        "build",
        "dist",
        "__pycache__",
        "migrations",
        "versions",
        "alembic",
    }
)
TESTS = frozenset({"test", "tests", "testing", "conftest.py"})
MOST = 5_000  # files that are read of one project
LARGEST = 1_000_000  # bytes of one file


@dataclass(frozen=True)
class Source:
    """One file: where it is, and what it is imported as from `root`."""

    path: Path
    root: Path
    tree: ast.Module = field(repr=False, compare=False)

    @property
    def module(self) -> str:
        """`shop.main`."""
        parts = self.path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for: `FastAPI` → `fastapi.FastAPI`, `sa` → `sqlalchemy`."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else (alias.name.partition(".")[0])
                    )
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return found

    def full(self, node: ast.expr) -> str:
        """The full name of a name or attribute: `fastapi.FastAPI`; '' for anything else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (owner := self.full(node.value)):
            return f"{owner}.{node.attr}"
        return ""

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call in the file by the full name of what is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (name := self.full(node.func)):
                yield name, node


def sources(folder: Path) -> list[Source]:
    """The files below `folder` that can be parsed, but for tests, migrations, environments and hidden folders."""
    found: list[Source] = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in LEFT_OUT | TESTS and not _is_environment(folder, place, name)
        )
        for name in sorted(files):
            if name.endswith(".py") and name not in TESTS and not name.startswith("test_") and len(found) < MOST:
                source = _parsed(folder / place / name, folder)
                found += [source] if source else []
    return found


def _is_environment(folder: Path, place: str, name: str) -> bool:
    return (folder / place / name / "pyvenv.cfg").exists()


def _parsed(path: Path, folder: Path) -> Source | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        return Source(path, _root(path, folder), ast.parse(path.read_text(encoding="utf-8")))
    except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
        return None


def _root(path: Path, folder: Path) -> Path:
    """The folder that a file is imported from: above the outermost package, `src`, or where a project file lies."""
    inside = path.parent
    while inside != folder and (inside / "__init__.py").exists():
        inside = inside.parent
    if inside != folder and not (inside / "__init__.py").exists():
        marked = [place for place in (inside, *inside.parents) if place == folder or folder in place.parents]
        return next((place for place in marked if place.name == "src" or _is_project(place)), marked[-1])
    return inside


def _is_project(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("pyproject.toml", "setup.py", "requirements.txt", "alembic.ini"))
