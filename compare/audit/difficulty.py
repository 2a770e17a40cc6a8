"""Which routes are easy to move and which are not: the places that each of them leads to."""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.audit.rules.answers import routes
from compare.audit.traps import TRAPS

if TYPE_CHECKING:
    from pathlib import Path

    from compare.audit.audited import Audit
    from compare.audit.site import Site
    from compare.source import Program


@dataclass(frozen=True)
class Route:
    """A route, and what has to change for it.

    Attributes:
        name: Its method and path, as far as they are written where it is declared: `GET /items/{sku}`.
        function: Its function, within its module.
        path: The file.
        line: Where the function begins.
        by_hand: Places on its way that no step sees to.
        by_kit: Places that one does.
    """

    name: str
    function: str
    path: Path
    line: int
    by_hand: int
    by_kit: int


def by_difficulty(audit: Audit) -> list[Route]:
    """Return the routes, the easiest first: by the places for a hand, then by all."""
    placed = _placed(audit)
    found = []
    for function, decorator in routes(audit.program):
        sites = {
            (one.path, one.line, one.code): one
            for unit in _reached(audit.program, function.id)
            for one in placed.get(unit, ())
        }
        kit = sum(1 for one in sites.values() if TRAPS[one.code].by_kit)
        found.append(
            Route(
                _named(decorator),
                function.qualname,
                function.module.path,
                function.node.lineno,
                len(sites) - kit,
                kit,
            )
        )
    return sorted(found, key=lambda one: (one.by_hand, one.by_kit, one.path, one.line))


def _placed(audit: Audit) -> dict[str, list[Site]]:
    """The places in each function: in the innermost one that holds the line."""
    spans = defaultdict(list)
    for function in audit.program.functions.values():
        node = function.node
        spans[function.module.path].append((node.lineno, node.end_lineno or node.lineno, function.id))
    found = defaultdict(list)
    for one in audit.sites:
        holding = [(end - start, name) for start, end, name in spans[one.path] if start <= one.line <= end]
        if holding:
            found[min(holding)[1]].append(one)
    return found


def _reached(program: Program, unit: str) -> set[str]:
    """A function, and all that it leads to: by calls, dependencies, threads and background tasks."""
    found, queue = {unit}, deque([unit])
    while queue:
        for call in program.calls_from.get(queue.popleft(), ()):
            if call.target in program.functions and call.target not in found:
                found.add(call.target)
                queue.append(call.target)
    return found


def _named(decorator: ast.Call) -> str:
    method = decorator.func.attr if isinstance(decorator.func, ast.Attribute) else ""
    first = decorator.args[0] if decorator.args else None
    path = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return f"{method.upper()} {path}".strip()
