"""Who waits for the database: the project's functions on the stack of each statement, and SQL on the event loop."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from . import loads, places, writing

_stacks: set[tuple[Any, ...]] = set()


def install(sqlalchemy: Any) -> None:
    """Follow the statements of every engine."""
    from sqlalchemy import event  # noqa: PLC0415 - the app has imported it
    from sqlalchemy.engine import Engine  # noqa: PLC0415 - the app has imported it

    event.listen(Engine, "before_cursor_execute", before)
    del sqlalchemy


def before(connection: Any, _cursor: Any, sql: str, _parameters: Any, context: Any, _executemany: bool) -> None:
    """SQLAlchemy's `before_cursor_execute`."""
    frame = sys._getframe(1)  # noqa: SLF001 - no public way to the stack is as cheap
    options = context.execution_options.get("_sa_orm_load_options")
    if options is not None and (options._lazy_loaded_from or options._refresh_state):  # noqa: SLF001 - a listener to `do_orm_execute` would be told, at 20 µs for every statement
        loads.executed(frame, context, options)
    key = places.signature(frame)
    if key not in _stacks:
        _stacks.add(key)
        _functions(places.stack(frame))
        dialect = connection.dialect
        if not writing.seen("dialects", dialect.name):
            writing.keep("dialects", dialect.name, {"name": dialect.name, "driver": getattr(dialect, "driver", "")})
    if _running() is not None and not getattr(connection.dialect, "is_async", False):
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
