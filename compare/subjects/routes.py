"""The routes of an app, and which of them a request reaches."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload
from urllib.parse import unquote

ANY_METHOD = "*"

# What Starlette's path convertors accept; a name without one stands for a segment.
_CONVERTORS = {
    "": "[^/]+",
    "str": "[^/]+",
    "path": ".*",
    "int": "[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
}


@dataclass(frozen=True)
class Route:
    """One method on one path template.

    Attributes:
        method: "GET"; "*" for a mounted app that answers whatever it likes.
        template: "/orders/{order_id}", as the app spells it.
        docs: Whether the framework made it for its documentation.
    """

    method: str
    template: str
    docs: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the paths look like that this template matches."""
        parts = re.split(r"\{[^{}:]*(?::(\w+))?\}", self.template)
        # split() leaves literal text at even places and the convertor of each name (or None) at odd ones.
        return re.compile(
            "".join(
                _CONVERTORS.get(part or "", "[^/]+") if index % 2 else re.escape(part)
                for index, part in enumerate(parts)
            ),
            re.DOTALL,
        )


class Routes(Sequence[Route]):
    """All routes of an app, in the app's own order, which decides between two that match."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._routes = tuple(routes)

    def match(self, method: str, path: str) -> Route | None:
        """The route that a request reaches, by its path without the query; GET serves HEAD; None if there is none."""
        path = unquote(path.partition("?")[0])
        wanted = [{method, ANY_METHOD}, {"GET"}] if method == "HEAD" else [{method, ANY_METHOD}]
        for accepted in wanted:
            for route in self._routes:
                if route.method in accepted and route.pattern.fullmatch(path):
                    return route
        return None

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> "Routes": ...
    def __getitem__(self, index: int | slice) -> "Route | Routes":
        return Routes(self._routes[index]) if isinstance(index, slice) else self._routes[index]

    def __len__(self) -> int:
        return len(self._routes)

    def __repr__(self) -> str:
        return f"Routes({', '.join(map(str, self._routes))})"
