"""Who asks: one row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from async_app.auth.router import BearerToken
from async_app.auth.service import USE_RESOLUTION
from async_app.fast.autocommit import ConnectionDep, fetch_one
from shared_models.errors import UnauthorizedError
from shared_models.rules import passwords

FIND = """
SELECT t.id, t.created_at + t.lifetime, t.last_used_at, c.id, c.is_staff, c.status = 'closed'
FROM login_tokens t JOIN customers c ON c.id = t.customer_id WHERE t.token_hash = $1
"""
USED = "UPDATE login_tokens SET last_used_at = $2 WHERE id = $1"


@dataclass(frozen=True)
class Caller:
    id: int
    is_staff: bool


async def caller(connection: ConnectionDep, bearer: BearerToken) -> Caller:
    row = await fetch_one(connection, FIND, passwords.hash_token(bearer))
    now = datetime.now(UTC)
    if row is None or row[1] <= now or row[5]:
        raise UnauthorizedError("This token opens nothing. Log in again.")
    if row[2] is None or now - row[2] > USE_RESOLUTION:
        await connection.exec_driver_sql(USED, (row[0], now))
    return Caller(row[3], row[4])


CallerDep = Annotated[Caller, Depends(caller)]
