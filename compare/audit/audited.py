"""All rules over one program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.audit.rules import answers, asynchronous, drivers, edges, limits, loading, queries
from compare.audit.site import Site
from compare.source import Broken, Program, read

if TYPE_CHECKING:
    from pathlib import Path

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


def audited(path: Path, paths: Iterable[str] = ()) -> Audit:
    """Read a program, and find what must change in it.

    Args:
        path: Its folder, or one file.
        paths: What of the folder belongs to it; all, unless it is given.
    """
    program = read(path, tuple(paths))
    found = {(one.code, one.path, one.span.line, one.message): one for rule in RULES for one in rule(program)}
    sites = sorted(found.values(), key=lambda one: (one.path, one.span, one.code))
    return Audit(program, tuple(sites), program.broken)
