"""Who is asking, as a row: an entity would cost a session, two loaders and a commit, and nothing of it is changed.

The token comes before the connection: a request without one must not take any.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from async_app.auth.router import BearerToken
from async_app.auth.service import USE_RESOLUTION
from async_app.fast.autocommit import DatabaseDep, connected, fetch, write
from shared_models.errors import ForbiddenError, UnauthorizedError
from shared_models.models import CustomerStatus
from shared_models.rules import passwords


def asking(wanted: str = "") -> str:
    """Return the statement that reads who has the token `$1`, and what is wanted of the row `asking` with it."""
    # The time of expiry is added up by the app: to PostgreSQL a day is not always 24 hours.
    return f"""
        SELECT token.id, token.created_at, token.lifetime, token.last_used_at,
            asking.status{wanted and ", "}{wanted}
        FROM login_tokens AS token JOIN customers AS asking ON asking.id = token.customer_id
        WHERE token.token_hash = $1
    """


_IS_STAFF = asking("asking.is_staff")
_USED = "UPDATE login_tokens SET last_used_at = $1 WHERE login_tokens.id = $2"


async def authenticated(connection: AsyncConnection, statement: str, bearer: str, *values: object) -> Sequence[Any]:
    """Return what is wanted by a statement of `asking`, once it is known who asks: one way to the database for both."""
    rows = await fetch(connection, statement, passwords.hash_token(bearer), *values)
    now = datetime.now(UTC)
    if not rows:
        raise UnauthorizedError("This token opens nothing. Log in again.")
    token, created_at, lifetime, last_used_at, status, *wanted = rows[0]
    if created_at + lifetime <= now or status == CustomerStatus.CLOSED:
        raise UnauthorizedError("This token opens nothing. Log in again.")
    if last_used_at is None or now - last_used_at > USE_RESOLUTION:
        await write(connection, _USED, now, token)
    return list(wanted)


async def check_staff(bearer: BearerToken, database: DatabaseDep) -> None:
    """Refuse whoever is not staff; no connection is kept, for reports open their own."""
    async with connected(database) as connection:
        (is_staff,) = await authenticated(connection, _IS_STAFF, bearer)
    if not is_staff:
        raise ForbiddenError("Only staff may do this.")


StaffDep = Annotated[None, Depends(check_staff)]
