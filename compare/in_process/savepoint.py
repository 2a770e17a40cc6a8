"""Isolation by rollback: one outer transaction for a test, in which every commit of the app is a SAVEPOINT (T35)."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

from compare.config import SideConfig
from compare.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Outer:
    """The one connection of a test: what the app has flushed, committed or not, can be read on it."""

    def __init__(self, connection: "Connection | AsyncConnection") -> None:
        self._connection = connection

    async def fetch(self, sql: str, params: Mapping[str, object]) -> list[dict[str, object]]:
        """Run a statement with `%(name)s` placeholders; its rows by column name, none for a statement that has none."""
        from sqlalchemy import Connection, text  # noqa: PLC0415 - the team's own SQLAlchemy, only where it is used

        statement = text(_PLACEHOLDER.sub(r":\1", sql))
        if isinstance(self._connection, Connection):
            result = await asyncio.to_thread(self._connection.execute, statement, params)
        else:
            result = await self._connection.execute(statement, params)
        return [dict(row) for row in result.mappings()] if result.returns_rows else []


@asynccontextmanager
async def rolled_back(side: SideConfig, app: Any) -> AsyncIterator[Outer]:  # noqa: ANN401 - any ASGI app
    """Bind the side's session factory to one connection, and roll back at the end whatever the app committed.

    One connection serves one thing at a time: a test with concurrent sessions needs a clone of its own.

    Raises:
        UsageError: The side does not say where sessions are made, or that place is no `sessionmaker`.
    """
    from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: PLC0415 - the team's own SQLAlchemy, only where it is used

    sessions = _factory(side, app)
    engine = sessions.kw["bind"]
    is_async = isinstance(engine, AsyncEngine)
    connection = await engine.connect() if is_async else await asyncio.to_thread(engine.connect)
    before = {
        "bind": engine,
        "join_transaction_mode": sessions.kw.get("join_transaction_mode", "conditional_savepoint"),
    }
    try:
        transaction = await connection.begin() if is_async else connection.begin()
        sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        try:
            yield Outer(connection)
        finally:
            sessions.configure(**before)
            await transaction.rollback() if is_async else transaction.rollback()
    finally:
        await connection.close() if is_async else connection.close()


def _factory(side: SideConfig, app: Any) -> Any:  # noqa: ANN401 - sessionmaker or async_sessionmaker, of any release
    setting = f"[tool.compare.{side.name}] sessions"
    if side.sessions is None:
        raise UsageError(
            f"{setting} is missing. In-process tests need the place where sessions are made: "
            '"package.module:sessions", or a path on the app such as "state.sessions".'
        )
    module, colon, path = side.sessions.rpartition(":")
    try:
        found = reduce(getattr, path.split("."), import_module(module) if colon else app)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{setting} = {side.sessions!r} is not there: {error}.") from error
    if not hasattr(found, "configure") or "bind" not in getattr(found, "kw", {}):
        raise UsageError(
            f"{setting} = {side.sessions!r} is {type(found).__name__}, not a sessionmaker or async_sessionmaker "
            "with a bind. Leave out the marker in_process, and the side is served."
        )
    return found
