"""A trace, for a person to read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.trace.model import Load, Place, Trace


def report(trace: Trace) -> str:
    """Return what a run showed, the gravest first."""
    lines = [
        *_loads(trace),
        *_refused(trace),
        *_on_loop(trace),
        *_left_open(trace),
        *_late(trace),
        *_functions(trace),
        *_dialects(trace),
        *_uncalled(trace),
        *_unseen(trace),
    ]
    return "\n".join(lines) + "\n"


def _loads(trace: Trace) -> Iterator[str]:
    grave = [one for one in trace.loads if not one.inside]
    grouped: dict[tuple[str, str, str], list[Load]] = defaultdict(list)
    for one in grave:
        grouped[one.kind, one.owner, one.name].append(one)
    inside = len(trace.loads) - len(grave)
    yield f"Implicit loads: {len(grave)} places, {inside} more inside calls that are awaited (no trouble)."
    for (kind, owner, name), loads in sorted(grouped.items()):
        yield f"\n  {kind:11} {owner}.{name}  ×{sum(one.count for one in loads)}"
        for one in loads:
            where = _at(one.at) if one.at else f"no line of the project, for {one.route or 'an unknown route'}"
            cause = f", expired by a {one.cause}" if one.cause else ""
            during = f", while the {one.during} is made" if one.during else ""
            came = f"came by {_at(one.root)}" if one.root else "was made in this session"
            way = f" along {' → '.join(_short(each) for each in one.path)}" if one.path else ""
            yield f"    {where}{during}{cause}: the object {came}{way}"


def _short(attribute: str) -> str:
    return ".".join(attribute.split(".")[-2:])


def _at(place: Place | None) -> str:
    return f"{place.file}:{place.line} ({place.function})" if place else "?"


def _refused(trace: Trace) -> Iterator[str]:
    yield f"\nStatements and values that the strict driver does not take as they are: {len(trace.refused)}."
    for one in sorted(trace.refused, key=lambda one: (one.at.file, one.at.line) if one.at else ("", 0)):
        what = f"`{one.parameter}`, which is {one.type}" if one.parameter else "the statement"
        where = _at(one.at) if one.at else "no line of the project"
        yield f"    {where}: {what}: {one.reason}  ×{one.count}"
        yield f"        {_one_line(one.sql)}"


def _one_line(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 110 else f"{text[:109]}…"  # noqa: PLR2004 - a line of a terminal


def _left_open(trace: Trace) -> Iterator[str]:
    if not trace.left_open:
        return
    yield f"\nConnections that were not given back: {len(trace.left_open)} places."
    for one in trace.left_open:
        how = "the garbage collector gave it back" if one.how == "collected" else "it was open when the process ended"
        yield f"    taken at {_at(one.at)}: {how}  ×{one.count}"


def _late(trace: Trace) -> Iterator[str]:
    if not trace.late:
        return
    yield f"\nCommits after the answer had begun: {len(trace.late)} places."
    for one in trace.late:
        yield f"    {_at(one.at)}, for {one.route or 'an unknown route'}  ×{one.count}"


def _on_loop(trace: Trace) -> Iterator[str]:
    yield f"\nSync SQL on the event loop: {len(trace.on_loop)} places."
    for one in trace.on_loop:
        yield f"    {_at(one.at)}  ×{one.count}"


def _functions(trace: Trace) -> Iterator[str]:
    yield f"\nFunctions that wait for the database, and become async: {len(trace.functions)}."


def _dialects(trace: Trace) -> Iterator[str]:
    if "sqlite" in trace.dialects:
        yield "\nThe suite runs on SQLite: it cannot see what the strict driver refuses. Run it on PostgreSQL as well."


def _uncalled(trace: Trace) -> Iterator[str]:
    missed = [one for one in trace.routes if not one.called]
    if missed:
        yield f"\nRoutes that no request came to: {len(missed)} of {len(trace.routes)}."
        for one in missed:
            yield f"    {one.method} {one.path} ({one.endpoint})"


def _unseen(trace: Trace) -> Iterator[str]:
    missed = {file: one.missed for file, one in trace.lines.items() if one.missed}
    count, ran = sum(len(one) for one in missed.values()), sum(len(one.ran) for one in trace.lines.values())
    yield f"\nThis holds for the lines that ran: {ran} did, {count} did not."
    for file, lines in sorted(missed.items()):
        yield f"    {file}: {_ranges(sorted(lines))}"


def _ranges(lines: list[int]) -> str:
    found: list[list[int]] = []
    for line in lines:
        if found and line - found[-1][1] <= 2:  # noqa: PLR2004 - a blank line or a comment between two
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in found)
