"""Reads on an autocommit Core connection: no session, no BEGIN and no ROLLBACK for what is one statement."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import CancelScope
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection


async def get_connection(request: Request) -> AsyncIterator[AsyncConnection]:
    """Give a request a connection of its own on which each statement is a transaction."""
    engine = request.app.state.reading
    connection = await engine.connect()
    try:
        yield connection
    finally:
        with CancelScope(shield=True):
            await connection.close()


ConnectionDep = Annotated[AsyncConnection, Depends(get_connection)]


async def fetch_one(connection: AsyncConnection, statement: str, *values: object) -> Any:
    """The first row."""
    return (await connection.exec_driver_sql(statement, values)).first()
