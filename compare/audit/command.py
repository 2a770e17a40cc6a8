"""`compare audit`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from compare.audit.audited import Audit, audited
from compare.audit.difficulty import by_difficulty
from compare.audit.report import report
from compare.audit.sarif import as_sarif
from compare.audit.traps import TRAPS
from compare.errors import UsageError
from compare.trace.model import TRACE, load

if TYPE_CHECKING:
    from pathlib import Path


def audit(
    path: Path, *, form: str, select: list[str] | None, ignore: list[str] | None, trace: Path | None = None
) -> int:
    """Audit a program, print what was found, and return what to exit with: 0 for nothing, 1 for something.

    Args:
        path: A folder, or a file.
        form: `json`, `sarif`, or empty for a person to read.
        select: Only these codes.
        ignore: Not these.
        trace: What a run of it showed; `.compare/trace.json` in the folder, where there is one, unless it is given.

    Raises:
        UsageError: There is no such path, nothing in it is Python, a code is none, or the trace cannot be read.
    """
    for code in (*(select or ()), *(ignore or ())):
        if code not in TRAPS:
            raise UsageError(f"There is no code {code}. The codes are {', '.join(sorted(TRAPS))}.")
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.")
    kept = trace or path / TRACE
    shown = load(kept) if trace or kept.is_file() else None
    found = audited(path, trace=shown)
    if not found.program.modules and not found.broken:
        raise UsageError(f"There is no Python in {path}.")
    sites = tuple(one for one in found.sites if (not select or one.code in select) and one.code not in (ignore or ()))
    found = Audit(found.program, sites, found.broken)
    told = {"json": _as_json, "sarif": as_sarif}.get(form)
    typer.echo(json.dumps(told(found), indent=1) if told else report(found), nl=told is not None)
    return 1 if sites else 0


def _as_json(found: Audit) -> dict[str, object]:
    return {
        "sites": [
            {
                "code": one.code,
                "path": str(one.path),
                "line": one.span.line,
                "column": one.span.column + 1,
                "end_line": one.span.end_line,
                "end_column": one.span.end_column + 1,
                "message": one.message,
                "help": one.help,
                "step": TRAPS[one.code].step,
                "by_kit": TRAPS[one.code].by_kit,
            }
            for one in found.sites
        ],
        "routes": [
            {
                "name": one.name,
                "function": one.function,
                "path": str(one.path),
                "line": one.line,
                "by_hand": one.by_hand,
                "by_kit": one.by_kit,
            }
            for one in by_difficulty(found)
        ],
        "broken": [{"path": str(one.path), "line": one.line, "message": one.message} for one in found.broken],
    }
