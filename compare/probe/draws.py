"""The same random bytes on both sides: draw n of a kind, for a request, is a keyed hash of its seed, the kind and n.

Each kind counts for itself, in each request, so threads or `gather` in another order do not shift the draws of other
kinds. What a driver, a server or the event loop draws for itself (a nonce for the database's login, which on the other
side libpq draws in C) is of a kind of its own, so that it does not shift those of the app.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading

from .current import Request, current

_TRANSPARENT = {__name__, *(f"{__name__.rpartition('.')[0]}.{name}" for name in ("chance", "uuids", "standin"))} | {
    "random",
    "secrets",
    "uuid",
}
_BENEATH = {
    *("asyncio", "uvloop", "uvicorn", "hypercorn", "granian", "gunicorn"),
    *("asyncpg", "psycopg", "psycopg_pool", "psycopg2", "aiopg", "pg8000", "ssl"),
}
_lock = threading.RLock()  # a finaliser in the midst of a draw may draw


def _renew() -> None:
    global _lock  # noqa: PLW0603 - the one that was inherited may be held by a thread that is no longer there
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def drawing() -> Request | None:
    """The current request, if compare gave it a seed."""
    request = current.get()
    return request if request is not None and request.seed else None


def drawn(kind: str, size: int) -> bytes | None:
    """The next `size` bytes of a kind for the current request; None where true ones are to be drawn."""
    request = drawing()
    if request is None or size < 0:  # the true one raises then
        return None
    kind = _whose(kind)
    return hashed(request, kind, counted(request, kind), size)


def counted(request: Request, kind: str) -> int:
    """The number of the next draw of a kind, from 0."""
    with _lock:
        number = request.draws.get(kind, 0)
        request.draws[kind] = number + 1
    return number


def hashed(request: Request, kind: str, number: int, size: int) -> bytes:
    """The bytes of one draw."""
    name, key = f"{kind}.{number}".encode(), request.seed[: hashlib.blake2b.MAX_KEY_SIZE]
    if 0 < size <= hashlib.blake2b.MAX_DIGEST_SIZE:  # several times as fast
        return hashlib.blake2b(name, key=key, digest_size=size).digest()
    return hashlib.shake_256(hashlib.blake2b(name, key=key).digest()).digest(size)


def _whose(kind: str) -> str:
    frame = sys._getframe(2)  # noqa: SLF001 - inspect's way costs a hundred times as much
    while frame.f_back is not None and frame.f_globals.get("__name__") in _TRANSPARENT:
        frame = frame.f_back
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    return f"{kind} for {package}" if package in _BENEATH else kind
