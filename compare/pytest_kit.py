"""What a test session with two sides has: the server, the template, the databases, the served sides."""

from contextlib import ExitStack
from functools import partial

from compare.config import Config, SideName
from compare.errors import UsageError
from compare.postgres import Clone, Server, fill, running_server
from compare.subjects import Subject, checked_out, started


class Kit:
    """The server, the template, and the served sides: made when a test first needs them, for the whole session."""

    def __init__(self, config: Config) -> None:
        self._stack = ExitStack()
        self.config = self._stack.enter_context(checked_out(config))
        self._server: Server | None = None
        self._served: dict[SideName, tuple[ExitStack, Clone, Subject]] = {}
        self._clones: dict[str, tuple[ExitStack, Clone]] = {}

    @property
    def server(self) -> Server:
        """The server with the template, started and filled at the first call."""
        if self._server is None:
            server = self._stack.enter_context(running_server(self.config.database.url))
            server.build_template(partial(fill, self.config))
            self._server = server
        return self._server

    def served(self, name: SideName) -> tuple[Clone, Subject]:
        """The served side on its database, which is as the template is.

        Raises:
            UsageError: The side runs already, on a database that nobody can reset.
        """
        side = self.config.side(name)
        if not side.on_clone:
            raise UsageError(
                f"A test needs a database that is as new, and {name} is running already, at {side.url}. Name an app or "
                "a command in its place."
            )
        if name in self._served:
            stack, clone, subject = self._served[name]
            if subject.alive and not clone.altered():
                clone.reset()
                return clone, subject
            del self._served[name]
            stack.close()
        server = self.server
        stack = self._stack.enter_context(ExitStack())
        clone = stack.enter_context(server.clone(name))
        subject = stack.enter_context(started(side, clone.address))
        self._served[name] = (stack, clone, subject)
        return clone, subject

    def clone(self, label: str) -> Clone:
        """A database that is as the template is, for one test at a time; another one for each label."""
        if label in self._clones:
            stack, clone = self._clones[label]
            if not clone.altered():
                clone.reset()
                return clone
            del self._clones[label]
            stack.close()
        server = self.server
        stack = self._stack.enter_context(ExitStack())
        clone = stack.enter_context(server.clone(label))
        self._clones[label] = (stack, clone)
        return clone

    def close(self) -> None:
        """Stop everything."""
        self._stack.close()
