"""The commands that fill an empty template: migrations, seed rows."""

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from compare.config import Config, expand
from compare.errors import CouldNotRunError, UsageError
from compare.postgres.address import Address
from compare.process import guarded, interpreter_environment

LAST_LINES = 20


def fill(config: Config, address: Address) -> None:
    """Run the configuration's set-up commands on an empty database; `run_setup` says what is raised."""
    database, python = config.database, config.legacy.interpreter
    run_setup(database.setup, database.env, python=python, directory=config.directory, address=address)


def run_setup(
    commands: Sequence[str],
    env: Mapping[str, str],
    *,
    python: str,
    directory: Path,
    address: Address,
) -> None:
    """Run the commands one after the other in `directory`, without a shell.

    Args:
        commands: As typed at a prompt; `python` is the interpreter below, and its neighbours are first on PATH.
        env: On top of this process's environment; the values are templates, expanded for `address`.
        python: The interpreter.
        directory: The working folder.
        address: The database to fill.

    Raises:
        UsageError: A command's quotes do not match, or it is empty.
        CouldNotRunError: A command cannot be started or fails.
    """
    values = address.placeholders()
    environment = interpreter_environment(python, {name: expand(template, values) for name, template in env.items()})
    for command in commands:
        words = _words(command)
        program = python if words[0] in {"python", "python3"} else _located(words[0], directory, environment["PATH"])
        if program is None:
            raise CouldNotRunError(
                f"The set-up command {command!r} cannot be run: there is no program {words[0]!r} beside {python}, on "
                f"PATH or in {directory}. Is it installed in that environment?",
            )
        with guarded([program, *words[1:]], env=environment, cwd=directory) as process:
            status = process.wait()
            output = process.output()
        if status:
            last = "\n".join(f"  {line}" for line in output.splitlines()[-LAST_LINES:]) or "  (nothing)"
            raise CouldNotRunError(
                f"The set-up command {command!r} failed with exit status {status} in {directory}. Its last "
                f"output:\n{last}",
                details=output,
            )


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"The set-up command {command!r} cannot be read: {error}.") from None
    if not words:
        raise UsageError("A set-up command is empty; leave it out of database.setup.")
    return words


def _located(program: str, directory: Path, path: str) -> str | None:
    if os.sep in program:
        program = os.path.normpath(directory / program)
    return shutil.which(program, path=path)
