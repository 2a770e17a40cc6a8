"""Another pool size, overflow and number of threads than the app has itself, and what it has itself, told.

The environment variable COMPARE_TUNING holds a setting as JSON; what is null is left as the app has it:

    {"folder": "/path", "pool": 12, "overflow": 0, "threads": 12}

Each process of the app keeps one JSON file in the folder, named after its process id: what the app asked for itself.

    {"pools": [{"kind": "QueuePool", "pool": 5, "overflow": 10, "awaited": false}], "threads": 40}

A pool that has no size (`NullPool`, `StaticPool`) is told when it first connects, with nulls, and left alone.
"""

from __future__ import annotations

import json
import os
import sys
import weakref
from pathlib import Path
from typing import Any

from .imports import when_imported

VARIABLE = "COMPARE_TUNING"
UNSIZED = ("NullPool", "StaticPool", "AssertionPool")


class Setting:
    """What this process is to have, and what the app asked for."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.folder = Path(told["folder"])
        self.pool: int | None = told.get("pool")
        self.overflow: int | None = told.get("overflow")
        self.threads: int | None = told.get("threads")
        self.pools: list[dict[str, Any]] = []
        self.asked_threads: int | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.tell)  # pools that were made before the workers are theirs as well

    def note(self, kind: Any, pool: int | None, overflow: int | None) -> None:
        """Write down a pool that the app makes."""
        awaited = bool(getattr(kind, "_is_asyncio", False))
        self.pools.append({"kind": kind.__name__, "pool": pool, "overflow": overflow, "awaited": awaited})
        self.tell()

    def limit_threads(self) -> None:
        """Give anyio's limiter the number that is set: at each request, for the app may set its own at any time."""
        module = sys.modules.get("anyio.to_thread")
        if module is None:
            return
        limiter = module.current_default_thread_limiter()
        if self.asked_threads is None:
            self.asked_threads = int(min(limiter.total_tokens, 1e9))
            self.tell()
        if self.threads is not None and limiter.total_tokens != self.threads:
            limiter.total_tokens = self.threads

    def tell(self) -> None:
        """Show what is known; a reader never sees half of it."""
        file = self.folder / str(os.getpid())
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"pools": self.pools, "threads": self.asked_threads}), encoding="utf-8")
        new.replace(file)


def install(told: dict[str, Any]) -> None:
    """Give this process the setting, from now on."""
    setting = Setting(told)
    when_imported("sqlalchemy.pool.impl", lambda module: _size_pools(module, setting))
    when_imported("starlette.applications", lambda module: _limit_threads(module, setting))


def _size_pools(module: Any, setting: Setting) -> None:
    original = module.QueuePool.__init__

    # SQLAlchemy reads from the names of the parameters which options of create_engine belong to the pool.
    def __init__(  # noqa: N807, PLR0913, PLR0917 - it replaces one
        self: Any,
        creator: Any,
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float = 30.0,
        use_lifo: bool = False,  # noqa: FBT002 - as above
        **options: Any,
    ) -> None:
        if "_dispatch" not in options:  # else an engine was disposed of: the pool is made anew from the one before it
            setting.note(type(self), pool_size, max_overflow)
        original(
            self,
            creator,
            pool_size=pool_size if setting.pool is None else setting.pool,
            max_overflow=max_overflow if setting.overflow is None else setting.overflow,
            timeout=timeout,
            use_lifo=use_lifo,
            **options,
        )

    module.QueuePool.__init__ = __init__
    for name in UNSIZED:
        if hasattr(module, name):
            _note_connecting(getattr(module, name), setting)


def _note_connecting(kind: Any, setting: Setting) -> None:
    """Note a pool without a size when it first connects: its class has no __init__ of its own to wrap."""
    seen: weakref.WeakSet[Any] = weakref.WeakSet()

    def connect(self: Any) -> Any:
        if self not in seen:
            seen.add(self)
            setting.note(type(self), None, None)
        return super(kind, self).connect()

    kind.connect = connect


def _limit_threads(module: Any, setting: Setting) -> None:
    original = module.Starlette.__call__

    async def __call__(self: Any, scope: Any, receive: Any, send: Any) -> None:  # noqa: N807 - it replaces one
        if scope["type"] != "lifespan":
            setting.limit_threads()
        await original(self, scope, receive, send)

    module.Starlette.__call__ = __call__
