"""What goes on around answers: which routes were called, and what is committed after an answer has begun (T37)."""

from __future__ import annotations

import re
import sys
import weakref
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import CodeType
from typing import Any

from . import executing, places, writing

_WRITES = re.compile(
    r"\s*(?:(?:insert|update|delete|merge|copy|truncate|create|alter|drop|call|do)\b"
    r"|with\b.*\b(?:insert|update|delete|merge)\b)",
    re.IGNORECASE | re.DOTALL,
)


class _Answer:
    """The answer that a request gets.

    Attributes:
        begun: Whether its status was sent.
        scope: The request's, in which Starlette notes what answers.
    """

    def __init__(self, scope: Any) -> None:
        self.begun = False
        self.scope = scope


_answer: ContextVar[_Answer | None] = ContextVar("compare_trace_answer", default=None)
_listing: list[Callable[[Any], Iterable[dict[str, Any]]]] = []  # of an application's routes, as given to `install`
served: CodeType | None = None  # the code that every request comes by
_apps: weakref.WeakSet[Any] = weakref.WeakSet()
_wrote: weakref.WeakKeyDictionary[Any, list[bool]] = weakref.WeakKeyDictionary()


def install(starlette: Any, listing: Callable[[Any], Iterable[dict[str, Any]]]) -> None:
    """Follow the applications that Starlette serves; `listing` gives the routes of one."""
    global served  # noqa: PLW0603 - one Starlette a process
    _listing.append(listing)
    original = starlette.Starlette.__call__

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        _apps.add(self)
        if scope["type"] != "http" or _answer.get() is not None:
            await original(self, scope, receive, send)
            return
        answer = _Answer(scope)
        token = _answer.set(answer)

        async def noting(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                answer.begun = True

        try:
            await original(self, scope, receive, noting)
        finally:
            _answer.reset(token)
            _called(scope)

    starlette.Starlette.__call__ = call
    served = call.__code__


def install_background(background: Any) -> None:
    """Leave background tasks out: what they commit is meant to come after the answer."""
    original = background.BackgroundTask.__call__

    async def call(self: Any) -> None:
        token = _answer.set(None)
        try:
            await original(self)
        finally:
            _answer.reset(token)

    background.BackgroundTask.__call__ = call


def install_sql(sqlalchemy: Any) -> None:
    """Follow the transactions of every engine."""
    from sqlalchemy import event  # noqa: PLC0415 - the app has imported it
    from sqlalchemy.engine import Engine  # noqa: PLC0415 - the app has imported it

    executing.follow(after=executed)
    event.listen(Engine, "savepoint", lambda connection, _name: _levels(connection).append(False))
    event.listen(Engine, "rollback_savepoint", lambda connection, _name, _context: _ended(connection))
    event.listen(Engine, "release_savepoint", lambda connection, _name, _context: _committed(connection))
    event.listen(Engine, "rollback", _emptied)
    event.listen(Engine, "commit", _committed)
    del sqlalchemy


def _levels(connection: Any) -> list[bool]:
    """Whether each transaction that is open on a connection wrote, the outermost first.

    Not in `connection.info`: that asks for the driver's connection, and one that was cut has none.
    """
    return _wrote.setdefault(connection, [False])


def executed(context: Any, sql: str, _frame: Any, _cursor: Any) -> None:
    """Note that something was written, if a request is being answered."""
    if _answer.get() is not None and _WRITES.match(sql):
        levels = _levels(context.root_connection)
        levels[:] = [True] * len(levels)


def _ended(connection: Any) -> bool:
    levels = _levels(connection)
    wrote = levels.pop()
    if not levels:
        levels.append(False)
    return wrote


def _emptied(connection: Any) -> None:
    _wrote[connection] = [False]


def _committed(connection: Any, *_of_a_savepoint: Any) -> None:
    """A transaction ends, or what stands for one in a test that rolls all of it back."""
    wrote = _ended(connection)
    answer = _answer.get()
    if not wrote or answer is None or not answer.begun:
        return
    at = places.innermost(sys._getframe(1))  # noqa: SLF001 - no public way to the stack is as cheap
    endpoint = route()
    place = (at and (id(at.code), at.at), endpoint)
    if not writing.seen("late", place):
        writing.keep("late", place, {"at": places.told(at) if at else None, "route": endpoint})


def _named(endpoint: Any) -> str:
    module, name = getattr(endpoint, "__module__", ""), getattr(endpoint, "__qualname__", "")
    return f"{module}:{name}" if module and name else ""


def route() -> str:
    """Return what answers the request that is at work, as `module:name`; empty outside of one."""
    answer = _answer.get()
    return _named(answer.scope.get("endpoint")) if answer is not None else ""


def _called(scope: Any) -> None:
    route = _named(scope.get("endpoint"))
    if route and not writing.seen("called", route):
        writing.keep("called", route, {"route": route})


def routes() -> list[dict[str, Any]]:
    """Return the routes of every application that answered: method, path, and what answers."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for app in list(_apps):
        for route in _listing[0](app):
            if not route["docs"] and route["endpoint"] is not None:
                endpoint = _named(route["endpoint"])
                found[route["method"], route["path"]] = {**route, "endpoint": endpoint}
    return list(found.values())
