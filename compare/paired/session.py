"""Both sides of a test session, started when a test first needs them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.verdict.sides import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.config import Config
    from compare.postgres import Server
    from compare.verdict.sides import Sides


class PairedSides:
    """Both apps, up from the first test to the end of the session; anew where a test has broken one.

    `server` gives the server with its template; it is asked when the first test needs the sides.
    """

    def __init__(self, config: Config, server: Callable[[], Server]) -> None:
        self._config = config
        self._server = server
        self._stack = ExitStack()
        self._sides: Sides | None = None
        self._definitions: tuple[str, ...] = ()

    def fresh(self) -> Sides:
        """Both sides on databases that are as the template is, for one test.

        Raises:
            UsageError: a side runs already, on a database that nobody can reset.
            CouldNotRunError: a side does not start.
        """
        for side in self._config.sides:
            if not side.on_clone:
                raise UsageError(
                    f"A test needs a database that is as new, and {side.name} is running already, at {side.url}. "
                    "Name an app or a command in its place."
                )
        if self._sides is not None and not self._usable(self._sides):
            self.close()
        if self._sides is None:
            self._sides = self._stack.enter_context(opened(self._server(), self._config, self._config.sides))
            self._definitions = _definitions(self._sides)
        return self._sides.fresh()

    def close(self) -> None:
        """Stop both apps and drop their databases."""
        self._sides = None
        self._stack.close()

    def _usable(self, sides: Sides) -> bool:
        """Whether both apps are alive, and no test has changed what the tables look like."""
        return all(side.subject.alive for side in sides.both) and _definitions(sides) == self._definitions


def _definitions(sides: Sides) -> tuple[str, ...]:
    """What is defined in both databases, which is more than the template has: the clones are followed."""
    return tuple(side.clone.definitions() for side in sides.both if side.clone is not None)
