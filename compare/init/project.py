"""A project as `compare init` sees it: its apps, its settings, its interpreter, its migrations, its tests."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.init.applications import Application, applications, login_path
from compare.init.settings import Setting, settings
from compare.init.sources import Source, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

DRIVERS = (  # what a project imports or names in a URL, and the placeholder that gives such a URL
    ("{async_url}", ("postgresql+asyncpg", "create_async_engine")),
    ("{psycopg_url}", ("postgresql+psycopg:", "postgresql+psycopg'", 'postgresql+psycopg"')),
    ("{sync_url}", ("postgresql+psycopg2",)),
)
SEEDS = ("initial_data.py", "init_data.py", "seed.py", "seeds.py", "seed_data.py", "fixtures.py", "populate.py")
LOCKS = {"uv.lock": "uv run --project {} python", "poetry.lock": "poetry --project {} run python"}
ENVIRONMENTS = (".venv", "venv", "env")


@dataclass(frozen=True)
class Project:
    """What was found.

    Attributes:
        folder: Where it was looked for, and where the configuration is to lie.
        apps: The likeliest first.
        settings: Those of the database first.
        url: The placeholder whose URL has the driver that the project uses.
        python: Its interpreter, relative to the app's folder; None where none was found.
        alembic: The folder with its alembic.ini.
        seeds: Scripts that look as if they fill a database.
        login: The path of its token endpoint.
        tests: Whether it has tests.
        scenarios: Whether scenarios are there already.
    """

    folder: Path
    apps: Sequence[Application]
    settings: Sequence[Setting] = ()
    url: str = "{url}"
    python: str | None = None
    alembic: Path | None = None
    seeds: Sequence[Path] = ()
    login: str | None = None
    tests: bool = False
    scenarios: bool = False


def looked_at(folder: Path) -> Project:
    """Look at the project in `folder`."""
    found = sources(folder)
    apps = applications(found)
    root = apps[0].root if apps else folder
    read = settings(found, root)
    return Project(
        folder,
        apps,
        read,
        _url(found),
        _interpreter(root, folder),
        _alembic(root, folder),
        [source.path for source in found if source.path.name in SEEDS],
        login_path(found, {(one.field or one.name).upper(): one.default for one in read}),
        any((place / name).is_dir() for place in (root, folder) for name in ("tests", "test")),
        (folder / "scenarios").is_dir(),
    )


def _url(found: Iterable[Source]) -> str:
    """The placeholder for the driver that is named most plainly; a plain URL where none is."""
    texts = [source.path.read_text(encoding="utf-8", errors="replace") for source in found]
    for placeholder, marks in DRIVERS:
        if any(mark in text for text in texts for mark in marks):
            return placeholder
    for placeholder, module in (("{sync_url}", "psycopg2"), ("{psycopg_url}", "psycopg")):
        if any(re.search(rf"^\s*(?:import|from) {module}\b", text, re.MULTILINE) for text in texts):
            return placeholder
    uses = any(re.search(r"^\s*(?:import|from) sqlalchemy\b", text, re.MULTILINE) for text in texts)
    return "{sync_url}" if uses else "{url}"


def _interpreter(root: Path, folder: Path) -> str | None:
    """A virtual environment beside the app or above it; else the tool that makes one from a lock file."""
    places = [place for place in (root, *root.parents) if place == folder or folder in (place, *place.parents)]
    for place in places:
        for name in ENVIRONMENTS:
            if (place / name / "bin" / "python").exists():
                return os.path.relpath(place / name / "bin" / "python", root)
    for place in places:
        for lock, command in LOCKS.items():
            if (place / lock).exists():
                return command.format(os.path.relpath(place, root))
    return None


def _alembic(root: Path, folder: Path) -> Path | None:
    return next((place for place in (root, folder) if (place / "alembic.ini").is_file()), None)
