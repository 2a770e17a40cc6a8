"""The routes of a Starlette or FastAPI app, as they stand behind mounts and routers.

Standard library alone, and no other module of the probe: the server loads it by its path.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

HANDLERS = ("get", "post", "put", "patch", "delete", "options")


def routes(app: object, prefix: str = "") -> Iterator[dict[str, Any]]:
    """The HTTP routes of an app, in its order; nothing where they cannot be seen.

    Each has its `method` (`*` for any), its `path`, whether it is one of FastAPI's own `docs`, and its `endpoint`.
    """
    seen = 0
    while not hasattr(app, "routes") and hasattr(app, "app") and seen < 100:  # noqa: PLR2004 - middleware around the app
        app, seen = app.app, seen + 1
    for route in getattr(app, "routes", None) or ():
        yield from below(route, prefix)


def below(route: Any, prefix: str) -> Iterator[dict[str, Any]]:
    """One entry of a router: a route, a mounted app, or (newer FastAPI) a router that is included lazily."""
    if hasattr(route, "effective_route_contexts"):
        for context in route.effective_route_contexts():
            yield from below(getattr(context, "starlette_route", None) or context, prefix)
        return
    path = prefix + str(getattr(route, "path", ""))
    endpoint = getattr(route, "endpoint", None)
    if endpoint is None:
        inner = getattr(route, "routes", None)
        if inner:
            for entry in inner:
                yield from below(entry, path)
        elif hasattr(route, "app"):  # a mounted app that shows no routes: files, another framework
            yield {"method": "*", "path": f"{path}/{{path:path}}", "docs": False, "endpoint": None}
        return
    # FastAPI makes its documentation routes itself.
    docs = getattr(endpoint, "__module__", "") == "fastapi.applications"
    for method in methods(route, endpoint):
        yield {"method": method, "path": path, "docs": docs, "endpoint": endpoint}


def methods(route: Any, endpoint: object) -> list[str]:
    """The methods that somebody wrote: HEAD comes with GET by itself. WebSockets have none."""
    if not hasattr(route, "methods"):
        return []
    named = route.methods
    if not named and inspect.isclass(endpoint):
        named = {name.upper() for name in HANDLERS if hasattr(endpoint, name)}
    if not named:
        return ["*"]
    return sorted(set(named) - ({"HEAD"} if "GET" in named else set()))
