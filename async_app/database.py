"""The engine, the session of a request, and the second try of a lost transaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

from anyio import CancelScope
from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from async_app.errors import sqlstate
from async_app.settings import Settings
from shared_models import sqlstates
from shared_models.errors import OverloadedError
from shared_models.models import AuditedSession

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 20
LONGEST_PAUSE = 0.3  # seconds
RETRYABLE = {sqlstates.SERIALIZATION_FAILURE, sqlstates.DEADLOCK_DETECTED}


@dataclass(frozen=True)
class Database:
    """What one app has of its database. A request finds it at `request.app.state.database`."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    slots: asyncio.Semaphore
    settings: Settings


def connect(settings: Settings) -> Database:
    """Make the engine; the first connection is opened by the first query."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        pool_pre_ping=True,
        native_inet_types=False,  # text, as psycopg2 has it (T48)
        connect_args=_connect_args(settings),
    )
    sessions = async_sessionmaker(engine, sync_session_class=AuditedSession, expire_on_commit=False)
    return Database(engine, sessions, asyncio.Semaphore(settings.pool_size), settings)


async def stop(database: Database) -> None:
    """Close all connections."""
    await database.engine.dispose()


@asynccontextmanager
async def admission(database: Database) -> AsyncIterator[None]:
    """Let no more requests in than there are connections; the others wait their turn, but not forever.

    The pool's own queue is no queue: a connection that comes back belongs to whoever asks first, and not to the request
    that has waited longest.
    """
    try:
        async with asyncio.timeout(database.settings.pool_timeout):
            await database.slots.acquire()
    except TimeoutError:
        raise OverloadedError("All connections are in use. Try again in a moment.") from None
    try:
        yield
    finally:
        database.slots.release()


async def admitted(request: Request) -> AsyncIterator[None]:
    """Let a request in when it is its turn."""
    async with admission(request.app.state.database):
        yield


Admitted = Depends(admitted)


async def get_session(request: Request, _: Annotated[None, Admitted]) -> AsyncIterator[AsyncSession]:
    """Give a request a session of its own. Use cases commit; what they leave open is rolled back here."""
    session = request.app.state.database.sessions()
    try:
        yield session
    finally:
        with CancelScope(shield=True):  # a client that goes away must not take the connection with it (T32)
            await session.close()


SessionDep = Annotated[AsyncSession, Depends(get_session)]


def retried(
    unit: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
) -> Callable[Concatenate[AsyncSession, P], Awaitable[T]]:
    """Run a unit of work again when PostgreSQL chose it as the victim of a deadlock or a serialization failure."""

    @wraps(unit)
    async def run(session: AsyncSession, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return await unit(session, *args, **kwargs)
            except DBAPIError as error:  # not OperationalError: asyncpg's deadlocks are no such thing (T21)
                if sqlstate(error) not in RETRYABLE:
                    raise
                await session.rollback()
                await asyncio.sleep(_pause(attempt))
        return await unit(session, *args, **kwargs)

    return run


def _pause(attempt: int) -> float:
    """Return the seconds to wait before the next try: at random, so that those who met do not meet again."""
    return random.uniform(0, min(0.005 * 2**attempt, LONGEST_PAUSE))  # noqa: S311 - not a secret


def _connect_args(settings: Settings) -> dict[str, Any]:
    if settings.pooler == "transaction":
        # Every transaction may meet another server connection, where a named statement does not exist (T33), and
        # PgBouncer refuses start-up parameters it does not know: the time-outs are the role's there.
        return {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        }
    statement, lock = (
        round(limit.total_seconds() * 1000) for limit in (settings.statement_timeout, settings.lock_timeout)
    )
    return {"server_settings": {"statement_timeout": str(statement), "lock_timeout": str(lock)}, "timeout": 5}
