"""The configuration that `compare init` writes: what was found as keys, what is not known as commented questions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from compare.config import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compare.init.applications import Application
    from compare.init.project import Project

PARTS = ("host", "port", "user", "password", "database")
EXAMPLES = 5
SHOWN = 5  # further apps that are named in a comment


def document(project: Project) -> str:
    """A compare.toml for the project, its own folder being where it lies. Needs at least one app."""
    return "\n".join(_lines(project)) + "\n"


def _lines(project: Project) -> Iterator[str]:
    legacy, async_ = _sides(project)
    yield "# Written by compare init. `compare run` plays the traffic on both sides and tells whether they differ."
    yield "# Until there is an async app, both sides are the same one: such a run must find nothing."
    yield ""
    if project.scenarios:
        yield 'scenarios = ["scenarios"]'
    else:
        yield 'scenarios = []                     # sequences of requests of your own, as YAML: ["scenarios"]'
    yield 'recordings = []                    # what a browser or proxy recorded: ["recordings/*.har"]'
    yield ""
    yield "[openapi]"
    yield f"examples = {EXAMPLES}                       # requests that are generated for each operation; 0 for none"
    yield "seed = 0"
    yield ""
    yield from _database(project)
    yield from _side("legacy", legacy, project)
    yield '# ref = "main"                     # run this branch, tag or commit instead of the files as they lie there'
    yield ""
    yield from _side("async", async_, project)
    yield '# ref = "async"'
    yield from _login(project)


def _sides(project: Project) -> tuple[Application, Application]:
    """Both sides: the likeliest app twice, or with it the one that is named for the other stack."""
    first = project.apps[0]
    names = ("async", "aio")
    marked = [app for app in project.apps if any(name in app.name.lower() for name in names)]
    others = [app for app in project.apps if app not in marked]
    if marked and others:
        return others[0], marked[0]
    return first, first


def _database(project: Project) -> Iterator[str]:
    yield "[database]"
    root = _sides(project)[0].root
    if root != project.folder:
        yield f"directory = {json.dumps(_relative(root, project.folder))}           # where the commands below run"
    yield '# url = "postgresql://..."         # a server of yours; without it an embedded PostgreSQL is started'
    yield '# copy_from = "postgresql://..."   # begin with a copy of this database; it is only read'
    commands = list(_setup(project))
    if commands:
        yield "setup = ["
        for command in commands:
            yield f"    {json.dumps(command)},"
        yield "]"
    else:
        yield '# setup = ["alembic upgrade head", "python seed.py"]   # what fills an empty database'
    yield f"env = {_env(project)}"
    yield ""


def _setup(project: Project) -> Iterator[str]:
    """Commands for the set-up, which runs with legacy's interpreter, in its folder."""
    root = _sides(project)[0].root
    if project.alembic is not None:
        place = os.path.relpath(project.alembic, root)
        yield (
            "python -m alembic upgrade head"
            if place == "."
            else f"python -m alembic -c {place}/alembic.ini upgrade head"
        )
    for seed in project.seeds[:1]:
        module = ".".join(seed.relative_to(root).with_suffix("").parts) if root in seed.parents else ""
        yield f"python -m {module}" if module else f"python {os.path.relpath(seed, root)}"


def _side(name: str, app: Application, project: Project) -> Iterator[str]:
    yield f"[{name}]"
    others = [other.name for other in project.apps if other != app][:SHOWN]
    yield f"app = {json.dumps(app.name)}" + (f"   # also found: {', '.join(others)}" if others else "")
    if app.root != project.folder:
        yield f"directory = {json.dumps(_relative(app.root, project.folder))}"
    if project.python is not None:
        yield f"python = {json.dumps(project.python)}"
    else:
        yield '# python = ".venv/bin/python"      # its interpreter, if it is not the one that runs compare'
    yield f"env = {_env(project)}"
    missing = [one.name for one in project.settings if one.required and one.part is None and not one.default]
    if missing:
        yield f"# Settings without a default; what no env file of the project gives goes into env: {', '.join(missing)}"


def _env(project: Project) -> str:
    """The environment as a TOML table: a URL where a setting takes one, else the parts."""
    named = {part: [one.name for one in project.settings if one.part == part] for part in ("url", *PARTS)}
    found: dict[str, str] = {}
    if named["url"]:
        found = dict.fromkeys(named["url"], project.url)
    if not found or named["host"]:
        for part in PARTS:
            found |= dict.fromkeys(named[part], f"{{{part}}}")
    if not found:
        return f'{{ DATABASE_URL = "{project.url}" }}   # the name that your settings read; also: {_placeholders()}'
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in found.items()) + " }"


def _placeholders() -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))


def _login(project: Project) -> Iterator[str]:
    """A log-in where the project has a token endpoint; commented, since nobody knows the password."""
    if project.login is None:
        return
    yield ""
    yield "# Comes first in every scenario; take it in, with an account that the set-up makes."
    yield "# [login]"
    yield f'# request = "POST {project.login}"'
    yield '# form = { username = "...", password = "..." }'
    yield '# capture = { token = "/access_token" }'
    yield '# headers = { Authorization = "Bearer ${token}" }'


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder)
