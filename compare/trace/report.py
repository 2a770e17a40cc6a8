"""A trace, for a person to read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.trace.model import Load, Place, Trace


def report(trace: Trace) -> str:
    """Return what a run showed, the gravest first."""
    lines = [*_loads(trace), *_on_loop(trace), *_functions(trace), *_dialects(trace), *_unseen(trace)]
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


def _on_loop(trace: Trace) -> Iterator[str]:
    yield f"\nSync SQL on the event loop: {len(trace.on_loop)} places."
    for one in trace.on_loop:
        yield f"    {_at(one.at)}  ×{one.count}"


def _functions(trace: Trace) -> Iterator[str]:
    yield f"\nFunctions that wait for the database, and become async: {len(trace.functions)}."


def _dialects(trace: Trace) -> Iterator[str]:
    if "sqlite" in trace.dialects:
        yield "\nThe suite runs on SQLite: it cannot see what the strict driver refuses. Run it on PostgreSQL as well."


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
