"""A route before another: it takes the requests that it can answer, and leaves whatever else there is to the plain one.

To Starlette a path that fits is enough to refuse another method, and to say which ones are allowed.
"""

import re

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

#: Parameters of fast routes with values that they take.
PLAIN_QUERY = re.compile(
    rb"(?:(?:limit=(?:[1-9][0-9]?|100)|status=(?:pending|paid|cancelled)|after=[\w-]{0,200}"
    rb"|effort=(?:[0-9](?:\.[0-9]{1,9})?|10))(?:&(?=.)|$))*"
)
#: A public id, as the app prints it.
PLAIN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class FastRoute(APIRoute):
    """A route that fits whole requests only, and of queries and ids those that need no refusal.

    A plain route says who may ask before it says what is wrong with what was sent; a fast one asks both at once.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the path fits, and the method too."""
        match, found = super().matches(scope)
        if match is not Match.FULL or not PLAIN_QUERY.fullmatch(scope["query_string"]):
            return Match.NONE, {}
        ids = found["path_params"].values()
        return (match, found) if all(PLAIN_ID.fullmatch(one) for one in ids) else (Match.NONE, {})
