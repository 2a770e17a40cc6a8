"""An app that sizes its pools and its threads itself, twice, and shows what it has got."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool, QueuePool

URL = os.environ["DATABASE_URL"]


class Counted(QueuePool):
    """A pool of the app's own, with its own sizes."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **(options | {"pool_size": 4, "max_overflow": 1}))  # type: ignore[arg-type]


sized = create_engine(URL, pool_size=3, max_overflow=2, pool_timeout=5)
counted = create_engine(URL, poolclass=Counted)
single = create_engine(URL, poolclass=NullPool)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Set the threads at the start, as an app does."""
    current_default_thread_limiter().total_tokens = 9
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/late")
async def late() -> int:
    """Set them again, later."""
    current_default_thread_limiter().total_tokens = 8
    return 8


@app.get("/has")
async def has() -> dict[str, object]:
    """What there is."""
    return {
        "pools": [[engine.pool.size(), engine.pool._max_overflow] for engine in (sized, counted)],  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else shows it
        "threads": current_default_thread_limiter().total_tokens,
    }


@app.get("/use")
def use() -> int:
    """Connect from every pool, and dispose of one."""
    for engine in (sized, counted, single):
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    sized.dispose()
    with sized.connect() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())
