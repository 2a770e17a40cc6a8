"""Everything that differs between one installation and the next, read from the environment."""

from datetime import timedelta
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Each field is an environment variable of the same name."""

    #: With the driver named, always: what `postgresql://` means has changed with SQLAlchemy 2.1 (T53).
    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    #: What stands between the app and PostgreSQL: nothing, or PgBouncer handing out a connection per transaction.
    pooler: Literal["none", "transaction"] = "none"
    pool_size: int = Field(default=10, ge=1)
    #: Seconds a request may wait for its turn before it is told that the app is full.
    pool_timeout: float = Field(default=2.0, gt=0)
    statement_timeout: timedelta = timedelta(seconds=5)
    lock_timeout: timedelta = timedelta(seconds=2)
    #: A report gets less: a slow one is cut off while the client still waits.
    report_timeout: timedelta = timedelta(seconds=1)
    token_lifetime: timedelta = timedelta(hours=24)
