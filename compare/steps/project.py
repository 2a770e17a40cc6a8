"""The project that the steps are about: its folder, its settings, and what is known of it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError

from compare.config.section import Section, Strings
from compare.errors import UsageError
from compare.source import Program, read


class StepSettings(Section):
    """`[steps]` of compare.toml, `[tool.compare.steps]` of pyproject.toml.

    Attributes:
        paths: Files and folders that the steps are about, relative to the root; all, unless it is given.
        by_hand: A folder with edits of the team's own, as patches: `03-loads/orders.patch`.
        format: Commands that are run after each step, followed by the files that it changed: `ruff format`.
        check: A command that has to pass on every branch.
        prefix: What the branches' names begin with.
        link: Entries that git ignores and the check needs; each is linked into the folder that it runs in.
        timeout: Seconds that one check may take.
        prove: Whether queries are compiled before and after they are changed: the modules they are in are imported.
    """

    paths: Strings = ()
    by_hand: str = ""
    format: Strings = ()
    check: str = ""
    prefix: str = "migrate/"
    link: Strings = (".venv", "venv", ".env", "env")
    timeout: float = Field(default=3600, gt=0)
    prove: bool = True


@dataclass(frozen=True, eq=False)
class Project:
    """A project as it lies in a folder.

    Attributes:
        root: Its folder.
        settings: What it says about the steps.
        trace: The file that `compare trace` wrote, if there is one.
    """

    root: Path
    settings: StepSettings
    trace: Path | None = None

    @cached_property
    def program(self) -> Program:
        """Its source, read."""
        return read(self.root, self.settings.paths)


def settings_in(root: Path) -> StepSettings:
    """Read what a project says about the steps.

    Raises:
        UsageError: The file is no TOML, or says what makes no sense.
    """
    for name, keys in (("compare.toml", ("steps",)), ("pyproject.toml", ("tool", "compare", "steps"))):
        path = root / name
        if not path.is_file():
            continue
        try:
            table: object = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}.") from None
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if table is not None:
            return _validated(path, ".".join(keys), table)
    return StepSettings()


def _validated(path: Path, key: str, table: object) -> StepSettings:
    try:
        return StepSettings.model_validate(table)
    except ValidationError as error:
        told = "\n".join(
            f"  {key}.{'.'.join(str(part) for part in details['loc'])}: {details['msg']}" for details in error.errors()
        )
        raise UsageError(f"The configuration in {path} does not hold:\n{told}") from None


def within(path: Path, root: Path) -> Path:
    """Return a path relative to a root, by its text: links are not followed."""
    return Path(os.path.relpath(path, root))
