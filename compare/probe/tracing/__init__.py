"""What a run of a sync app shows and its source does not: implicit loads, who waits, what asyncpg refuses, what ran.

The environment variable COMPARE_TRACE holds its settings as JSON:

    {"root": "/project", "out": "/folder"}

Each process writes what it saw into a file of its own in `out` when it ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from . import answers, binds, connections, executing, lines, loads, places, statements, writing

VARIABLE = "COMPARE_TRACE"


def install(
    settings: dict[str, Any],
    when_imported: Callable[[str, Callable[[Any], None]], None],
    routes_of: Callable[[Any], Iterable[dict[str, Any]]],
) -> None:
    """Watch this process from now on.

    Args:
        settings: As above.
        when_imported: Calls back with a module as soon as it is there.
        routes_of: Lists the routes of an application.
    """
    places.root = os.path.realpath(settings["root"]) + os.sep
    writing.install(settings["out"])
    lines.install()
    when_imported("sqlalchemy", executing.install)
    when_imported("sqlalchemy", statements.install)
    when_imported("sqlalchemy", binds.install)
    when_imported("sqlalchemy", connections.install)
    when_imported("sqlalchemy", answers.install_sql)
    when_imported("starlette.applications", lambda starlette: answers.install(starlette, routes_of))
    when_imported("starlette.background", answers.install_background)
    when_imported("sqlalchemy.orm", loads.install)
