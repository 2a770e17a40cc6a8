"""Connections of SQLAlchemy's pools: who has one, and whether it came back."""

from __future__ import annotations

from typing import Any

from .current import Request, current, note
from .work import leave

KEY = "compare_probe"

_detached: dict[int, Seen] = {}  # by the identity of the driver's connection, which lives as long


class Seen:
    """One checkout of a pool connection, kept in the `info` of its record.

    Attributes:
        request: Who checked it out; None for nobody's.
        number: Its number in that request.
        open: Whether a transaction is open on it.
        owner: The request that opened the transaction.
        wrote: Whether that transaction ran a statement that may have written.
        isolation: Of that transaction, where it was asked for.
        began: When each statement that runs on it began, by the identity of its execution. Several run where tasks
            share the connection.
        committing: The noted commit that is under way.
    """

    __slots__ = (
        "began",
        "committing",
        "isolation",
        "number",
        "open",
        "other",
        "other_number",
        "owner",
        "request",
        "wrote",
    )

    def __init__(self, request: Request | None) -> None:
        self.request = request
        self.number = _next(request)
        self.other: Request | None = None
        self.other_number = 0
        self.open = False
        self.owner: Request | None = None
        self.wrote = False
        self.isolation = ""
        self.began: dict[int, float] = {}
        self.committing: dict[str, object] | None = None

    def number_for(self, request: Request | None) -> int:
        """Its number in this request, which may use a connection that another checked out."""
        if request is self.request:
            return self.number
        if request is not self.other:
            self.other, self.other_number = request, _next(request)
        return self.other_number

    @property
    def autocommit(self) -> bool:
        """Whether the driver is in its autocommit mode."""
        return self.isolation == "AUTOCOMMIT"

    def close(self) -> Request | None:
        """The transaction is over; returns whose it was."""
        owner, self.open = self.owner, False
        if owner is not None:
            leave(owner, self)
        return owner


def _next(request: Request | None) -> int:
    if request is None:
        return 0
    request.connections += 1
    return request.connections


def seen_on(connection: Any) -> Seen:
    """What is known of the pool connection below a `Connection`."""
    info = connection.info
    seen: Seen | None = info.get(KEY)
    if seen is None:  # checked out before anybody watched
        seen = info[KEY] = Seen(current.get())
    return seen


def checkout(_dbapi_connection: Any, record: Any, _proxy: Any) -> None:
    """A connection was taken from a pool."""
    request = current.get()
    seen = record.info[KEY] = Seen(request)
    if request is not None:
        request.held[seen.number] = seen
    note("Pooled", request, kind="checkout", connection=seen.number)


def checkin(_dbapi_connection: Any, record: Any) -> None:
    """A connection went back; the pool rolls back what is still open on it."""
    _returned(record, "checkin", "")


def invalidate(_dbapi_connection: Any, record: Any, exception: BaseException | None) -> None:
    """A connection is no longer fit for use."""
    name = "" if exception is None else f"{type(exception).__module__}.{type(exception).__qualname__}: {exception}"
    _returned(record, "invalidate", name[:500])


def detach(dbapi_connection: Any, record: Any) -> None:
    """A connection left its pool for good: somebody took it out, or was garbage with it in hand."""
    seen = record.info.pop(KEY, None)
    if seen is not None:
        _detached[id(dbapi_connection)] = seen


def close_detached(dbapi_connection: Any) -> None:
    """A connection that had left its pool was closed."""
    _over(_detached.pop(id(dbapi_connection), None), "invalidate", "closed outside its pool")


def _returned(record: Any, kind: str, reason: str) -> None:
    _over(record.info.pop(KEY, None), kind, reason)


def _over(seen: Seen | None, kind: str, reason: str) -> None:
    if seen is None:
        return
    if seen.open:
        note("Boundary", seen.owner, kind="rollback", connection=seen.number_for(seen.owner))
    request = seen.request
    if request is not None:
        request.held.pop(seen.number, None)
    note("Pooled", request, kind=kind, connection=seen.number, reason=reason)
    seen.close()
