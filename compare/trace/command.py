"""`compare trace`: run the team's tests, or its app, and write down what only a run can show."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from compare.errors import CouldNotRunError, UsageError
from compare.trace.model import TRACE, load, merged, save
from compare.trace.report import report
from compare.trace.run import traced


def trace(command: list[str], out: Path | None, *, merge: bool) -> int:
    """Run a command, write what was seen, show it, and return what to exit with: what the command did.

    Raises:
        UsageError: There is no command.
        CouldNotRunError: Nothing was seen: the command ran no Python that this could look into.
    """
    if not command:
        raise UsageError("Name what is to be run: compare trace -- pytest -q")
    path = out or TRACE
    status, found = traced(command, Path.cwd())
    if not found.lines and not found.functions:
        raise CouldNotRunError(
            f"{command[0]!r} ran (exit {status}), and nothing was seen of it: it started no Python, or one with -I "
            "or -S, which reads no PYTHONPATH."
        )
    if merge and path.is_file():
        found = merged((load(path), found))
    save(found, path)
    typer.echo(report(found), nl=False)
    typer.echo(f"\nWritten: {path}")
    return status


def show(path: Path | None, *, as_json: bool) -> None:
    """Print a trace that was written."""
    found = load(path or TRACE)
    if as_json:
        told = asdict(found)
        told["lines"] = {
            file: {"ran": sorted(one.ran), "missed": sorted(one.missed)} for file, one in found.lines.items()
        }
        typer.echo(json.dumps(told, indent=1))
    else:
        typer.echo(report(found), nl=False)
