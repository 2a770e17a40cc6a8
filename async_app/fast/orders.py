"""Reading an order and listing orders: one statement each, and its JSON goes out as it comes, as after paying."""

import json
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from async_app.auth.router import BearerToken, CurrentCustomer
from async_app.database import SessionDep, retried
from async_app.fast.autocommit import DatabaseDep, connected, fetch
from async_app.fast.callers import asking, authenticated
from async_app.fast.json_text import JSON, array, decimal, moment, record
from async_app.fast.routes import FastRoute
from async_app.orders import service
from shared_models.errors import NotFoundError, UnprocessableError
from shared_models.models import Customer, OrderStatus
from shared_models.rules import cursors
from shared_models.schemas.orders import OrderPay
from shared_models.schemas.values import Text

router = APIRouter(route_class=FastRoute)

_AMOUNT = "line.quantity * line.unit_price"
_LINES = array(
    record(
        item=record(sku="item.sku", name="item.name"),
        quantity="line.quantity",
        unit_price=decimal("line.unit_price"),
        amount=decimal(_AMOUNT),
    ),
    "FROM order_lines AS line JOIN items AS item ON item.id = line.item_id"
    " WHERE line.order_id = orders.id ORDER BY line.position",
)
_TOTAL = decimal(f"coalesce((SELECT sum({_AMOUNT}) FROM order_lines AS line WHERE line.order_id = orders.id), 0)")
_CUSTOMER = record(id="customer.public_id", email="customer.email", name="customer.name", status="customer.status")
_METHOD = {"id": "method.public_id", "kind": "method.kind", "label": "method.label"}
_ACCOUNT = record(id="account.public_id", currency="account.currency", balance=decimal("account.balance"))
_PAYMENT_METHOD = f"""(
    SELECT CASE method.kind
        WHEN 'wallet' THEN {record(**_METHOD, account=_ACCOUNT)}
        WHEN 'card' THEN {record(**_METHOD, brand="card.brand", last_four="card.last_four")}
        WHEN 'invoice' THEN {record(**_METHOD, days="invoice.days")}
    END
    FROM payment_methods AS method
    LEFT JOIN wallet_payments AS wallet ON wallet.id = method.id
    LEFT JOIN accounts AS account ON account.id = wallet.account_id
    LEFT JOIN card_payments AS card ON card.id = method.id
    LEFT JOIN invoice_payments AS invoice ON invoice.id = method.id
    WHERE method.id = orders.payment_method_id
)"""
_HISTORY = array(
    record(status="change.status", at=moment("change.at")),
    "FROM order_status_changes AS change WHERE change.order_id = orders.id ORDER BY change.id",
)
_HEAD = {"id": "orders.public_id", "status": "orders.status", "total": _TOTAL, "customer": _CUSTOMER}
_CREATED = {"created_at": moment("orders.created_at")}

_ORDER = record(
    **_HEAD,
    payment_method=_PAYMENT_METHOD,
    lines=_LINES,
    history=_HISTORY,
    **_CREATED,
    updated_at=moment("orders.updated_at"),
)
_SUMMARY = record(**_HEAD, lines=_LINES, **_CREATED)

_ONE = f"""
    SELECT {_ORDER}::text FROM orders JOIN customers AS customer ON customer.id = orders.customer_id
    WHERE orders.public_id =
"""
_PAID = f"{_ONE} $1"
_READ = asking(f"({_ONE} $2 AND (asking.is_staff OR orders.customer_id = asking.id))")


@router.get("/orders/{order_id}")
async def read_order(bearer: BearerToken, database: DatabaseDep, order_id: UUID) -> Response:
    """Read one order."""
    async with connected(database) as connection:
        (order,) = await authenticated(connection, _READ, bearer, order_id)
    if order is None:
        raise NotFoundError("There is no such order.")
    return Response(order, media_type=JSON)


@router.get("/orders")
async def list_orders(
    bearer: BearerToken,
    database: DatabaseDep,
    status: OrderStatus | None = None,
    after: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """List one's own orders, newest first, page by page; staff sees everybody's."""
    try:
        last = int(cursors.decode(after, int)[0]) if after else None
    except UnprocessableError:
        async with connected(database) as connection:  # told only to who may ask
            await authenticated(connection, asking(), bearer)
        raise
    filters = {"status =": status, "id <": last}
    given = {comparison: value for comparison, value in filters.items() if value is not None}
    async with connected(database) as connection:
        (rows,) = await authenticated(connection, _listing(limit + 1, *given), bearer, *given.values())
    page = [row.partition(" ") for row in rows[:limit]]
    following = cursors.encode(int(page[-1][0])) if len(rows) > limit else None
    text = f'{{"orders":[{",".join(summary for _, _, summary in page)}],"next":{json.dumps(following)}}}'
    return Response(text, media_type=JSON)


@router.post("/orders/{order_id}/pay")
async def pay_order(  # noqa: PLR0913, PLR0917 - FastAPI hands them over by name
    database: DatabaseDep,
    background: BackgroundTasks,
    session: SessionDep,
    asking: CurrentCustomer,
    order_id: UUID,
    payload: OrderPay,
) -> Response:
    """Pay a pending order of one's own; its receipt is written afterwards."""
    order = await _pay(session, asking, order_id, payload)
    background.add_task(service.write_receipt, database, order_id)
    return Response(order, media_type=JSON)


@retried
async def _pay(session: AsyncSession, asking: Customer, order_id: UUID, payload: OrderPay) -> str:
    """Pay as the plain route does, through the ORM: only what is answered is not read back into entities."""
    await service.settle(session, asking, order_id, payload)
    await session.flush()
    connection = await session.connection()
    (order,) = (await fetch(connection, _PAID, order_id))[0]
    await session.commit()
    return str(order)


@lru_cache
def _listing(rows: int, *comparisons: str) -> str:
    """Return the statement with these comparisons only: a value that may be NULL has no type (T19).

    The number of rows is part of it: with a parameter there PostgreSQL plans anew each time, which takes longer than to
    run it, because it has to guess a number for a plan that it could keep.
    """
    wanted = [f"{comparison} ${number}" for number, comparison in enumerate(comparisons, 2)]
    every, own = " AND ".join([*wanted, "true"]), " AND ".join([*wanted, "customer_id = asking.id"])
    return asking(f"CASE WHEN asking.is_staff THEN {_page(every, rows)} ELSE {_page(own, rows)} END")


def _page(condition: str, rows: int) -> str:
    return f"""ARRAY(
        SELECT orders.id || ' ' || {_SUMMARY}::text
        FROM (SELECT * FROM orders WHERE {condition} ORDER BY id DESC LIMIT {rows}) AS orders
        JOIN customers AS customer ON customer.id = orders.customer_id
        ORDER BY orders.id DESC
    )"""
