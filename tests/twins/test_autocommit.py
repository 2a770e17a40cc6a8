"""What the fast app writes on a connection that commits by itself, and on one that is not its own."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from async_app.database import Database, connect, stop
from async_app.fast.autocommit import connected, fetch, write
from async_app.settings import Settings
from compare.postgres import Clone, Server

WRITTEN = "INSERT INTO written VALUES ($1)"
BLOCK = "LOCK TABLE written"  # PostgreSQL refuses it to a statement that no BEGIN came before


@pytest.fixture
async def clone(filled: Server) -> AsyncIterator[Clone]:
    """A database with a table to write to."""
    with filled.clone("autocommit") as clone:
        clone.execute("CREATE TABLE written (what text)")
        yield clone


@pytest.fixture
async def database(clone: Clone) -> AsyncIterator[Database]:
    """As the app has it."""
    database = connect(Settings(database_url=clone.address.url("asyncpg")))
    yield database
    await stop(database)


async def test_what_writes_has_a_transaction_of_its_own_among_reads_that_have_none(
    database: Database, clone: Clone
) -> None:
    async with connected(database) as connection:
        for what in ("one", "two"):
            await write(connection, WRITTEN, what)
            await write(connection, BLOCK)
            with pytest.raises(DBAPIError, match="transaction block"):
                await fetch(connection, BLOCK)
        assert [row["what"] for row in clone.fetch("SELECT what FROM written")] == ["one", "two"]


@pytest.mark.parametrize("level", ["", "REPEATABLE READ"])
async def test_the_transaction_of_somebody_elses_connection_is_left_alone(
    level: str, database: Database, clone: Clone
) -> None:
    engine = database.engine.execution_options(isolation_level=level) if level else database.engine
    async with engine.connect() as theirs:
        await theirs.execute(text("INSERT INTO written VALUES ('theirs')"))
        async with connected(replace(database, sessions=async_sessionmaker(theirs))) as connection:
            await write(connection, WRITTEN, "ours")
        assert theirs.in_transaction()
        await theirs.rollback()
    assert clone.fetch("SELECT what FROM written") == []
