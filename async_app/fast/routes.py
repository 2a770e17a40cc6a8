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


class FastRoute(APIRoute):
    """A route that fits whole requests only, and of queries those that need no refusal.

    A plain route says who may ask before it says what is wrong with a query; a fast one asks both at once.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the path fits, and the method too."""
        match, found = super().matches(scope)
        fits = match is Match.FULL and PLAIN_QUERY.fullmatch(scope["query_string"])
        return (match, found) if fits else (Match.NONE, {})
