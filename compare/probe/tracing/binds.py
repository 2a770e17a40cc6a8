"""Which statements and values the strict driver would refuse: each that psycopg has run is asked about once.

The statement is written as SQLAlchemy writes it for asyncpg and prepared, on the connection that has just run it:
tables that a test made and has not committed are there. What PostgreSQL then says of its parameters is compared with
the values (T14 to T17, T19, T20). Nothing is executed a second time, and a transaction is left as it was.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from . import executing, places, strict, writing

NAME = "compare_trace"
_PREPARED = ("select", "insert", "update", "delete", "with", "values", "merge")  # what PREPARE takes
_QUOTED = re.compile(  # and comments: a semicolon within them ends no statement
    r"\$(\w*)\$.*?\$\1\$|E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL | re.IGNORECASE
)
_OF_THE_STATEMENT = ("42", "22")  # sqlstate classes: what is wrong with it, and not with the server or the moment
_asked: set[tuple[Any, ...]] = set()
_dialects: list[Any] = []


def install(sqlalchemy: Any) -> None:
    """Follow the statements of every engine."""
    if not hasattr(sqlalchemy.sql.compiler.SQLCompiler, "construct_expanded_state"):
        return  # 1.4: it does not say what it would hand over
    try:
        from sqlalchemy.dialects.postgresql.asyncpg import dialect  # noqa: PLC0415 - needs no asyncpg to be there
    except ImportError:
        return
    _dialects.append(dialect())  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types
    executing.follow(after=after)


def after(context: Any, _sql: str, frame: Any, cursor: Any) -> None:
    """Ask about a statement whose values psycopg took."""
    dialect, compiled = context.dialect, context.compiled
    if compiled is None or dialect.name != "postgresql" or dialect.is_async or context.isddl:
        return
    text = compiled.string
    for row in context.compiled_parameters:
        key = (text, *map(_kind, row.values()))
        if key in _asked:
            continue
        _asked.add(key)
        for parameter, told in _refused(compiled, row, cursor, context):
            at = places.innermost(frame)
            place = (text, parameter, told["reason"], at and (id(at.code), at.at))
            if not writing.seen("refused", place):
                writing.keep("refused", place, {"sql": text, "at": places.told(at) if at else None, **told})


def _kind(value: Any) -> Any:
    """What of a value decides whether it is taken."""
    kind = type(value)
    if kind is int:
        return kind, value.bit_length() > 15, value.bit_length() > 31, value.bit_length() > 63  # noqa: PLR2004 - int2, int4, int8
    if kind is dt.datetime:
        return kind, value.tzinfo is None
    if kind is list or kind is tuple:
        return kind, frozenset(map(_kind, value))
    return kind


def _refused(compiled: Any, row: Any, cursor: Any, context: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        ready = _as_asyncpg(compiled, row, context)
    except Exception as error:  # noqa: BLE001 - the dialect's own refusal, whatever it raises
        if type(error).__module__.startswith("sqlalchemy") or isinstance(error, TypeError | ValueError):
            yield "", _told("", "", _first_line(error))
        return
    if ready is None:
        return
    text, values = ready
    types = _types(text, cursor.connection)
    if isinstance(types, str):
        yield "", _told("", "", types)
        return
    for (name, value), pg_type in zip(values, types, strict=False):
        expected = strict.refusal(pg_type, value)
        changed = "" if expected else strict.change(pg_type, value)
        if expected:
            yield name, _told(name, pg_type, f"{expected} is expected, not {type(value).__name__}")
        elif changed:
            yield name, _told(name, pg_type, f"{type(value).__name__}: {changed}", silent=True)


def _told(parameter: str, pg_type: str, reason: str, *, silent: bool = False) -> dict[str, Any]:
    return {"parameter": parameter, "type": pg_type, "reason": reason, "silent": silent}


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _as_asyncpg(compiled: Any, row: Any, context: Any) -> tuple[str, list[tuple[str, Any]]] | None:
    """Return the statement as asyncpg gets it, with what it is handed for `$1`, `$2`, …; None if it cannot be asked."""
    if context.execution_options.get("schema_translate_map"):
        return None
    again = compiled.statement.compile(dialect=_dialects[0], column_keys=compiled.column_keys)
    state = again.construct_expanded_state(_unexpanded(row, context), escape_names=False)
    text = state.statement.strip().rstrip(";").rstrip()
    if ";" in _QUOTED.sub("", text):
        raise ValueError("there is more than one statement in it, and asyncpg prepares one")
    if not text.lower().lstrip("( \n\t").startswith(_PREPARED):
        return None
    names = state.positiontup or ()
    return text, [(name, _processed(state, name)) for name in names]


def _processed(state: Any, name: str) -> Any:
    value, processor = state.parameters[name], state.processors.get(name)
    return value if processor is None else processor(value)


def _unexpanded(row: Any, context: Any) -> dict[str, Any]:
    """Values as the statement was given them: what was spread over an `IN` is one list again."""
    spread: dict[str, list[str]] = getattr(context, "_expanded_parameters", None) or {}
    return {**row, **{name: [row[part] for part in parts] for name, parts in spread.items()}}


def _types(text: str, connection: Any) -> list[str] | str:
    """Return the types of a statement's parameters, or why it cannot be prepared."""
    open_already = not connection.autocommit
    try:
        with connection.cursor() as cursor:
            try:
                if open_already:
                    cursor.execute(f"SAVEPOINT {NAME}")
                cursor.execute(f"PREPARE {NAME} AS {text}")
                cursor.execute(  # the types, as text
                    f"SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = '{NAME}'"  # noqa: S608 - our own name
                )
                found = list(cursor.fetchone()[0])
                cursor.execute(f"DEALLOCATE {NAME}")
            except Exception as error:  # noqa: BLE001 - the driver's own, whichever it is
                if open_already:
                    cursor.execute(f"ROLLBACK TO SAVEPOINT {NAME}")
                state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or ""
                return f"PostgreSQL says: {_first_line(error)}" if state[:2] in _OF_THE_STATEMENT else []
            finally:
                if open_already:
                    cursor.execute(f"RELEASE SAVEPOINT {NAME}")
    except Exception:  # noqa: BLE001 - a connection that is no more; what it ran was told
        return []
    return found
