"""The routes that an app documents, for one that does not show them itself."""

import httpx

from compare.subjects.routes import Route, Routes

OPENAPI = "/openapi.json"
LOOK_SECONDS = 5.0
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})


def documented(base_url: str) -> Routes:
    """The routes in the app's OpenAPI document; empty without one."""
    try:
        document = httpx.get(base_url + OPENAPI, timeout=LOOK_SECONDS, trust_env=False).raise_for_status().json()
        paths = document["paths"].items()
        return Routes(
            Route(method.upper(), path) for path, operations in paths for method in operations if method in _METHODS
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return Routes()
