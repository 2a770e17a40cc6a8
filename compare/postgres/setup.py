"""What fills an empty template: a copy of a database of the user's, and commands: migrations, seed rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from compare.config import Config, expand, secret_values
from compare.postgres.address import Address
from compare.postgres.dump import copy
from compare.process import interpreter_environment, run_commands


def fill(config: Config, address: Address) -> None:
    """Fill an empty database as the configuration says; `copy` and `run_setup` say what is raised."""
    database, python = config.database, config.legacy.interpreter
    if database.copy_from is not None:
        copy(database.copy_from, address, embedded=database.url is None)
    directory = config.directory / database.directory
    run_setup(database.setup, database.env, python=python, directory=directory, address=address)


def run_setup(
    commands: Sequence[str],
    env: Mapping[str, str],
    *,
    python: Sequence[str],
    directory: Path,
    address: Address,
) -> None:
    """Run the commands one after the other in `directory`, without a shell.

    Args:
        commands: As typed at a prompt; `python` is the interpreter below, and its neighbours are first on PATH.
        env: On top of this process's environment; the values are templates, expanded for `address`.
        python: The command that stands for the interpreter.
        directory: The working folder.
        address: The database to fill.

    Raises:
        UsageError: A command's quotes do not match, or it is empty.
        CouldNotRunError: A command cannot be started or fails.
    """
    values = address.placeholders()
    environment = interpreter_environment(python, {name: expand(template, values) for name, template in env.items()})
    secrets = secret_values(environment | {"password": address.password})
    run_commands(commands, "set-up command", python=python, directory=directory, env=environment, secrets=secrets)
