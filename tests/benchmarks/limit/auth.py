"""Who is asking: the token of a request, and the part of a statement that looks it up."""

from typing import Annotated

import asyncpg
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared_models.errors import ForbiddenError, UnauthorizedError
from shared_models.rules.passwords import hash_token
from tests.benchmarks.limit.database import Connection

#: For `WITH`: one row for a token that opens something, none for any other; its hash is the first parameter.
#: The moment is computed in UTC, where a day has 24 hours in every time zone of the session, as Python computes it.
ASKING = """
asking AS MATERIALIZED (
    SELECT customers.id, is_staff, status, login_tokens.id AS token,
           coalesce(now() - last_used_at > interval '10 minutes', true) AS stale
      FROM login_tokens JOIN customers ON customers.id = customer_id
     WHERE token_hash = $1 AND status <> 'closed'
       AND login_tokens.created_at AT TIME ZONE 'UTC' + lifetime > now() AT TIME ZONE 'UTC'
)"""

_KNOWN = f"WITH {ASKING} SELECT id, is_staff, token, stale FROM asking"
_USED = "UPDATE login_tokens SET last_used_at = now() WHERE id = $1"

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def token_hash(credentials: Credentials) -> bytes:
    """Return what the token of this request is stored under. A coroutine: a plain function would be run in a thread."""
    if credentials is None:
        raise UnauthorizedError("This needs a bearer token. POST /login hands one out.")
    return hash_token(credentials.credentials)


TokenHash = Annotated[bytes, Depends(token_hash)]


async def opened(connection: Connection, row: asyncpg.Record | None) -> asyncpg.Record:
    """Return the row of a statement that looked the token up, and write its use down now and then.

    Raises:
        UnauthorizedError: there is no row, for the token opens nothing.
    """
    if row is None:
        raise UnauthorizedError("This token opens nothing. Log in again.")
    if row["stale"]:
        await connection.execute(_USED, row["token"])
    return row


async def check_staff(connection: Connection, token: bytes) -> None:
    """Raise UnauthorizedError or ForbiddenError unless the token is one of staff."""
    row = await opened(connection, await connection.fetchrow(_KNOWN, token))
    if not row["is_staff"]:
        raise ForbiddenError("Only staff may do this.")
