"""Engine and sessions of the async side."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

ZONE = os.environ.get("HARBOUR_ZONE", "UTC")  # of the database sessions
URL = os.environ["DATABASE_URL"]
SYNC_URL = os.environ["SYNC_URL"]  # for the plants that kept the old driver
POOL_WAIT = 0.1  # seconds

engine = create_async_engine(
    URL, pool_size=6, max_overflow=0, pool_timeout=2, connect_args={"server_settings": {"timezone": ZONE}}
)
narrow = create_async_engine(URL, pool_size=1, max_overflow=0, pool_timeout=POOL_WAIT)
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def open_session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with sessions() as session:
        yield session


Database = Annotated[AsyncSession, Depends(open_session)]
