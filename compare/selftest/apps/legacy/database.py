"""Engine and sessions of the legacy side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

ZONE = os.environ.get("HARBOUR_ZONE", "UTC")  # of the database sessions
URL = os.environ["DATABASE_URL"]
POOL_WAIT = 0.1  # seconds

engine = create_engine(
    URL, pool_size=6, max_overflow=0, pool_timeout=2, connect_args={"options": f"-c timezone={ZONE}"}
)
narrow = create_engine(URL, pool_size=1, max_overflow=0, pool_timeout=POOL_WAIT)
sessions = sessionmaker(engine, expire_on_commit=False)


def open_session() -> Iterator[Session]:
    """A session for one request."""
    with sessions() as session:
        yield session


Database = Annotated[Session, Depends(open_session)]
