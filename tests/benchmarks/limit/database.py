"""The pool, and a connection of it for a request."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import asyncpg
from fastapi import Depends, Request

from async_app.database import ATTEMPTS, LONGEST_PAUSE
from async_app.settings import Settings
from shared_models.errors import OverloadedError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class _Kept(asyncpg.Connection):
    """A connection that goes back as it is: no request sets anything that outlives its transaction.

    asyncpg would send a statement that resets all of it, one more round trip a request.
    """

    def get_reset_query(self) -> str:
        """Return nothing to be run."""
        return ""


@dataclass(frozen=True)
class Database:
    """What the app has of its database. A request finds it at `request.app.state.database`."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    settings: Settings

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; whatever is left open on it is rolled back.

        Raises:
            OverloadedError: none was free for `pool_timeout` seconds.
        """
        try:
            async with asyncio.timeout(self.settings.pool_timeout):  # acquire(timeout=...) would make a task of it
                connection = await self.pool.acquire()
        except TimeoutError:
            raise OverloadedError("All connections are in use. Try again in a moment.") from None
        try:
            yield connection
        finally:
            await self.pool.release(connection)  # shielded, in asyncpg


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[Database]:
    """Hold the pool, which belongs to the loop it is made on; the first connection is opened by the first query."""
    milliseconds = {
        name: str(round(limit.total_seconds() * 1000))
        for name, limit in (
            ("statement_timeout", settings.statement_timeout),
            ("lock_timeout", settings.lock_timeout),
        )
    }
    async with asyncpg.create_pool(
        settings.database_url.replace("+asyncpg", "", 1),
        min_size=0,
        max_size=settings.pool_size,
        max_queries=2**62,
        max_inactive_connection_lifetime=0,
        connection_class=_Kept,
        server_settings=milliseconds,
        timeout=5,
    ) as pool:
        yield Database(pool, settings)


async def retried(unit: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction again when PostgreSQL chose it as the victim of a deadlock or a serialization failure."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await unit()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(random.uniform(0, min(0.005 * 2**attempt, LONGEST_PAUSE)))  # noqa: S311 - not a secret
    return await unit()


async def get_database(request: Request) -> Database:
    """Give a request the app's database. A coroutine: a plain function would be run in a thread."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(get_database)]
