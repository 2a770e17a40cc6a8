"""Reads on an autocommit connection: a statement by itself needs no session, no BEGIN and no ROLLBACK.

It is the pool of the sessions, so a fast route and a plain one share its connections, its time-out and its end.

Behind PgBouncer in transaction mode a statement keeps its transaction: asyncpg prepares it in one round trip and runs
it in the next, and without a transaction each may meet another connection of the server (T33).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Annotated, Any

from anyio import CancelScope
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from async_app.database import Database, admission


async def get_database(request: Request) -> Database:
    """Give what the app has of its database."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(get_database)]


@asynccontextmanager
async def connected(database: Database, *, autocommit: bool = True) -> AsyncIterator[AsyncConnection]:
    """Give a connection, which goes back also when the task is cancelled (T29).

    It comes from whatever the sessions are bound to: an engine, or one connection that somebody else opened and closes.
    """
    bind: AsyncEngine | AsyncConnection = database.sessions.kw["bind"]
    if isinstance(bind, AsyncConnection):
        yield bind
        return
    pooled = database.settings.pooler == "transaction"
    async with admission(database):
        connection = await (_single(bind, pooled=pooled) if autocommit else bind).connect()
        try:
            yield connection
        finally:
            with CancelScope(shield=True):  # a client that goes away must not take the connection with it (T32)
                await connection.close()


@lru_cache
def _single(engine: AsyncEngine, *, pooled: bool) -> AsyncEngine:
    """Return the engine for statements by themselves. The second option is this file's: `write` asks for it."""
    return engine.execution_options(**({} if pooled else {"isolation_level": "AUTOCOMMIT"}), single=True)


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> Sequence[Any]:
    """Return all rows. The statement is PostgreSQL's own text with `$1`: nothing is compiled, and it stays prepared."""
    return (await connection.exec_driver_sql(statement, values)).all()


async def write(connection: AsyncConnection, statement: str, *values: object) -> None:
    """Run a statement that writes in a transaction of its own: to whoever reads along, autocommit is none."""
    plain = connection.sync_connection
    options = plain.get_execution_options() if plain else {}
    if options.get("isolation_level") != "AUTOCOMMIT":
        await connection.exec_driver_sql(statement, values)
        if "single" in options:  # else it is somebody else's connection, and transaction
            await connection.commit()
        return
    await connection.commit()  # of nothing: SQLAlchemy changes no level on the way
    _ = await connection.execution_options(isolation_level=connection.default_isolation_level)
    async with connection.begin():
        await connection.exec_driver_sql(statement, values)
    _ = await connection.execution_options(isolation_level="AUTOCOMMIT")
