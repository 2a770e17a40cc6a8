"""The files that a pattern of the configuration stands for: a file, a folder or a glob."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def matching_files(pattern: str, directory: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files of one pattern, sorted; a relative one starts at `directory`. A folder stands for all `suffixes`."""
    path = directory / pattern
    if path.is_dir():
        return sorted(child for child in path.rglob("*") if child.suffix in suffixes and child.is_file())
    if path.is_file():
        return [path]
    anchor = path.anchor if os.path.isabs(pattern) else ""  # noqa: PTH117 - a pattern, not a path
    base = type(path)(anchor) if anchor else directory
    return sorted(child for child in base.glob(pattern.removeprefix(anchor)) if child.is_file())
