"""Another Python interpreter: the environment in which it feels at home, and the commands that belong to it."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from compare.errors import UsageError

PYTHON = re.compile(r"python(3(\.\d+)?)?")


def interpreter_environment(python: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment made fit for the interpreter `python`, with `env` on top.

    The programs installed beside the interpreter (alembic, flask) are found first; a command that stands for one
    (`uv run python`) finds its own. What belongs to compare's own virtual environment is left out where the
    interpreter is another one.
    """
    environment: dict[str, str] = dict(os.environ)
    if os.path.abspath(python[0]) != os.path.abspath(sys.executable):  # noqa: PTH100 - resolving links would blur virtual environments
        for name in ("VIRTUAL_ENV", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
            environment.pop(name, None)
    if len(python) == 1:
        beside = os.path.dirname(os.path.abspath(python[0]))  # noqa: PTH100, PTH120 - as above
        environment["PATH"] = os.pathsep.join((beside, environment.get("PATH", os.defpath)))
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(env)
    return environment


def words(command: str, what: str) -> list[str]:
    """A command as typed at a prompt, taken apart without a shell.

    Args:
        command: The text.
        what: What it is called in a message: "set-up command".

    Raises:
        UsageError: Its quotes do not match, or it is empty.
    """
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"The {what} {command!r} cannot be read: {error}.") from None
    if not found:
        raise UsageError(f"A {what} is empty; leave it out.")
    return found


def located(command: Sequence[str], python: Sequence[str], directory: Path, path: str) -> list[str] | None:
    """The command with its program found; None where there is no such program.

    `python` and `python3` are the interpreter. A program with a / is looked for from `directory`, any other on `path`.
    Where a command such as `uv run python` stands for the interpreter, other programs are run by it too:
    `uv run alembic`.
    """
    program, *rest = command
    if program in {"python", "python3"}:
        return [*python, *rest]
    if os.sep in program:
        found = shutil.which(os.path.normpath(directory / program), path=path)
    elif len(python) > 1 and PYTHON.fullmatch(python[-1]):
        return [*python[:-1], *command]
    else:
        found = shutil.which(program, path=path)
    return None if found is None else [found, *rest]
