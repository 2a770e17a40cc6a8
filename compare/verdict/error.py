"""The error layer: how a request failed, by HTTP answer and SQLSTATE, and what was logged about it.

The driver's own class of an exception is information: it has to differ.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from compare.subjects.moments import ImplicitLoad, Logged, Raised
from compare.verdict import document
from compare.verdict.difference import Difference, shown
from compare.verdict.response import compare_bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.findings import Severity
    from compare.subjects.moments import Trace
    from compare.verdict.answer import Answer
    from compare.verdict.evidence import Evidence, Pair

REFUSED = 400  # the first status that is an error
NOTHING = "(nothing)"
UNAWAITED = re.compile(r"coroutine '?(?P<name>[\w.<>]+)'? was never awaited")
COLLECTED = re.compile(r"garbage collector|non-checked-in connection|unclosed connection", re.IGNORECASE)
GREENLET = "MissingGreenlet"
VALIDATION = ("type", "msg", "input", "ctx")
SERIOUS = frozenset({"ERROR", "CRITICAL"})
# What uvicorn and asyncio log about an exception that is told as such already.
ECHOES = re.compile(r"exception in asgi application|task exception was never retrieved", re.IGNORECASE)


def compare_errors(pair: Pair) -> Iterator[Difference]:
    """Every difference in how the two sides failed."""
    yield from status(pair)
    yield from words(pair)
    ours, theirs = pair.legacy.trace, pair.async_.trace
    if ours is None or theirs is None:
        return
    yield from unawaited(ours, theirs)
    yield from collected(ours, theirs)
    yield from implicit(ours, theirs)
    yield from sqlstates(ours, theirs)
    yield from exceptions(ours, theirs)
    yield from logs(ours, theirs)


def status(pair: Pair) -> Iterator[Difference]:
    """ERR001: one side refuses or fails, and the other does so with another status, or not at all."""
    legacy, async_ = pair.legacy.answer, pair.async_.answer
    if legacy.status is None or async_.status is None or legacy.status == async_.status:
        return
    if max(legacy.status, async_.status) < REFUSED:
        return
    told = [_reason(evidence) for evidence in (pair.legacy, pair.async_)]
    note = "; ".join(f"{side}: {words}" for side, words in zip(("legacy", "async"), told, strict=True) if words)
    cause = f"{legacy.status} {async_.status} {'; '.join(_kind(evidence) for evidence in (pair.legacy, pair.async_))}"
    yield Difference("ERR001", "status", str(legacy.status), str(async_.status), note, cause=cause)


def words(pair: Pair) -> Iterator[Difference]:
    """ERR002 and ERR003: the same error status with another body."""
    legacy, async_ = pair.legacy.answer, pair.async_.answer
    if legacy.status is None or legacy.status != async_.status or legacy.status < REFUSED:
        return
    entries = _validation(legacy), _validation(async_)
    if entries[0] is not None and entries[1] is not None:
        yield from _fields(pair, entries[0], entries[1])
        return
    for difference in compare_bodies(legacy, async_, pair.matching):
        yield difference.named("ERR003")


def _validation(answer: Answer) -> dict[str, document.Object] | None:
    """The entries of a FastAPI validation error by the place they speak of; None for any other body."""
    parsed = answer.json
    detail = dict(parsed.items).get("detail") if isinstance(parsed, document.Object) else None
    if not isinstance(detail, list) or not detail:
        return None
    found: dict[str, document.Object] = {}
    for entry in detail:
        place = dict(entry.items).get("loc") if isinstance(entry, document.Object) else None
        if not isinstance(place, list):
            return None
        name = ".".join(document.written(part).strip('"') for part in place)
        found[f"{name} ({len([one for one in found if one.startswith(name)]) + 1})" if name in found else name] = entry
    return found


def _fields(pair: Pair, legacy: dict[str, document.Object], async_: dict[str, document.Object]) -> Iterator[Difference]:
    """Validation errors field by field, whatever their order."""
    for name in [*legacy, *(name for name in async_ if name not in legacy)]:
        mine, other = legacy.get(name), async_.get(name)
        where = f"/detail {name}"
        if mine is None or other is None:
            told = [NOTHING if entry is None else shown(document.written(entry)) for entry in (mine, other)]
            yield Difference("ERR002", where, told[0], told[1], "refused on one side only", cause=name)
            continue
        for difference in document.compare_documents(mine, other, pair.matching, where):
            yield difference.named("ERR002", cause=name)


def unawaited(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR006: a coroutine that nobody awaited."""
    for name in _fresh(_unawaited(legacy), _unawaited(async_)):
        yield Difference("ERR006", name, "awaited, or sync", "never awaited", label="T02", cause=name)
    for name in _fresh(_unawaited(async_), _unawaited(legacy)):
        yield Difference("ERR006", name, "never awaited", "awaited", level="hazard", cause=name)


def _unawaited(trace: Trace) -> list[str]:
    return [match["name"] for entry in trace.of(Logged) if (match := UNAWAITED.search(entry.message))]


def collected(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR007: a connection that the garbage collector found."""
    ours, theirs = (
        [entry for entry in trace.of(Logged) if COLLECTED.search(entry.message)] for trace in (legacy, async_)
    )
    if not ours and not theirs:
        return
    told = [shown(entries[0].message.splitlines()[0]) if entries else NOTHING for entries in (ours, theirs)]
    level: Severity = "hazard" if ours else "difference"
    yield Difference("ERR007", "connection", told[0], told[1], level=level, cause="collected")


def implicit(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR010: an attribute that had to be loaded where nothing can wait."""
    refused = [load.name for load in async_.of(ImplicitLoad) if load.refused]
    raised = [error for error in async_.of(Raised) if any(GREENLET in name for name in error.chain)]
    if not refused and not raised:
        return
    already = [load.name for load in legacy.of(ImplicitLoad) if load.refused]
    name = next((name for name in refused if name not in already), "")
    place = next((error.place for error in raised if error.place), "")
    if not name and not raised:
        return
    loads = [load for load in legacy.of(ImplicitLoad) if load.name == name]
    ours = "loaded when it is read" if loads else "no error"
    yield Difference("ERR010", name or place or "an attribute", ours, GREENLET, place, cause=name or place)


def sqlstates(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR004 and ERR011: what PostgreSQL refused, by SQLSTATE. A failure without one is the driver's own.

    Where a side does not use SQLAlchemy, that nothing was seen to be refused says nothing.
    """
    if not (legacy.sqlalchemy and async_.sqlalchemy):
        return
    ours, theirs = (Counter(s.sqlstate for s in trace.statements if s.error) for trace in (legacy, async_))
    for state in sorted(filter(None, {*(ours - theirs), *(theirs - ours)})):
        mine, other = (_refused(trace, state) for trace in (legacy, async_))
        yield Difference("ERR004", "SQLSTATE", mine, other, cause=state)
    common = set(ours) & set(theirs)
    classes = [
        sorted({s.error for s in trace.statements if s.error and s.sqlstate in common}) for trace in (legacy, async_)
    ]
    if classes[0] != classes[1]:
        yield Difference("ERR011", "exception", ", ".join(classes[0]), ", ".join(classes[1]))


def _refused(trace: Trace, state: str) -> str:
    found = [s for s in trace.statements if s.error and s.sqlstate == state]
    return f"{state}: {shown(found[0].sql)}" if found else NOTHING


def exceptions(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR005: an exception that nothing handled, on one side only."""
    ours, theirs = ([error for error in trace.of(Raised) if error.where == "app"] for trace in (legacy, async_))
    if bool(ours) == bool(theirs):
        return
    told = [_told(errors[0]) if errors else NOTHING for errors in (ours, theirs)]
    error = (ours or theirs)[0]
    level: Severity = "hazard" if ours else "difference"
    yield Difference(
        "ERR005", "exception", told[0], told[1], error.place, level=level, cause=f"{error.chain[:1]}{error.place}"
    )


def _told(error: Raised) -> str:
    return f"{error.chain[0]}: {shown(error.message)}"


def logs(legacy: Trace, async_: Trace) -> Iterator[Difference]:
    """ERR008 and ERR009: what one side logged and the other did not, whatever the logger: packages may be renamed."""
    for code, serious in (("ERR008", True), ("ERR009", False)):
        lines = [list(_lines(trace, serious=serious)) for trace in (legacy, async_)]
        loggers = {text: logger for side in lines for logger, text in side}
        ours, theirs = (Counter(text for _, text in side) for side in lines)
        for text in theirs - ours:
            yield Difference(code, f"log {loggers[text]}", NOTHING, shown(text), cause=text)
        for text in ours - theirs:
            yield Difference(code, f"log {loggers[text]}", shown(text), NOTHING, level="hazard", cause=text)


def _lines(trace: Trace, *, serious: bool) -> Iterator[tuple[str, str]]:
    """Logger and text of each record, but for what other checks speak of. The template, so that no value counts."""
    for entry in trace.of(Logged):
        if (entry.level in SERIOUS) is not serious or UNAWAITED.search(entry.message):
            continue
        if not COLLECTED.search(entry.message) and not ECHOES.search(entry.message):
            yield entry.logger, (entry.template or entry.message).splitlines()[0]


def _fresh(known: Iterable[str], found: Iterable[str]) -> list[str]:
    """What is found and not known, once, in order."""
    return [name for name in dict.fromkeys(found) if name not in set(known)]


def _reason(evidence: Evidence) -> str:
    """Why the side answered so, as far as the probe saw it."""
    trace = evidence.trace
    if trace is None:
        return ""
    if errors := trace.of(Raised):
        return f"{_told(errors[0])}{f' at {errors[0].place}' if errors[0].place else ''}"
    failed = [s for s in trace.statements if s.error]
    return f"{failed[-1].error} {failed[-1].sqlstate}".strip() if failed else ""


def _kind(evidence: Evidence) -> str:
    """What kind of reason it is: class and place without the values."""
    trace = evidence.trace
    if trace is None:
        return ""
    if errors := trace.of(Raised):
        return f"{errors[0].chain[-1:]} {errors[0].place}"
    return next((s.sqlstate for s in reversed(trace.statements) if s.error), "")
