"""Running a command with the recorder inside, and gathering what its processes wrote."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError
from compare.trace.model import Trace, from_json, merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INJECT = Path(__file__).resolve().parent.parent / "probe" / "inject"


def traced(
    command: Sequence[str], root: Path, environment: Mapping[str, str] = os.environ, *, quiet: bool = False
) -> tuple[int, Trace]:
    """Run a command in a project's folder, and return what it exits with and what was seen.

    Args:
        command: Program and arguments; whatever Python it starts is watched.
        root: The project's folder.
        environment: What the command finds in its environment; this process's own, unless it is given.
        quiet: Whether what it prints is dropped.

    Raises:
        CouldNotRunError: The command cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="compare-trace-") as folder:
        path = environment.get("PYTHONPATH")
        watched = {
            **environment,
            "COMPARE_TRACE": json.dumps({"root": str(root.absolute()), "out": folder}),
            "PYTHONPATH": os.pathsep.join([str(INJECT), *([path] if path else [])]),
        }
        try:
            printed = subprocess.DEVNULL if quiet else None
            ran = subprocess.run(  # noqa: S603 - the user's own command
                command, cwd=root, env=watched, stdout=printed, stderr=printed, check=False
            )
        except OSError as error:
            raise CouldNotRunError(f"{command[0]!r} cannot be started: {error.strerror}.") from None
        return ran.returncode, merged(_written(Path(folder)))


def _written(folder: Path) -> list[Trace]:
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(from_json(json.loads(path.read_text(encoding="utf-8"))))
        except ValueError:
            continue  # a process that was killed while it wrote
    return found
