"""A route before another: it takes the requests that it can answer, and leaves whatever else there is to the plain one.

To Starlette a path that fits is enough to refuse another method, and to say which ones are allowed.
"""

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope


class FastRoute(APIRoute):
    """A route that fits whole requests only."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the path fits, and the method too."""
        match, found = super().matches(scope)
        return (match, found) if match is Match.FULL else (Match.NONE, {})
