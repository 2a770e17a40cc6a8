"""Where in the project something happened: the project's own frames on the stack."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import CodeType, FrameType

root = ""  # of the project, with a slash at its end

_FOREIGN = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", f"{os.sep}lib{os.sep}python")
# By the identity of a code object, which is kept: two equal functions in two files are equal to Python.
_own: dict[int, str] = {}
_kept: list[CodeType] = []
_spans: dict[tuple[int, int], tuple[int, int, int, int]] = {}


class Frame(NamedTuple):
    """A frame of the project: its code, and the instruction that it was at."""

    code: CodeType
    at: int
    foreign: bool  # whether other people's code stands between it and the next inner frame of the project


def path_of(code: CodeType) -> str:
    """Return a code's file relative to the project; empty if it is not the project's."""
    found = _own.get(id(code))
    if found is None:
        _kept.append(code)
        found = _own[id(code)] = relative(code.co_filename)
    return found


def relative(path: str) -> str:
    """Return a file's path relative to the project; empty if it is not the project's."""
    if path.startswith("<"):
        return ""  # made in memory, by whoever: it has no file
    path = os.path.realpath(path)
    inside = path.startswith(root) and not any(part in path[len(root) - 1 :] for part in _FOREIGN)
    return path[len(root) :] if inside else ""


def stack(frame: FrameType | None, until: CodeType | None = None) -> list[Frame]:
    """Return the project's frames from here outwards, innermost first; those outside of some code are left out."""
    found: list[Frame] = []
    foreign = False
    while frame is not None:
        code = frame.f_code
        if code is until:
            break
        own = _own.get(id(code))
        if own is None:
            own = path_of(code)
        if own:
            found.append(Frame(code, frame.f_lasti, foreign))
            foreign = False
        else:
            foreign = True
        frame = frame.f_back
    return found


def signature(frame: FrameType | None) -> tuple[int, ...]:
    """Return what tells one stack of the project's frames from another; as cheap as it can be had."""
    found: list[int] = []
    while frame is not None:
        code = frame.f_code
        own = _own.get(id(code))
        if own is None:
            own = path_of(code)
        if own:
            found += (id(code), frame.f_lasti)
        frame = frame.f_back
    return tuple(found)


def innermost(frame: FrameType | None) -> Frame | None:
    """Return the project's own frame that is nearest to here."""
    while frame is not None:
        code = frame.f_code
        own = _own.get(id(code))
        if own is None:
            own = path_of(code)
        if own:
            return Frame(code, frame.f_lasti, False)  # noqa: FBT003 - nothing of the project is further in
        frame = frame.f_back
    return None


def span(frame: Frame) -> tuple[int, int, int, int]:
    """Return where a frame was: line, column, end line, end column; columns in bytes, 0 where Python does not tell."""
    key = (id(frame.code), frame.at)
    found = _spans.get(key)
    if found is None:
        found = _spans[key] = _span(frame.code, frame.at)
    return found


def _span(code: CodeType, at: int) -> tuple[int, int, int, int]:
    if sys.version_info >= (3, 11):
        for place, (line, end_line, column, end_column) in enumerate(code.co_positions()):
            if place == at // 2:
                return (line or 0, column or 0, end_line or 0, end_column or 0)
    line = code.co_firstlineno
    for start, end, here in code.co_lines():
        if start <= at < end and here:
            line = here
    return (line, 0, 0, 0)


def named(code: CodeType) -> str:
    """Return a function's name within its module, without `<locals>`."""
    whole = getattr(code, "co_qualname", code.co_name)
    return str(whole).replace(".<locals>", "")


def told(frame: Frame) -> dict[str, Any]:
    """Return a frame as it is written down."""
    line, column, end_line, end_column = span(frame)
    return {
        "file": path_of(frame.code),
        "function": named(frame.code),
        "first_line": frame.code.co_firstlineno,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def test() -> str:
    """Return the test that runs; empty outside of pytest."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
