"""Folders and interpreters of a configuration, made absolute; and what the file names that this machine has not."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from shutil import which

from compare.config.model import Config
from compare.config.side import SideConfig


def missing(config: Config) -> Iterator[str]:
    """One sentence for each folder or interpreter that is not there.

    What a side with a `ref` names is looked for when that is checked out.
    """
    if not (folder := config.directory / config.database.directory).is_dir():
        yield f"database.directory = {str(config.database.directory)!r}: there is no folder {folder}"
    for side in config.sides:
        directory = config.directory / side.directory
        if side.ref is not None:
            continue
        if not directory.is_dir():
            yield f"{side.name}.directory = {str(side.directory)!r}: there is no folder {directory}"
        elif side.python is not None and which(place := interpreter_in(directory, side.python)[0]) is None:
            yield f"{side.name}.python = {side.python!r}: there is no interpreter {place}"


def interpreter_in(directory: Path, python: str) -> tuple[str, ...]:
    """The words of an interpreter's command, the first one located.

    A bare name is looked up on PATH; all else starts at the side's folder. Links stay: a venv's python is one.
    """
    if (directory / Path(python).expanduser()).is_file():  # a path may hold spaces
        return (os.path.normpath(directory / Path(python).expanduser()),)
    first, *rest = shlex.split(python)
    if os.sep not in first:
        return (which(first) or first, *rest)
    return (os.path.normpath(directory / Path(first).expanduser()), *rest)


def absolute(config: Config) -> Config:
    """The configuration with absolute folders; with absolute interpreters where nothing has to be checked out."""

    def located(side: SideConfig) -> SideConfig:
        directory = Path(os.path.normpath(config.directory / side.directory))
        python = side.python
        if python is not None and side.ref is None:
            python = shlex.join(interpreter_in(directory, python))
        return side.model_copy(update={"directory": directory, "python": python})

    return config.model_copy(update={"legacy": located(config.legacy), "async_": located(config.async_)})
