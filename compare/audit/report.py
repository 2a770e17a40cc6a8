"""An audit, for a person to read: in the manner of ruff."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from compare.audit.difficulty import by_difficulty
from compare.audit.traps import TRAPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.audit.audited import Audit
    from compare.audit.site import Site

ROUTES = 20  # are shown


def report(audit: Audit) -> str:
    """Return every site with its line and a caret, then a summary."""
    lines = {module.path: module.lines for module in audit.program.modules.values()}
    parts = [_shown(one, lines[one.path]) for one in audit.sites]
    return "\n".join([*parts, *_summary(audit)]) + "\n"


def _shown(one: Site, lines: list[str]) -> str:
    text = lines[one.span.line - 1].rstrip() if one.span.line <= len(lines) else ""
    width = max(1, one.span.end_column - one.span.column)
    number = str(one.span.line)
    gap = " " * len(number)
    found = [
        f"{one.code} {one.message}",
        f"{gap}--> {one.path}:{one.span.line}:{one.span.column + 1}",
        f"{gap} |",
        f"{number} | {text}",
        f"{gap} | {' ' * one.span.column}{'^' * width}",
    ]
    if one.help:
        found.append(f"{gap} = help: {one.help}")
    return "\n".join([*found, ""])


def _summary(audit: Audit) -> Iterator[str]:
    for one in audit.broken:
        yield f"{one.path}:{one.line}: could not be read as Python 3: {one.message}"
    if not audit.sites:
        yield "Nothing found."
        return
    by_code = Counter(one.code for one in audit.sites)
    by_step = Counter(TRAPS[one.code].step for one in audit.sites)
    kit = sum(1 for one in audit.sites if TRAPS[one.code].by_kit)
    files = len({one.path for one in audit.sites})
    yield f"{len(audit.sites)} places in {files} files; the steps see to {kit} of them by themselves."
    for code, count in sorted(by_code.items()):
        yield f"  {count:4}  {code}  {TRAPS[code].title}"
    yield from _routes(audit)
    yield "By step: " + ", ".join(f"{step}: {count}" for step, count in sorted(by_step.items()))


def _routes(audit: Audit) -> Iterator[str]:
    found = by_difficulty(audit)
    rest = [one for one in found if one.by_hand or one.by_kit]
    if not found:
        return
    yield f"{len(found)} routes, of which {len(found) - len(rest)} lead to none of these places."
    if rest:
        yield "The others, the easiest first: places for a hand, and places that the steps see to."
    for one in rest[:ROUTES]:
        yield f"  {one.by_hand:4} {one.by_kit:4}  {one.name}  {one.function}, {one.path}:{one.line}"
    if len(rest) > ROUTES:
        yield f"  … and {len(rest) - ROUTES} more: --json has all of them."
