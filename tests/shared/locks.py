"""Transactions of a test's own: they hold requests up where the test wants them, and let them go when it says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2

from compare.postgres.connection import open_connection
from compare.pytest_plugin import Database

POOL_SIZE = 10  # the apps' own default
PATIENCE = 20.0  # seconds for what must come about by itself
ROUNDS = 5


class Transaction:
    """A transaction beside the app's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, **params: object) -> None:
        """Run one statement with `%(name)s` placeholders; its locks stay until the end."""
        await asyncio.to_thread(self._execute, sql, params)

    async def commit(self) -> None:
        """Make it true, and let go of the locks."""
        await asyncio.to_thread(self._connection.commit)

    def _execute(self, sql: str, params: dict[str, object]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params or None)


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Transaction]:
    """A transaction on the database of the test, rolled back at the end unless it was committed."""
    connection = await asyncio.to_thread(open_connection, database.address)
    try:
        connection.autocommit = False
        yield Transaction(connection)
    finally:
        await asyncio.to_thread(connection.close)


async def waiting(database: Database, count: int, event: str = "Lock", within: float = PATIENCE) -> bool:
    """Wait until so many connections wait for a lock, or for another of PostgreSQL's wait events; False if never."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        (row,) = await database.fetch(
            "SELECT count(*) AS found FROM pg_stat_activity"
            " WHERE datname = current_database() AND %(event)s IN (wait_event_type, wait_event)",
            event=event,
        )
        if row["found"] >= count:
            return True
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)


async def every_connection_is_free(client: httpx.AsyncClient, database: Database, size: int = POOL_SIZE) -> bool:
    """Whether the whole pool can be in use at once: a request holds each of its connections, and all are answered.

    The requests give up on the lock by themselves after a while, so a slow machine gets more than one round.
    """
    for _ in range(ROUNDS):
        async with transaction(database) as other:
            await other.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
            requests = [asyncio.create_task(client.get("/items")) for _ in range(size)]
            full = await waiting(database, size, within=2.0)
        answers = [(await request).status_code for request in requests]
        if full and answers == [200] * size:
            return True
    return False
