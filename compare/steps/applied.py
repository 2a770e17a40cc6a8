"""Writing what a step changes, as the files were written before: encoding, byte order mark, line ends."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from compare.steps.model import Change

_MARK = b"\xef\xbb\xbf"


def write(root: Path, change: Change) -> None:
    """Write one file's new text, or take the file away."""
    path = root / change.path
    if change.after is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.is_file() else b""
    raw = change.after.encode(_encoding(before) if change.path.suffix == ".py" else "utf-8")
    if before.startswith(_MARK):
        raw = _MARK + raw
    path.write_bytes(raw)


def _encoding(raw: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding
