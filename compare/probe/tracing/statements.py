"""Who waits for the database: the project's functions on the stack of each statement, and SQL on the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from . import executing, loads, places, writing

_stacks: set[tuple[Any, ...]] = set()


def install(sqlalchemy: Any) -> None:
    """Follow the statements of every engine."""
    executing.follow(before=before)
    del sqlalchemy


def before(context: Any, sql: str, frame: Any) -> None:
    """Note who waits for a statement, and whether the loop does."""
    options = context.execution_options.get("_sa_orm_load_options")
    if options is not None and (options._lazy_loaded_from or options._refresh_state):  # noqa: SLF001 - a listener to `do_orm_execute` would be told, at 20 µs for every statement
        loads.executed(frame, context, options)
    key = places.signature(frame)
    if key not in _stacks:
        _stacks.add(key)
        _functions(places.stack(frame))
        dialect = context.dialect
        if not writing.seen("dialects", dialect.name):
            writing.keep("dialects", dialect.name, {"name": dialect.name, "driver": getattr(dialect, "driver", "")})
    if _running() is not None and not getattr(context.dialect, "is_async", False):
        place = key[:2]
        if not writing.seen("on_loop", place):
            frames = places.stack(frame)
            writing.keep("on_loop", place, {"sql": sql, "at": places.told(frames[0]) if frames else None})


_running = asyncio._get_running_loop  # noqa: SLF001 - documented, and raises nothing where there is none


def _functions(frames: list[places.Frame]) -> None:
    inner: places.Frame | None = None
    for frame in frames:
        if not writing.seen("functions", id(frame.code)):
            writing.keep("functions", id(frame.code), {**places.told(frame), "line": frame.code.co_firstlineno})
        if inner is not None:
            key = (id(frame.code), frame.at, id(inner.code))
            if not writing.seen("edges", key):
                writing.keep(
                    "edges", key, {"caller": places.told(frame), "callee": places.told(inner), "foreign": frame.foreign}
                )
        inner = frame
