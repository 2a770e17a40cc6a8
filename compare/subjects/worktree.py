"""A side's git ref, checked out into a folder of compare's own that is gone at the end, however that comes about."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from compare.config import Config, SideConfig, interpreter_in, secret_values
from compare.errors import CouldNotRunError, UsageError
from compare.process import interpreter_environment, run_commands, scratch
from compare.subjects.git import Repository


@contextmanager
def checked_out(config: Config) -> Iterator[Config]:
    """The configuration with every `ref` checked out and prepared, until the block ends.

    The sides' folders and interpreters are then those of the work trees. The set-up commands run in legacy's work tree
    if the folder that they are to run in lies in the same repository.

    Raises:
        UsageError: A folder lies in no repository.
        CouldNotRunError: There is no git or no such ref, or a command of `prepare` fails.
    """
    with ExitStack() as stack:
        sides = [stack.enter_context(taken(side)) for side in config.sides]
        folder = config.directory / config.database.directory
        if (tree := sides[0].tree) is not None:
            top = Repository.around(config.legacy.directory).top
            if folder.resolve().is_relative_to(top) and (inside := tree / folder.resolve().relative_to(top)).is_dir():
                folder = inside
        database = config.database.model_copy(update={"directory": folder})
        yield config.model_copy(update={"database": database, "legacy": sides[0], "async_": sides[1]})


@contextmanager
def taken(side: SideConfig) -> Iterator[SideConfig]:
    """The side with its `ref` checked out and prepared; the side itself if it has none, or has it already.

    Raises:
        UsageError: The side's folder lies in no repository.
        CouldNotRunError: There is no git or no such ref; a command of `prepare` fails; the ref holds no such folder or
            interpreter.
    """
    if side.ref is None or side.tree is not None:
        yield side
        return
    try:
        repository = Repository.around(side.directory)
        commit = repository.commit(side.ref)
    except (UsageError, CouldNotRunError) as error:
        raise type(error)(f"{side.name}.ref = {side.ref!r}: {error}") from None
    place = Path(os.path.realpath(side.directory)).relative_to(repository.top)
    with scratch() as folder:
        tree = folder / repository.top.name
        repository.copied(commit, tree)
        directory = tree / place
        if not directory.is_dir():
            raise CouldNotRunError(f"{side.name}.directory: {side.ref} holds no folder {place}.")
        _prepare(side, directory)
        python = _interpreter(side, directory)
        yield side.model_copy(update={"directory": directory, "python": python, "tree": tree})


def _prepare(side: SideConfig, directory: Path) -> None:
    """Run the commands that make the work tree ready, with compare's own interpreter where theirs is not there yet."""
    python = _words(side, directory)
    if shutil.which(python[0]) is None:
        python = (sys.executable,)
    environment = interpreter_environment(python, {})
    environment.pop("VIRTUAL_ENV", None)  # or installers would put the ref's packages into compare's own
    run_commands(
        side.prepare,
        f"{side.name}.prepare command",
        python=python,
        directory=directory,
        env=environment,
        secrets=secret_values(environment),
    )


def _words(side: SideConfig, directory: Path) -> tuple[str, ...]:
    return (sys.executable,) if side.python is None else interpreter_in(directory, side.python)


def _interpreter(side: SideConfig, directory: Path) -> str | None:
    """The command of the interpreter: of the work tree, else, for an imported app, of the user's own checkout.

    The latter may import the checkout's files in place of the ref's; whoever serves an imported app looks where it
    came from. Of a command's server nobody can tell.
    """
    if side.python is None:
        return None
    tried = [directory, *([side.directory] if side.app is not None else [])]
    for folder in tried:
        words = interpreter_in(folder, side.python)
        if shutil.which(words[0]) is not None:
            return shlex.join(words)
    raise CouldNotRunError(
        f"{side.name}.python = {side.python!r}: there is no such interpreter in the work tree of {side.ref}"
        f"{f', nor in {side.directory}' if side.app else ''}. What git does not hold must be made there: "
        f'{side.name}.prepare = ["uv sync"]'
    )
