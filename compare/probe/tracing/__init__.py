"""What a run of a sync app shows that its source does not: implicit loads, who waits for the database, what ran.

The environment variable COMPARE_TRACE holds its settings as JSON:

    {"root": "/project", "out": "/folder"}

Each process writes what it saw into a file of its own in `out` when it ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import lines, loads, places, statements, writing

VARIABLE = "COMPARE_TRACE"


def install(settings: dict[str, Any], when_imported: Callable[[str, Callable[[Any], None]], None]) -> None:
    """Watch this process from now on.

    Args:
        settings: As above.
        when_imported: Calls back with a module as soon as it is there.
    """
    places.root = os.path.realpath(settings["root"]) + os.sep
    writing.install(settings["out"])
    lines.install()
    when_imported("sqlalchemy", statements.install)
    when_imported("sqlalchemy.orm", loads.install)
