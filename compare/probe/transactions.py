"""Where transactions and savepoints begin and end, and the id of a transaction that wrote."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Any

from .connections import Seen, seen_on
from .current import Request, current, record
from .work import enter

# The id that PostgreSQL gives a transaction with its first write; the older name is that of servers before 13.
_XID = "SELECT pg_current_xact_id_if_assigned()::text"
_XID_BEFORE_13 = "SELECT txid_current_if_assigned()::text"
_NEW_NAME = (13,)
_SAVEPOINT = re.compile(
    r"\s*(?:(ROLLBACK\s+(?:(?:WORK|TRANSACTION)\s+)?TO\s+)|(RELEASE\s+))?SAVEPOINT\s+(\"[^\"]+\"|\w+)\s*;?\s*$",
    re.IGNORECASE,
)


def opened(connection: Any, seen: Seen) -> None:
    """A transaction begins on a connection, for the current request."""
    request = current.get()
    seen.open, seen.owner, seen.wrote = True, request, False
    seen.isolation = _isolation(connection)
    _note(seen, "begin", isolation=seen.isolation)
    if request is not None and not seen.autocommit:
        enter(request, seen, "transaction", "transaction")


def begin(connection: Any, *_xid: Any) -> None:
    """SQLAlchemy's `begin` and `begin_twophase`."""
    seen = seen_on(connection)
    if not seen.open:
        opened(connection, seen)


def commit(connection: Any) -> None:
    """SQLAlchemy's `commit`: right before the driver commits."""
    _committed(connection, _xid(connection) if seen_on(connection).wrote else None)


def commit_twophase(connection: Any, _xid: Any, _is_prepared: bool) -> None:
    """SQLAlchemy's `commit_twophase`; a prepared transaction has left the connection, which can not be asked."""
    _committed(connection, None)


def _committed(connection: Any, xid: int | None) -> None:
    seen = seen_on(connection)
    if seen.open:
        seen.committing = _note(seen, "commit", xid=xid)
        seen.close()


def rollback(connection: Any, *_twophase: Any) -> None:
    """SQLAlchemy's `rollback` and `rollback_twophase`."""
    if connection.invalidated:  # noted when it was
        return
    seen = seen_on(connection)
    if seen.open:
        _note(seen, "rollback")
        seen.close()


def commit_failed(seen: Seen) -> None:
    """The server refused the commit under way: it was a rollback."""
    if seen.committing is not None:
        seen.committing.update(kind="rollback", xid=None)
        seen.committing = None


def savepoint(connection: Any, sql: str) -> bool:
    """Note a statement that sets, releases or goes back to a savepoint; False for any other statement."""
    found = _SAVEPOINT.match(sql)
    if found:
        kind = "rollback_to" if found[1] else "release" if found[2] else "savepoint"
        _note(seen_on(connection), kind, name=found[3].strip('"'))
    return found is not None


def _note(seen: Seen, kind: str, **fields: object) -> dict[str, object]:
    owner: Request | None = seen.owner
    fields = {"kind": kind, "connection": seen.number_for(owner), **fields}
    record(owner, "Boundary", perf_counter(), fields)
    return fields


def _isolation(connection: Any) -> str:
    """As the connection's options ask, or else the engine; '' for the server's default."""
    asked = connection.get_execution_options().get("isolation_level")
    if not asked:
        dialect = connection.dialect
        asked = getattr(dialect, "_on_connect_isolation_level", None) or getattr(dialect, "isolation_level", None)
    return str(asked or "").replace("_", " ").upper()


def _xid(connection: Any) -> int | None:
    """Ask the server, past SQLAlchemy, so that nobody else's listeners see it; None where it does not tell."""
    try:
        dialect = connection.dialect
        if dialect.name != "postgresql":
            return None
        fairy = connection.connection
        driver = getattr(fairy, "dbapi_connection", None) or fairy.connection
        cursor = driver.cursor()
        try:
            cursor.execute(_XID if dialect.server_version_info >= _NEW_NAME else _XID_BEFORE_13)
            row = cursor.fetchone()
        finally:
            cursor.close()
        value = next(iter(row.values())) if isinstance(row, dict) else row[0]
        return None if value is None else int(value)
    except Exception:  # noqa: BLE001 - whatever is wrong with the connection, the app's own commit meets it next
        return None
