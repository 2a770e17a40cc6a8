"""Every statement that SQLAlchemy runs: its text, its values, how it went and where."""

from __future__ import annotations

import asyncio
import re
from time import perf_counter
from typing import Any

from . import tasks, transactions
from .binds import ordered
from .connections import Seen, seen_on
from .current import current, record
from .loads import REFUSAL
from .raised import class_name

# A SELECT that calls a function instead of reading a table may write.
_READS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*\(*\s*(SELECT|SHOW|SET|EXPLAIN|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL
)
_READS_A_TABLE = re.compile(r"\bFROM\s+[\w.\"]+(?!\s*\(|[\w.\"])", re.IGNORECASE)


def may_write(sql: str) -> bool:
    """Whether a statement may have given its transaction an id."""
    found = _READS.match(sql)
    if not found:
        return True
    return found[1].upper() == "SELECT" and "(" in sql and not _READS_A_TABLE.search(sql)


def before(connection: Any, _cursor: Any, sql: str, _parameters: Any, context: Any, _executemany: bool) -> None:
    """SQLAlchemy's `before_cursor_execute`."""
    seen = seen_on(connection)
    if not seen.open:  # SQLAlchemy 1.4 can do without a begin of its own; the driver cannot
        transactions.opened(connection, seen)
    seen.wrote = seen.wrote or may_write(sql)
    seen.committing = None
    seen.began[id(context)] = perf_counter()


def after(  # noqa: PLR0913, PLR0917 - SQLAlchemy's signature
    connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, executemany: bool
) -> None:
    """SQLAlchemy's `after_cursor_execute`."""
    seen = seen_on(connection)
    began = seen.began.pop(id(context), None)
    if began is None or transactions.savepoint(connection, sql):
        return
    rowcount = getattr(cursor, "rowcount", None)
    outcome = {"rowcount": rowcount if isinstance(rowcount, int) else None}
    _note(connection, seen, began, sql, parameters, executemany, outcome)


def failed(context: Any) -> None:
    """SQLAlchemy's `handle_error`, which is also told of failed connects, pings and commits."""
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated:
        return
    seen = seen_on(connection)
    if context.statement is None:
        transactions.commit_failed(seen)
        return
    error, execution = context.original_exception, context.execution_context
    began = seen.began.pop(id(execution), None)
    if began is None or class_name(type(error)) == REFUSAL:  # it never reached the driver
        return
    many = bool(execution is not None and execution.executemany)
    outcome = {"sqlstate": _sqlstate(error), "error": class_name(type(_drivers_own(error)))}
    _note(connection, seen, began, context.statement, context.parameters, many, outcome)


def _note(  # noqa: PLR0913, PLR0917 - what SQLAlchemy tells of a statement, and what came of it
    connection: Any, seen: Seen, began: float, sql: str, parameters: Any, executemany: bool, outcome: dict[str, Any]
) -> None:
    request = current.get() or seen.owner
    try:
        asyncio.get_running_loop()
        on_loop = True
    except RuntimeError:
        on_loop = False
    many = executemany and isinstance(parameters, list)  # a tuple is one set, of all the rows of one INSERT
    record(
        request,
        "Statement",
        began,
        {
            "sql": sql,
            "binds": ordered(sql, parameters[0] if many and parameters else parameters),
            "sets": len(parameters) if many else 1,
            "seconds": perf_counter() - began,
            "connection": seen.number_for(request),
            "task": tasks.number(request, asyncio.current_task()) if on_loop and request else 0,
            "sync_on_loop": on_loop and not getattr(connection.dialect, "is_async", False),
            "in_thread": not on_loop,
            "autocommit": seen.autocommit,
            **outcome,
        },
    )


def _drivers_own(error: BaseException) -> BaseException:
    """The driver's exception: SQLAlchemy's adapters for async drivers raise one of their own from it."""
    if type(error).__module__.startswith("sqlalchemy.") and error.__cause__ is not None:
        return error.__cause__
    return error


def _sqlstate(error: BaseException) -> str:
    for link in (error, error.__cause__):
        for name in ("pgcode", "sqlstate"):
            code = getattr(link, name, None)
            if isinstance(code, str):
                return code
    return ""
