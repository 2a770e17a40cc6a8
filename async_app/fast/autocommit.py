"""Reads on an autocommit connection: a statement by itself needs no session, no BEGIN and no ROLLBACK.

It is the same pool, so a fast route and a plain one share its connections, its time-out and its end.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from anyio import CancelScope
from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


def install(app: FastAPI) -> None:
    """Keep the engine's autocommit view beside the database of the app."""
    app.state.autocommit = app.state.database.engine.execution_options(isolation_level="AUTOCOMMIT")


def get_engine(request: Request) -> AsyncEngine:
    """Give the engine whose connections commit each statement."""
    engine: AsyncEngine = request.app.state.autocommit
    return engine


EngineDep = Annotated[AsyncEngine, Depends(get_engine)]


async def get_connection(request: Request) -> AsyncIterator[AsyncConnection]:
    """Give a request a connection of its own."""
    connection = await get_engine(request).connect()
    try:
        yield connection
    finally:
        with CancelScope(shield=True):  # a client that goes away must not take the connection with it (T32)
            await connection.close()


ConnectionDep = Annotated[AsyncConnection, Depends(get_connection)]


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> Sequence[Any]:
    """Return all rows. The statement is PostgreSQL's own text with `$1`: nothing is compiled, and it stays prepared."""
    return (await connection.exec_driver_sql(statement, values)).all()
