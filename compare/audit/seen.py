"""What a run showed, as sites: implicit loads, values that asyncpg refuses, connections left open, late commits.

A trace may be older than the files: a place is found again by its function, as far below the function's first line as
it was.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from compare.audit.site import Site
from compare.audit.traps import TRAPS
from compare.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source import Function, Module, Program
    from compare.trace.model import Load, Place, Refused, Trace

_LOADS = {"lazy": "T01", "expired": "T05", "onupdate": "T25", "polymorphic": "T27", "deferred": "T28"}
_ENDS = {"commit": "T05", "rollback": "T24"}


def seen(program: Program, trace: Trace) -> Iterator[Site]:
    """Return what a trace showed, where it is in the program as it is read now; each place once for each message."""
    placed = _Placed(program)
    for load in trace.loads:
        if not load.inside:
            yield from placed.site(load.at or load.root, _code_of(load), _loaded(load))
    for refused in trace.refused:
        yield from placed.site(refused.at, _code_of_refusal(refused), _refused(refused))
    for left in trace.left_open:
        how = "is given back by the garbage collector" if left.how == "collected" else "is never given back"
        yield from placed.site(left.at, "T29", f"the connection that is taken here {how}")
    for late in trace.late:
        route = f"`{late.route.rpartition(':')[2]}`" if late.route else "a route"
        yield from placed.site(late.at, "T37", f"commits after the answer of {route} has begun")
    for sql in trace.on_loop:
        yield from placed.site(sql.at, "T08", "sync SQL runs on the event loop here")


def _code_of(load: Load) -> str:
    if load.cause in _ENDS:
        return _ENDS[load.cause]
    return "T07" if load.kind == "lazy" and load.during == "answer" else _LOADS[load.kind]


def _loaded(load: Load) -> str:
    what = f"`{load.owner.rpartition('.')[2]}.{load.name}`"
    if load.name == "*":
        what = f"an expired `{load.owner.rpartition('.')[2]}`"
    where = "" if load.at else ", of what this query returns,"
    during = f" while the {load.during} is made" if load.during else ""
    return f"{what}{where} is loaded implicitly{during}"


def _refused(refused: Refused) -> str:
    if not refused.parameter:
        return f"asyncpg refuses the statement: {refused.reason}"
    takes = "gets another meaning" if refused.silent else "is refused"
    return f"`{refused.parameter}`, which is {refused.type} to PostgreSQL, {takes}: {refused.reason}"


def _code_of_refusal(refused: Refused) -> str:
    if refused.silent:
        return "T17" if refused.type == "timestamp with time zone" else "T14"
    if refused.parameter:
        return "T16" if "without a time zone" in refused.reason else "T14"
    if "operator does not exist" in refused.reason:
        return "T15"
    return "T19" if "could not determine data type" in refused.reason else "T20"


class _Placed:
    """Finds places of a trace in a program."""

    def __init__(self, program: Program) -> None:
        self.modules = {module.path: module for module in program.modules.values()}
        self.functions: dict[tuple[Path, str], list[Function]] = defaultdict(list)
        for function in program.functions.values():
            self.functions[function.module.path, function.qualname].append(function)

    def site(self, place: Place | None, code: str, message: str) -> Iterator[Site]:
        """Return the site of a place; nothing where the file is none of the program's."""
        module = self.modules.get(Path(place.file)) if place else None
        if place is None or module is None:
            return
        line = place.line + self._moved(module, place)
        if not 1 <= line <= len(module.lines):
            return
        text = module.lines[line - 1]
        span = Span(line, len(text) - len(text.lstrip()), line, max(len(text.rstrip()), 1))
        yield Site(code, module.path, span, message, TRAPS[code].fix)

    def _moved(self, module: Module, place: Place) -> int:
        """How many lines further down a function stands than when the trace was made."""
        found = self.functions.get((module.path, place.function), [])
        if not found:
            return 0
        firsts = [min([each.node.lineno, *(one.lineno for one in each.decorators)]) for each in found]
        return min((first - place.first_line for first in firsts), key=abs)
