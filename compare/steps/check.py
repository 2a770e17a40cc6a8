"""Running the team's own check on a branch."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from pathlib import Path

from compare.errors import UsageError
from compare.process import guarded
from compare.steps.repository import must

LAST = 40  # lines of a failed check that are shown


@dataclass(frozen=True)
class Checked:
    """How a check went.

    Attributes:
        passed: Whether it ended with 0 in time.
        seconds: How long it took.
        output: Its last lines.
    """

    passed: bool
    seconds: float
    output: str


def run_check(command: str, tree: Path, timeout: float) -> Checked:
    """Run a check in a folder; modules are imported from there, not from where they may be installed from.

    Raises:
        UsageError: The command is no command.
        CouldNotRunError: It cannot be started.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"The check {command!r} is no command: {error}.") from None
    if not words:
        raise UsageError("The check is empty. Name a command, such as `pytest -q`.")
    began = time.monotonic()
    with guarded(words, env=environment(tree), cwd=tree) as process:
        status = process.wait(timeout)
        output = process.output(1 << 16)
    lines = output.rstrip().splitlines()[-LAST:]
    if status is None:
        lines.append(f"(stopped after {timeout:.0f} s)")
    return Checked(status == 0, time.monotonic() - began, "\n".join(lines))


def environment(tree: Path) -> dict[str, str]:
    """Return the environment of a command that is run on a branch."""
    first = [str(tree), *([str(tree / "src")] if (tree / "src").is_dir() else [])]
    given = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*first, *([given] if given else [])])}


def linked(origin: Path, tree: Path, names: tuple[str, ...]) -> None:
    """Link what git ignores and the check needs, such as a virtual environment, from the project's own folder.

    The links are no part of a branch: git is told to leave them out.
    """
    excluded = Path(must(tree, "rev-parse", "--git-path", "info/exclude"))
    with (tree / excluded).open("a", encoding="utf-8") as file:
        file.writelines(f"/{must(tree, 'rev-parse', '--show-prefix')}{name}\n" for name in names)
    for name in names:
        if (origin / name).exists() and not (tree / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).symlink_to((origin / name).absolute())
