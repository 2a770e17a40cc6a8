"""Two texts next to each other, line by line, with what differs marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CONTEXT = 3  # equal lines that are shown around what differs
WHOLE = 12  # lines that are shown whole however equal they are
MOST = 400  # lines of each side that are lined up
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')
VALUE = re.compile(r"""'[^']*'|(?<=: )"[^"]*"|(?<==)[^ ]+|\d[\d.]*""")
WORD = re.compile(r"[\w.+-]")
OPENING, CLOSING = frozenset("{["), frozenset("}]")

Marked = tuple[str, str, str]  # before, what differs, after


@dataclass(frozen=True)
class Line:
    """One line of both sides. `kind` is same, changed, or skipped: `equal` lines that are left out here.

    A side that has no such line is None. Equal lines that follow each other are one, with line feeds in it.
    """

    kind: str
    legacy: Marked | None = None
    async_: Marked | None = None
    equal: int = 0


def side_by_side(legacy: Sequence[str], async_: Sequence[str]) -> list[Line]:
    """Both lined up; long runs of equal lines are folded. At most `MOST` lines of a side."""
    ours, theirs = list(legacy[:MOST]), list(async_[:MOST])
    lines: list[Line] = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [Line("same", ("", "", text), ("", "", text)) for text in ours[a:b]]
        else:
            lines += _paired(ours[a:b], theirs[c:d])
    left = max(len(legacy), len(async_)) - MOST
    return [*_joined(_folded(lines)), *([Line("skipped", equal=-left)] if left > 0 else [])]


def differ(lines: Sequence[Line]) -> bool:
    """Whether anything differs."""
    return any(line.kind == "changed" for line in lines)


def laid_out(body: str) -> list[str]:
    """A body as lines; what looks like JSON is indented as it is written, so that 1.10 stays 1.10, cut off or not."""
    if body.lstrip()[:1] not in OPENING:
        return body.splitlines()
    return list(_indented(body))


def _indented(body: str) -> Iterator[str]:
    depth, line = 0, ""
    for piece in PIECE.findall(body):
        if piece in CLOSING:
            empty = line.rstrip()[-1:] in OPENING
            if not empty:
                yield line
            depth = max(0, depth - 1)
            line = line + piece if empty else "  " * depth + piece
        elif piece == ",":
            yield line + piece
            line = "  " * depth
        elif piece == ":":
            line += ": "
        else:
            if line.rstrip()[-1:] in OPENING:
                yield line
                line = "  " * depth
            line += piece
            depth += piece in OPENING
    if line.strip():
        yield line


def _paired(legacy: Sequence[str], async_: Sequence[str]) -> Iterator[Line]:
    """Lines that differ, next to those that differ in their values alone."""
    ours, theirs = ([VALUE.sub("?", text) for text in side] for side in (legacy, async_))
    for _, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for mine, other in zip_longest(legacy[a:b], async_[c:d]):
            yield _changed(mine, other)


def _changed(legacy: str | None, async_: str | None) -> Line:
    if legacy is None or async_ is None:
        return Line("changed", _all(legacy), _all(async_))
    shorter = min(len(legacy), len(async_))
    start = next((i for i in range(shorter) if legacy[i] != async_[i]), shorter)
    while start and WORD.match(legacy[start - 1]):  # 10.00 and 11.00 differ as a whole
        start -= 1
    end = next((i for i in range(shorter - start) if legacy[-1 - i] != async_[-1 - i]), shorter - start)
    while end and WORD.match(legacy[-end]):
        end -= 1
    return Line("changed", _split(legacy, start, end), _split(async_, start, end))


def _split(text: str, start: int, end: int) -> Marked:
    stop = len(text) - end
    return text[:start], text[start:stop], text[stop:]


def _all(text: str | None) -> Marked | None:
    return None if text is None else ("", text, "")


def _folded(lines: Sequence[Line]) -> Iterator[Line]:
    """Equal lines far from anything that differs become one line that counts them."""
    changed = [place for place, line in enumerate(lines) if line.kind == "changed"]
    near = {place + off for place in changed for off in range(-CONTEXT, CONTEXT + 1)}
    if len(lines) <= WHOLE:
        near = set(range(len(lines)))
    skipped = 0
    for place, line in enumerate(lines):
        if place in near:
            if skipped:
                yield Line("skipped", equal=skipped)
            skipped = 0
            yield line
        else:
            skipped += 1
    if skipped:
        yield Line("skipped", equal=skipped)


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Equal lines that follow each other as one: a page of fewer elements is ready sooner."""
    for kind, run in groupby(lines, key=lambda line: line.kind):
        if kind == "same":
            text = "\n".join(line.legacy[2] for line in run if line.legacy is not None)
            yield Line("same", ("", "", text), ("", "", text))
        else:
            yield from run
