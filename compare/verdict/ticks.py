"""The marks on a side's time line, for the report."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from compare.findings import Tick
from compare.subjects.moments import (
    Answering,
    Blocked,
    Boundary,
    ImplicitLoad,
    Logged,
    Outbound,
    Pooled,
    Raised,
    Statement,
    Unfinished,
    Worked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.subjects.moments import Moment, Trace

CHARACTERS = 120  # of a mark's text
MOST = 400  # marks of one request


def ticks(trace: Trace) -> tuple[Tick, ...]:
    """What happened on a side, as marks in the order of time; the first 400 of them. A transaction lasts to its end."""
    ends = _ends(trace)
    return tuple(
        dataclasses.replace(MARKS[type(moment)](moment), until=ends[place])
        if place in ends
        else MARKS[type(moment)](moment)
        for place, moment in enumerate(trace.moments[:MOST])
        if type(moment) in MARKS
    )


def _ends(trace: Trace) -> dict[int, float]:
    """When each transaction ended, by the place of its beginning."""
    found: dict[int, float] = {}
    begun: dict[int, int] = {}  # by connection
    for place, moment in enumerate(trace.moments):
        if isinstance(moment, Boundary) and moment.kind == "begin":
            begun[moment.connection] = place
        elif isinstance(moment, Boundary) and moment.kind in {"commit", "rollback"} and moment.connection in begun:
            found[begun.pop(moment.connection)] = moment.at
    return found


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= CHARACTERS else f"{plain[: CHARACTERS - 1]}…"


def _answering(moment: Answering) -> Tick:
    return Tick(moment.at, "answer", f"answers {moment.status}" if moment.kind == "start" else "answered")


def _statement(moment: Statement) -> Tick:
    text = f"{moment.sqlstate} {moment.sql}".strip() if moment.error else moment.sql
    bad = bool(moment.error) or moment.sync_on_loop
    return Tick(moment.at, "statement", _short(text), moment.at + moment.seconds, bad=bad)


def _boundary(moment: Boundary) -> Tick:
    words = f"{moment.kind.replace('_', ' ')} {moment.name or moment.isolation.lower()}".strip()
    return Tick(moment.at, "transaction", _short(words), bad=moment.kind in {"rollback", "rollback_to"})


def _pooled(moment: Pooled) -> Tick:
    text = f"{moment.kind} {moment.connection}{f': {moment.reason}' if moment.reason else ''}"
    return Tick(moment.at, "connection", _short(text), bad=moment.kind in {"invalidate", "held"})


def _load(moment: ImplicitLoad) -> Tick:
    return Tick(moment.at, "statement", _short(f"implicit load of {moment.name}"), bad=True)


def _logged(moment: Logged) -> Tick:
    return Tick(moment.at, "log", _short(f"{moment.level} {moment.message}"), bad=moment.level in {"ERROR", "CRITICAL"})


def _raised(moment: Raised) -> Tick:
    return Tick(
        moment.at, "log", _short(f"{moment.chain[0] if moment.chain else 'raised'}: {moment.message}"), bad=True
    )


def _blocked(moment: Blocked) -> Tick:
    text = f"blocked {moment.seconds * 1000:.0f} ms {moment.place}"
    return Tick(moment.at, "loop", _short(text), moment.at + moment.seconds, bad=True)


def _outbound(moment: Outbound) -> Tick:
    return Tick(moment.at, "log", _short(f"connects to {moment.target}"), bad=not moment.allowed)


def _worked(moment: Worked) -> Tick:
    return Tick(moment.at, "loop", _short(f"in a thread: {moment.name or moment.kind}"))


def _unfinished(moment: Unfinished) -> Tick:
    return Tick(moment.at, "loop", _short(f"still running: {', '.join(moment.tasks) or 'work'}"), bad=True)


MARKS: dict[type[Moment], Callable[..., Tick]] = {
    Answering: _answering,
    Statement: _statement,
    Boundary: _boundary,
    Pooled: _pooled,
    ImplicitLoad: _load,
    Logged: _logged,
    Raised: _raised,
    Blocked: _blocked,
    Outbound: _outbound,
    Worked: _worked,
    Unfinished: _unfinished,
}
