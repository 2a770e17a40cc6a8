"""Connections that nobody gave back: the garbage collector does it in sync code, quietly; in async it cannot (T29)."""

from __future__ import annotations

import atexit
import sys
import weakref
from typing import Any

from . import places, writing

_out: dict[int, tuple[Any, places.Frame | None, str]] = {}  # by the pool's record of the connection


def install(sqlalchemy: Any) -> None:
    """Follow every pool."""
    from sqlalchemy import event  # noqa: PLC0415 - the app has imported it
    from sqlalchemy.pool import Pool  # noqa: PLC0415 - the app has imported it

    event.listen(Pool, "checkout", taken)
    event.listen(Pool, "checkin", given_back)
    atexit.register(_at_the_end)
    del sqlalchemy


def taken(_connection: Any, record: Any, proxy: Any) -> None:
    """SQLAlchemy's `checkout`."""
    key = id(record)
    at = places.innermost(sys._getframe(1))  # noqa: SLF001 - no public way to the stack is as cheap

    test = places.test()

    # Of two weak references to one object the younger is called first: before the pool's own, which checks it in
    def dropped(_reference: Any) -> None:
        if key in _out:
            _left(at, "collected", test)

    _out[key] = (weakref.ref(proxy, dropped), at, test)


def given_back(_connection: Any, record: Any) -> None:
    """SQLAlchemy's `checkin`."""
    _out.pop(id(record), None)


def _left(at: places.Frame | None, how: str, test: str) -> None:
    place = (how, at and (id(at.code), at.at))
    if not writing.seen("left_open", place):
        writing.keep("left_open", place, {"how": how, "at": places.told(at) if at else None}, test)


def _at_the_end() -> None:
    for _reference, at, test in list(_out.values()):
        _left(at, "never", test)
