"""The engine, the session of a request, the way into the thread pool, and the second try of a lost transaction."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, Request
from psycopg2 import errorcodes
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from legacy_app.errors import sqlstate
from legacy_app.settings import Settings
from shared_models.errors import OverloadedError
from shared_models.models import AuditedSession

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 20
LONGEST_PAUSE = 0.3  # seconds
RETRYABLE = {errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED}


@dataclass(frozen=True)
class Database:
    """What one app has of its database. A request finds it at `request.app.state.database`."""

    engine: Engine
    sessions: sessionmaker[AuditedSession]
    slots: asyncio.Semaphore
    settings: Settings


def connect(settings: Settings) -> Database:
    """Make the engine; the first connection is opened by the first query."""
    engine = create_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        pool_pre_ping=True,
        connect_args=_connect_args(settings),
    )
    sessions = sessionmaker(engine, class_=AuditedSession)
    return Database(engine, sessions, asyncio.Semaphore(settings.pool_size), settings)


def start(database: Database) -> None:
    """Tie the thread pool to the connection pool: a thread without a connection only waits (T41)."""
    current_default_thread_limiter().total_tokens = database.settings.pool_size


def stop(database: Database) -> None:
    """Close all connections."""
    database.engine.dispose()


@asynccontextmanager
async def admission(database: Database) -> AsyncIterator[None]:
    """Let no more requests in than there are connections; the others wait their turn, but not forever.

    `run_in_threadpool` has no time-out, and with as many threads as connections the pool's own never fires.
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


def get_session(request: Request, _: Annotated[None, Admitted]) -> Iterator[Session]:
    """Give a request a session of its own. Use cases commit; what they leave open is rolled back here."""
    with request.app.state.database.sessions() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def retried(unit: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Run a unit of work again when PostgreSQL chose it as the victim of a deadlock or a serialization failure."""

    @wraps(unit)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return unit(session, *args, **kwargs)
            except OperationalError as error:
                if sqlstate(error) not in RETRYABLE:
                    raise
                session.rollback()
                time.sleep(_pause(attempt))
        return unit(session, *args, **kwargs)

    return run


def _pause(attempt: int) -> float:
    """Return the seconds to wait before the next try: at random, so that those who met do not meet again."""
    return random.uniform(0, min(0.005 * 2**attempt, LONGEST_PAUSE))  # noqa: S311 - not a secret


def _connect_args(settings: Settings) -> dict[str, Any]:
    if settings.pooler == "transaction":
        return {}  # PgBouncer refuses start-up parameters it does not know: the time-outs are the role's there
    statement, lock = (
        round(limit.total_seconds() * 1000) for limit in (settings.statement_timeout, settings.lock_timeout)
    )
    return {"options": f"-c statement_timeout={statement} -c lock_timeout={lock}", "connect_timeout": 5}
