"""What an app is at while it is under load, in numbers that cost next to nothing: pool, threads, event loop.

The environment variable COMPARE_GAUGES names a folder. Each process of the app keeps one file in it, named after its
process id, of `LAYOUT` doubles, which whoever measures maps as well. Counters only rise; the highest of a round begins
anew where the one who measures writes a 0. Nothing else of the probe is at work then: it would be measured too.

What is shown is up to TICK_SECONDS old. Two threads that wait for a connection at once may add one of their times only.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import struct
import sys
import weakref
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from .imports import when_imported

VARIABLE = "COMPARE_GAUGES"
FIELDS = (
    "statements",  # counter
    "pool_wait",  # counter, seconds
    "connections",  # highest
    "pool_limit",
    "loop_lag",  # highest, seconds
    "threads_used",  # highest
    "threads_limit",
    "queued",  # highest
)
LAYOUT = struct.Struct(f"{len(FIELDS)}d")
TICK_SECONDS = 0.02
EXECUTES = ("_exec_single_context", "_exec_insertmany_context", "_execute_context")  # SQLAlchemy 2.0 and 2.1, and 1.4


class Gauges:
    """The numbers of this process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.pools: weakref.WeakSet[Any] = weakref.WeakSet()
        self.loops: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()  # each with the task that looks
        self.numbers = count(1)
        self.statements = 0
        self.pool_wait = 0.0
        self._open()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._open)

    def _open(self) -> None:
        file = Path(self.folder) / str(os.getpid())
        file.write_bytes(bytes(LAYOUT.size))
        with file.open("r+b") as opened:
            self.shown = mmap.mmap(opened.fileno(), LAYOUT.size)

    def show(self, lag: float) -> None:
        """Write everything down as it is now."""
        _, _, connections, _, longest, threads, _, queued = LAYOUT.unpack_from(self.shown)
        pools = list(self.pools)
        out = sum(pool.checkedout() for pool in pools)
        used, limit, waiting = workers()
        LAYOUT.pack_into(
            self.shown,
            0,
            self.statements,
            self.pool_wait,
            max(connections, out),
            sum(most(pool) for pool in pools),
            max(longest, lag),
            max(threads, used),
            limit,
            max(queued, waiting),
        )

    def attend(self) -> None:
        """Look at the loop that runs here from now on."""
        loop = asyncio.get_running_loop()
        if loop not in self.loops:
            self.loops[loop] = loop.create_task(self._look(), name="compare-gauges")

    async def _look(self) -> None:
        while True:
            asleep = perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            self.show(max(0.0, perf_counter() - asleep - TICK_SECONDS))


def most(pool: Any) -> int:
    """How many connections a pool may have; 0 for any number."""
    overflow = getattr(pool, "_max_overflow", -1)
    return 0 if overflow < 0 else pool.size() + overflow


def workers() -> tuple[int, int, int]:
    """Of anyio's thread pool, which Starlette runs sync code in: at work, at most, and calls that wait."""
    module = sys.modules.get("anyio.to_thread")
    if module is None:
        return 0, 0, 0
    seen = module.current_default_thread_limiter().statistics()
    return seen.borrowed_tokens, int(min(seen.total_tokens, 1e9)), seen.tasks_waiting


def install(folder: str) -> None:
    """Show this process's numbers in the folder from now on."""
    gauges = Gauges(folder)
    when_imported("sqlalchemy.pool.base", lambda module: _time_pools(module, gauges))
    when_imported("sqlalchemy.engine.base", lambda module: _count_statements(module, gauges))
    when_imported("starlette.applications", lambda module: _attend_loops(module, gauges))


def _time_pools(module: Any, gauges: Gauges) -> None:
    original = module.Pool.connect

    def connect(self: Any) -> Any:
        begun = perf_counter()
        try:
            return original(self)
        finally:
            gauges.pool_wait += perf_counter() - begun
            if hasattr(self, "checkedout"):
                gauges.pools.add(self)

    module.Pool.connect = connect


def _count_statements(module: Any, gauges: Gauges) -> None:
    for name in EXECUTES:
        original = getattr(module.Connection, name, None)
        if original is None or (name == EXECUTES[-1] and hasattr(module.Connection, EXECUTES[0])):
            continue

        def execute(*args: Any, _original: Any = original, **options: Any) -> Any:
            gauges.statements = next(gauges.numbers)  # no thread overwrites another's count with a smaller sum
            return _original(*args, **options)

        setattr(module.Connection, name, execute)


def _attend_loops(module: Any, gauges: Gauges) -> None:
    original = module.Starlette.__call__

    async def __call__(self: Any, scope: Any, receive: Any, send: Any) -> None:  # noqa: N807 - it replaces one
        gauges.attend()
        await original(self, scope, receive, send)

    module.Starlette.__call__ = __call__
