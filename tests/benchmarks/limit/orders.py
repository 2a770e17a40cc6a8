"""Reading orders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from shared_models.errors import NotFoundError
from shared_models.models import OrderStatus
from shared_models.rules import cursors
from shared_models.schemas.values import Text
from tests.benchmarks.limit import answers
from tests.benchmarks.limit.answers import JSON
from tests.benchmarks.limit.auth import ASKING, TokenHash, opened
from tests.benchmarks.limit.database import DatabaseDep

router = APIRouter(prefix="/orders")

_ONE = f"""
WITH {ASKING}
SELECT token, stale, (
    SELECT {answers.ORDER}::text FROM orders {answers.PARTS}
     WHERE orders.public_id = $2 AND (asking.is_staff OR orders.customer_id = asking.id)) AS answer
  FROM asking"""

#: Behind every order: what a page begins after when no cursor says otherwise.
_NEWEST = 2**63 - 1


@router.get("/{order_id}")
async def read_order(database: DatabaseDep, token: TokenHash, order_id: UUID) -> Response:
    """Read one order."""
    async with database.connection() as connection:
        row = await opened(connection, await connection.fetchrow(_ONE, token, order_id))
    if row["answer"] is None:
        raise NotFoundError("There is no such order.")
    return Response(row["answer"], media_type=JSON)


def _page(condition: str) -> str:
    """Return the statement of a page. Staff reads the primary key, everybody else an index of their own orders."""
    chosen = f"SELECT * FROM orders WHERE id < $2 AND {condition}"
    return f"""
    WITH {ASKING}, page AS MATERIALIZED (
        (SELECT * FROM ({chosen} ORDER BY id DESC LIMIT $3) every WHERE (SELECT is_staff FROM asking))
        UNION ALL
        ({chosen} AND customer_id = (SELECT id FROM asking WHERE NOT is_staff) ORDER BY id DESC LIMIT $3)
    )
    SELECT token, stale,
           array_to_json(ARRAY(
               SELECT {answers.SUMMARY} FROM (SELECT * FROM page ORDER BY id DESC LIMIT $3 - 1) orders
               {answers.PARTS} ORDER BY orders.id DESC))::text AS answer,
           CASE WHEN (SELECT count(*) FROM page) = $3 THEN
               (SELECT id FROM page ORDER BY id DESC OFFSET $3 - 2 LIMIT 1) END AS last
      FROM asking"""


_PAGE = _page("true")
_PAGE_OF_STATUS = _page("status = $4::text::order_status")


@router.get("")
async def list_orders(
    database: DatabaseDep,
    token: TokenHash,
    status: OrderStatus | None = None,
    after: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """List one's own orders, newest first, page by page; staff sees everybody's."""
    behind = int(cursors.decode(after, int)[0]) if after else _NEWEST
    query, *more = (_PAGE,) if status is None else (_PAGE_OF_STATUS, status.value)
    async with database.connection() as connection:
        row = await opened(connection, await connection.fetchrow(query, token, behind, limit + 1, *more))
    following = "null" if row["last"] is None else f'"{cursors.encode(row["last"])}"'
    return Response(f'{{"orders":{row["answer"]},"next":{following}}}', media_type=JSON)
