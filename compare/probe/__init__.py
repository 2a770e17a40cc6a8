"""What watches an app from inside its own process: standard library, and SQLAlchemy where the app brings it.

It runs in other people's interpreters (Python 3.10 and newer, SQLAlchemy 1.4 to 2.1), so it imports nothing else of
`compare`, and is loaded by path, as `compare_probe`, where compare is not installed.

The environment variable COMPARE_PROBE holds its settings as JSON:

    {"socket": "/path", "side": "legacy", "prevent": true, "seed": "00ff", "allow_outbound": [], "loop_blocked": 0.2}
"""

from __future__ import annotations

import json
import os
from typing import Any

from . import (
    application,
    blocked,
    chance,
    clock,
    database,
    gauges,
    logs,
    outbound,
    routes,
    threads,
    tracing,
    tuning,
    work,
)
from .imports import when_imported

VARIABLE = "COMPARE_PROBE"

__all__ = ["VARIABLE", "install", "installed_from_environment", "watched"]

_installed: list[dict[str, Any]] = []


def install(settings: dict[str, Any]) -> None:
    """Watch this process from now on, once."""
    if _installed:
        return
    _installed.append(settings)
    work.install(settings["socket"])
    chance.install(settings)
    clock.install(settings)
    outbound.install(settings)
    blocked.install(settings)
    logs.install()
    threads.install()
    database.install()
    application.install()


def watched(app: application.Asgi) -> application.Asgi:
    """The same app, watched, where the probe is installed."""
    return application.watched(app) if _installed else app


def installed_from_environment() -> bool:
    """Install what the environment asks for; False where COMPARE_PROBE says nothing."""
    if os.environ.get(gauges.VARIABLE):
        gauges.install(os.environ[gauges.VARIABLE])
    if os.environ.get(tuning.VARIABLE):
        tuning.install(json.loads(os.environ[tuning.VARIABLE]))
    if os.environ.get(tracing.VARIABLE):
        tracing.install(json.loads(os.environ[tracing.VARIABLE]), when_imported, routes.routes)
    value = os.environ.get(VARIABLE)
    if value:
        install(json.loads(value))
    return bool(value)
