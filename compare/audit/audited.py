"""All rules over one program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.audit.rules import answers, asynchronous, drivers, edges, limits, loading, queries
from compare.audit.seen import seen
from compare.audit.site import Site
from compare.source import Broken, Program, read

if TYPE_CHECKING:
    from pathlib import Path

    from compare.trace.model import Trace

Rule = Callable[[Program], Iterator[Site]]
RULES: tuple[Rule, ...] = (
    *queries.RULES,
    *loading.RULES,
    *answers.RULES,
    *drivers.RULES,
    *asynchronous.RULES,
    *edges.RULES,
    *limits.RULES,
)


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found.

    Attributes:
        program: As it was read.
        sites: By file and line; each once.
        broken: Files that could not be read as Python.
    """

    program: Program
    sites: tuple[Site, ...]
    broken: tuple[Broken, ...]


def audited(path: Path, paths: Iterable[str] = (), trace: Trace | None = None) -> Audit:
    """Read a program, and find what must change in it.

    Args:
        path: Its folder, or one file.
        paths: What of the folder belongs to it; all, unless it is given.
        trace: What a run of it showed: its places are told too, where the source alone does not show them.
    """
    program = read(path, tuple(paths))
    found = sites_of(program, trace)
    texts = {module.path: module.lines for module in program.modules.values()}
    kept = [one for one in found if not _is_hushed(one, texts[one.path])]
    sites = sorted(kept, key=lambda one: (one.path, one.span, one.code))
    return Audit(program, tuple(sites), program.broken)


def sites_of(program: Program, trace: Trace | None = None) -> list[Site]:
    """Return what the rules find in a program, and what a trace showed beside that; each once."""
    found = {(one.code, one.path, one.line, one.message): one for rule in RULES for one in rule(program)}
    known = {(one.code, one.path, one.line) for one in found.values()}
    for one in seen(program, trace) if trace is not None else ():
        if (one.code, one.path, one.line) not in known:
            found[one.code, one.path, one.line, one.message] = one
    return list(found.values())


_HUSH = re.compile(r"#\s*compare:\s*ignore(?:\[([\w\s,]*)\])?")


def _is_hushed(one: Site, lines: Sequence[str]) -> bool:
    """Whether its line says `# compare: ignore`, or `# compare: ignore[T41, T54]` with its code among them."""
    said = _HUSH.search(lines[one.line - 1]) if one.line <= len(lines) else None
    return said is not None and (said[1] is None or one.code in {each.strip() for each in said[1].split(",")})
