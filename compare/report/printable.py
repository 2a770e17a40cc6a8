"""Text that may be printed: a body can hold what would move a terminal's cursor, or what XML forbids."""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
PICTURES = 0x2400  # Unicode's block of pictures of control characters


def printable(text: str) -> str:
    """The text with a picture in place of each control character but tab and line feed."""
    return CONTROL.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(PICTURES + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"  # noqa: PLR2004 - ASCII's controls
