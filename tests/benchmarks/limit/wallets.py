"""Transfers: one statement looks the token up, locks both accounts, moves the money and writes the trail.

It is a transaction of its own. Rows that another transaction changed while this one waited for their locks are read as
they are then; a transfer of the same key that was not there yet when the statement began is found by the constraint.
"""

from decimal import Decimal
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Header, Response

from shared_models.errors import NotFoundError
from shared_models.models import Account, Customer, CustomerStatus, Transfer
from shared_models.models.audit import request_id
from shared_models.rules import transfers
from shared_models.schemas.values import IdempotencyKey
from shared_models.schemas.wallets import TransferCreate
from tests.benchmarks.limit.answers import JSON, moment
from tests.benchmarks.limit.auth import ASKING, TokenHash, opened
from tests.benchmarks.limit.database import Connection, DatabaseDep, retried

router = APIRouter()

#: For `WITH`, behind `sound`: money moved between two locked accounts, if `sound` has a row, with its transfer and its
#: trail. `sound` has both accounts (`source`, `target`: id; `_key`: public id; `_balance`), `amount` and `key`.
MOVING = """
moved AS (
    UPDATE accounts SET balance = balance + CASE accounts.id WHEN source THEN -amount ELSE amount END
      FROM sound WHERE accounts.id IN (source, target) RETURNING accounts.*
),
made AS (
    INSERT INTO transfers (public_id, idempotency_key, source_account_id, target_account_id, amount, source_balance)
    SELECT gen_random_uuid(), key, source, target, amount, source_balance - amount FROM sound
    RETURNING *
)"""

#: The trail of a move, as rows for `audit_entries` in the order of `place`.
MOVES = """
    SELECT 0 AS place, 'create' AS action, 'Transfer' AS entity, public_id::text AS entity_key, jsonb_build_object(
               'idempotency_key', jsonb_build_array(null, idempotency_key),
               'source_account_id', jsonb_build_array(null, source_account_id::text),
               'target_account_id', jsonb_build_array(null, target_account_id::text),
               'amount', jsonb_build_array(null, amount::text),
               'source_balance', jsonb_build_array(null, source_balance::text)) AS changes
      FROM made
    UNION ALL
    SELECT source, 'change', 'Account', source_key::text,
           jsonb_build_object('balance', jsonb_build_array(source_balance::text, (source_balance - amount)::text))
      FROM sound
    UNION ALL
    SELECT target, 'change', 'Account', target_key::text,
           jsonb_build_object('balance', jsonb_build_array(target_balance::text, (target_balance + amount)::text))
      FROM sound"""

_TRANSFER = f"""
WITH {ASKING},
locked AS MATERIALIZED (
    SELECT id, public_id, customer_id, currency, balance FROM accounts
     WHERE public_id IN ($2::uuid, $3::uuid)
       AND EXISTS (SELECT FROM asking WHERE status = 'active' AND NOT starts_with($4, '{transfers.ORDER_KEY}'))
     ORDER BY id FOR UPDATE
),
earlier AS MATERIALIZED (SELECT * FROM transfers WHERE idempotency_key = $4),
sound AS MATERIALIZED (
    SELECT source.id AS source, source.public_id AS source_key, source.balance AS source_balance,
           target.id AS target, target.public_id AS target_key, target.balance AS target_balance,
           $5::numeric AS amount, $4::text AS key
      FROM asking
      JOIN locked source ON source.public_id = $2 AND source.customer_id = asking.id AND source.balance >= $5
      JOIN locked target ON target.public_id = $3 AND target.currency = source.currency AND target.id <> source.id
     WHERE NOT EXISTS (SELECT FROM earlier)
),
{MOVING},
trail AS (
    INSERT INTO audit_entries (request_id, action, entity, entity_key, changes)
    SELECT $6, action, entity, entity_key, changes FROM ({MOVES}) moves ORDER BY place
)
SELECT asking.id, asking.status::text, token, stale, shown.public_id::text AS transfer,
       (SELECT row_to_json(answer) FROM (
            SELECT shown.public_id AS id, $2::uuid AS source, $3::uuid AS target, shown.amount::text AS amount,
                   shown.source_balance::text AS source_balance, {moment("shown.created_at")} AS created_at
       ) answer)::text AS answer,
       source.id AS source, source.customer_id AS source_customer, source.currency AS source_currency,
       source.balance AS source_balance,
       target.id AS target, target.customer_id AS target_customer, target.currency AS target_currency,
       target.balance AS target_balance,
       earlier.id AS earlier, earlier.source_account_id AS earlier_source, earlier.target_account_id AS earlier_target,
       earlier.amount AS earlier_amount,
       (SELECT customer_id FROM accounts WHERE accounts.id = earlier.source_account_id) AS earlier_customer
  FROM asking
  LEFT JOIN earlier ON true
  LEFT JOIN (SELECT * FROM made UNION ALL SELECT * FROM earlier) shown ON true
  LEFT JOIN locked source ON source.public_id = $2
  LEFT JOIN locked target ON target.public_id = $3"""


@router.post("/transfers")
async def transfer(
    database: DatabaseDep,
    token: TokenHash,
    idempotency_key: Annotated[IdempotencyKey, Header()],
    payload: TransferCreate,
) -> Response:
    """Move money from an account of one's own; the same idempotency key moves it once."""
    async with database.connection() as connection:
        try:
            row = await _run(connection, token, idempotency_key, payload)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "uq_transfers_idempotency_key":
                raise
            row = await _run(connection, token, idempotency_key, payload)  # finds the transfer that was quicker
    headers = {}
    if row["earlier"] is not None or row["transfer"] is None:
        _check(row, idempotency_key, payload)
        headers = {"Idempotency-Replayed": "true"}
    headers["Location"] = f"/transfers/{row['transfer']}"
    return Response(row["answer"], 201, headers, JSON)


async def _run(connection: Connection, token: bytes, key: str, payload: TransferCreate) -> asyncpg.Record:
    arguments = (token, payload.source, payload.target, key, payload.amount, request_id.get())
    return await opened(connection, await retried(lambda: connection.fetchrow(_TRANSFER, *arguments)))


def _check(row: asyncpg.Record, key: str, payload: TransferCreate) -> None:
    """Raise what refuses a transfer; without an error it is the replay of an earlier one."""
    transfers.check_active(Customer(status=CustomerStatus(row["status"])))
    transfers.check_key(key)
    for name, public_id in (("source", payload.source), ("target", payload.target)):
        if row[name] is None:
            raise NotFoundError(f"There is no account {public_id}.")
    if row["earlier"] is not None:
        _check_replay(row, payload.amount)
        return
    source = account(row, "source")
    transfers.check_owner(source, row["id"])
    transfers.move(source, source if row["target"] == row["source"] else account(row, "target"), payload.amount)
    raise AssertionError("nothing refuses this transfer")


def account(row: asyncpg.Record, name: str) -> Account:
    """Return the account that the columns of this name hold, for the shared rules to judge."""
    return Account(
        id=row[name],
        customer_id=row[f"{name}_customer"],
        currency=row[f"{name}_currency"],
        balance=row[f"{name}_balance"],
    )


def _check_replay(row: asyncpg.Record, amount: Decimal) -> None:
    earlier = Transfer(
        source_account_id=row["earlier_source"],
        target_account_id=row["earlier_target"],
        source=Account(customer_id=row["earlier_customer"]),
        amount=row["earlier_amount"],
    )
    transfers.check_replay(earlier, row["id"], row["source"], row["target"], amount)
