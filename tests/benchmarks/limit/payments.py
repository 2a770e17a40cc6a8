"""Paying an order: one statement for all of it, and one for the receipt afterwards.

The order, its items by id and both accounts by id are locked one after the other, as in the twin; each step reads the
one before it. Locked rows are read as they are once the lock is there, so that one statement is enough where the twin
needs a snapshot for many.
"""

import logging
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from shared_models.errors import ConflictError, ForbiddenError, NotFoundError
from shared_models.models import Customer, CustomerStatus, Item, Order, OrderStatus
from shared_models.models.audit import request_id
from shared_models.rules import documents, ordering, transfers
from shared_models.schemas.orders import OrderPay
from tests.benchmarks.limit import answers
from tests.benchmarks.limit.answers import JSON
from tests.benchmarks.limit.auth import ASKING, TokenHash, opened
from tests.benchmarks.limit.database import Database, DatabaseDep, retried
from tests.benchmarks.limit.wallets import MOVES, MOVING, account

logger = logging.getLogger(__name__)

router = APIRouter()

_LOCKED = """
chosen AS MATERIALIZED (
    SELECT * FROM orders
     WHERE public_id = $2 AND customer_id = (SELECT id FROM asking WHERE status = 'active') FOR UPDATE
),
method AS MATERIALIZED (
    SELECT payment_methods.id, account_id
      FROM payment_methods LEFT JOIN wallet_payments ON wallet_payments.id = payment_methods.id
     WHERE public_id = $3 AND customer_id = (SELECT id FROM asking)
),
pending AS MATERIALIZED (
    SELECT chosen.*, method.id AS method, account_id,
           (SELECT coalesce(sum(quantity * unit_price), 0) FROM order_lines WHERE order_id = chosen.id) AS total
      FROM chosen JOIN method ON chosen.status = 'pending'
),
wanted AS MATERIALIZED (
    SELECT item_id, quantity, position FROM order_lines WHERE order_id = (SELECT id FROM pending)
),
stored AS MATERIALIZED (
    SELECT id, sku, stock FROM items WHERE id IN (SELECT item_id FROM wanted) ORDER BY id FOR NO KEY UPDATE OF items
),
short AS MATERIALIZED (
    SELECT sku, stock, quantity FROM wanted JOIN stored ON stored.id = item_id WHERE stock < quantity
     ORDER BY position LIMIT 1
),
charged AS MATERIALIZED (
    SELECT account_id AS payer, total AS amount,
           (SELECT accounts.id FROM accounts JOIN customers ON customers.id = customer_id
             WHERE is_staff AND currency = 'EUR' ORDER BY customers.id LIMIT 1) AS shop
      FROM pending WHERE account_id IS NOT NULL AND total <> 0 AND NOT EXISTS (SELECT FROM short)
),
held AS MATERIALIZED (
    SELECT id, public_id, customer_id, currency, balance FROM accounts
     WHERE id IN ((SELECT payer FROM charged), (SELECT shop FROM charged)) ORDER BY id FOR UPDATE
),
sound AS MATERIALIZED (
    SELECT source.id AS source, source.public_id AS source_key, source.balance AS source_balance,
           target.id AS target, target.public_id AS target_key, target.balance AS target_balance,
           amount, $5::text AS key
      FROM charged JOIN held source ON source.id = payer AND source.balance >= amount
      JOIN held target ON target.id = shop AND target.currency = source.currency AND target.id <> source.id
),
payable AS MATERIALIZED (
    SELECT * FROM pending
     WHERE NOT EXISTS (SELECT FROM short) AND (NOT EXISTS (SELECT FROM charged) OR EXISTS (SELECT FROM sound))
)"""

_WRITTEN = f"""
paid AS (
    UPDATE orders SET status = 'paid', payment_method_id = method, updated_at = now()
      FROM payable WHERE orders.id = payable.id RETURNING orders.*
),
step AS (INSERT INTO order_status_changes (order_id, status) SELECT id, 'paid' FROM payable RETURNING *),
receipt AS (INSERT INTO receipts (order_id, status) SELECT id, 'pending' FROM payable),
taken AS (
    UPDATE items SET stock = stock - quantity, version = version + 1, updated_at = now()
      FROM wanted WHERE items.id = item_id AND EXISTS (SELECT FROM payable)
),
{MOVING},
trail AS (
    INSERT INTO audit_entries (request_id, action, entity, entity_key, changes)
    SELECT $4, action, entity, entity_key, changes FROM (
        SELECT 0 AS part, 0 AS place, 'change' AS action, 'Order' AS entity, public_id::text AS entity_key,
               jsonb_build_object('status', jsonb_build_array('pending', 'paid'), 'payment_method_id',
                                  jsonb_build_array(payment_method_id::text, method::text)) AS changes
          FROM payable
        UNION ALL
        SELECT 1, stored.id, 'change', 'Item', sku,
               jsonb_build_object('stock', jsonb_build_array(stock::text, (stock - quantity)::text))
          FROM wanted JOIN stored ON stored.id = item_id WHERE EXISTS (SELECT FROM payable)
        UNION ALL
        SELECT 2, moves.* FROM ({MOVES}) moves
    ) entries ORDER BY part, place
)"""

#: The tables of an order, by the same names, as they are after this statement, which itself sees them as they were.
_AFTERWARDS = """
orders AS (SELECT * FROM paid),
order_status_changes AS (
    SELECT * FROM order_status_changes WHERE order_id = (SELECT id FROM paid) UNION ALL SELECT * FROM step
),
accounts AS (
    SELECT id, public_id, currency, balance FROM moved
    UNION ALL
    SELECT id, public_id, currency, balance FROM accounts WHERE NOT EXISTS (SELECT FROM sound)
)"""

_PAY = f"""
WITH {ASKING}, {_LOCKED}, {_WRITTEN}
SELECT asking.id, is_staff, asking.status::text, token, stale,
       (WITH {_AFTERWARDS} SELECT {answers.ORDER}::text FROM orders {answers.PARTS}) AS answer,
       (SELECT customer_id FROM orders WHERE public_id = $2) AS owner,
       chosen.status::text AS order_status, method.id AS method, amount,
       short.sku, short.stock, short.quantity,
       source.id AS source, source.customer_id AS source_customer, source.currency AS source_currency,
       source.balance AS source_balance,
       target.id AS target, target.customer_id AS target_customer, target.currency AS target_currency,
       target.balance AS target_balance
  FROM asking
  LEFT JOIN chosen ON true LEFT JOIN method ON true LEFT JOIN short ON true LEFT JOIN charged ON true
  LEFT JOIN held source ON source.id = payer
  LEFT JOIN held target ON target.id = shop"""

#: What rules.documents.receipt says; an order with too many lines has a failure instead.
_RECEIPT = f"""
WITH document AS (
    SELECT orders.id, count(order_lines.id) AS count,
           'Receipt for order ' || orders.public_id || E'\\n' || customers.name || ' <' || email || E'>\\n'
           || coalesce(string_agg(quantity || ' x ' || items.name || ' (' || sku || ') at ' || unit_price || ': '
                                  || quantity * unit_price || E'\\n', '' ORDER BY position), '')
           || 'Total ' || coalesce(sum(quantity * unit_price), 0) || E'\\nPaid with ' || label || E'\\n' AS body
      FROM orders JOIN customers ON customers.id = customer_id
      JOIN payment_methods ON payment_methods.id = payment_method_id
      LEFT JOIN order_lines ON order_id = orders.id LEFT JOIN items ON items.id = item_id
     WHERE orders.public_id = $1 GROUP BY orders.id, customers.id, payment_methods.id
)
UPDATE receipts
   SET body = CASE WHEN count <= {documents.RECEIPT_LINES} THEN document.body END,
       failure = CASE WHEN count > {documents.RECEIPT_LINES} THEN
           'A receipt has room for {documents.RECEIPT_LINES} lines, this order has ' || count || '.' END,
       status = CASE WHEN count <= {documents.RECEIPT_LINES} THEN 'ready' ELSE 'failed' END::receipt_status,
       updated_at = now()
  FROM document WHERE order_id = document.id"""


@router.post("/orders/{order_id}/pay")
async def pay_order(database: DatabaseDep, token: TokenHash, order_id: UUID, payload: OrderPay) -> Response:
    """Pay a pending order of one's own; its receipt is written afterwards."""
    key = f"{transfers.ORDER_KEY}{order_id}"
    arguments = (token, order_id, payload.payment_method, request_id.get(), key)
    async with database.connection() as connection:
        row = await opened(connection, await retried(lambda: connection.fetchrow(_PAY, *arguments)))
    if row["answer"] is None:
        raise _refusal(row)
    return Response(row["answer"], media_type=JSON, background=BackgroundTask(write_receipt, database, order_id))


async def write_receipt(database: Database, order_id: UUID) -> None:
    """Write the receipt of a paid order, after the answer has left."""
    try:
        async with database.connection() as connection:
            await connection.execute(_RECEIPT, order_id)
    except Exception:
        logger.exception("The receipt of order %s could not be written", order_id)


def _refusal(row: asyncpg.Record) -> Exception:
    """Return, or raise, what refuses a payment."""
    transfers.check_active(Customer(status=CustomerStatus(row["status"])))
    if row["owner"] is None or (row["owner"] != row["id"] and not row["is_staff"]):
        return NotFoundError("There is no such order.")
    if row["owner"] != row["id"]:
        return ForbiddenError("Only the customer of an order can pay it.")
    ordering.advance(Order(status=OrderStatus(row["order_status"])), OrderStatus.PAID)
    if row["method"] is None:
        return NotFoundError("This customer has no such way to pay.")
    if row["sku"] is not None:
        ordering.take_from_stock([(Item(sku=row["sku"], stock=row["stock"]), row["quantity"])])
    if row["target"] is None:
        return ConflictError("The shop has no account in EUR to be paid into.")
    source = account(row, "source")
    transfers.move(source, source if row["target"] == row["source"] else account(row, "target"), row["amount"])
    return AssertionError("nothing refuses this payment")
