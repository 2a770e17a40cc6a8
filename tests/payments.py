"""Payments that two apps are sent, and what they write: tests for whoever has the fixture `pair`."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from compare.postgres import Clone
from tests.side_by_side import TOKENS, Pair

MONEY = "SELECT id, balance FROM accounts ORDER BY id"
TRANSFERS = """
SELECT idempotency_key, source_account_id, target_account_id, amount, source_balance FROM transfers ORDER BY id"""
TRAIL = """
SELECT request_id, action, entity, changes::text AS changes,
       CASE entity WHEN 'Transfer' THEN NULL ELSE entity_key END AS entity_key
  FROM audit_entries ORDER BY id"""
PAID = """
SELECT orders.id, customer_id, payment_method_id, orders.status, orders.updated_at = max(at) AS just_now,
       array_agg(order_status_changes.status ORDER BY order_status_changes.id)::text AS steps,
       receipts.status AS receipt, body, failure
  FROM orders LEFT JOIN order_status_changes ON order_status_changes.order_id = orders.id
  LEFT JOIN receipts ON receipts.order_id = orders.id GROUP BY orders.id, receipts.id ORDER BY orders.id"""
STOCK = "SELECT id, stock, version, updated_at > created_at AS changed FROM items ORDER BY id"


def pay(  # noqa: PLR0913 - what a payment is made of
    pair: Pair, number: int, kind: str, *, name: str = "ada", of: str = "ada", status: int = 200
) -> None:
    """Pay an order with a way to pay, and compare whatever that has written, its receipt included."""
    order = pair.orders(f"id = {number}")[0] if number else "00000000-0000-4000-8000-000000000000"
    methods = pair.rows(
        "SELECT payment_methods.public_id::text AS key FROM payment_methods"  # noqa: S608 - constants
        f" JOIN customers ON customers.id = customer_id WHERE kind = '{kind}' AND email = '{of}@example.org'"
    )
    body = {"payment_method": methods[0]["key"]}
    pair.ask("POST", f"/orders/{order}/pay", name, status=status, body=body, masked=("updated_at",))
    for side in pair.sides:
        assert side.receipts_are_written()
    for query in (PAID, STOCK, MONEY, TRANSFERS, TRAIL):
        pair.rows(query)


def affordable(pair: Pair) -> None:
    """Give Ada an order of two lines that she can pay, whose items have ids in another order than its lines."""
    pair.change(
        "UPDATE order_lines SET quantity = position, unit_price = 0.1 WHERE order_id IN (5, 13, 25)",
        "UPDATE order_lines SET item_id = 12 - position WHERE order_id = 5",
        "UPDATE items SET stock = 100 WHERE id IN (9, 10, 11)",
    )


@pytest.mark.parametrize("kind", ["wallet", "card", "invoice"])
@pytest.mark.parametrize("number", [1, 5, 13])
def test_a_payment_writes_the_same_rows(pair: Pair, kind: str, number: int) -> None:
    affordable(pair)
    pay(pair, number, kind)
    pay(pair, number, kind, status=409)


@pytest.mark.parametrize(
    ("number", "kind", "name", "of", "status"),
    [
        (0, "card", "ada", "ada", 404),
        (5, "card", "bob", "bob", 404),
        (5, "card", "grace", "ada", 403),
        (5, "card", "sue", "ada", 403),
        (5, "card", "carl", "ada", 401),
        (5, "card", "ada", "bob", 404),
        (4, "card", "ada", "bob", 409),
        (6, "card", "ada", "ada", 409),
        (37, "card", "ada", "ada", 409),
        (37, "wallet", "ada", "ada", 409),
    ],
)
def test_a_payment_is_refused_alike(  # noqa: PLR0913, PLR0917 - one case a line
    pair: Pair, number: int, kind: str, name: str, of: str, status: int
) -> None:
    affordable(pair)
    pair.change(
        "UPDATE order_lines SET quantity = 1001 WHERE order_id = 37",
    )
    pay(pair, number, kind, name=name, of=of, status=status)


def test_a_suspended_customer_cannot_pay(pair: Pair) -> None:
    affordable(pair)
    pair.change("UPDATE customers SET status = 'suspended' WHERE id = 2")
    pay(pair, 5, "card", status=403)


def test_a_wallet_that_cannot_pay_is_refused_alike(pair: Pair) -> None:
    affordable(pair)
    for change, status in (
        ("UPDATE accounts SET balance = 0.09 WHERE id = 2", 409),
        ("UPDATE wallet_payments SET account_id = 13 WHERE id = 2", 422),
        ("UPDATE wallet_payments SET account_id = 1 WHERE id = 2", 422),
        ("DELETE FROM transfers; UPDATE customers SET is_staff = false", 409),
    ):
        pair.change(change)
        pay(pair, 5, "wallet", status=status)


def test_a_receipt_without_room_fails_alike(pair: Pair) -> None:
    pair.change(
        "INSERT INTO order_lines (order_id, position, item_id, quantity, unit_price)"
        " SELECT 1, number, number, 1, 1 FROM generate_series(1, 21) number",
        "UPDATE items SET stock = 100",
    )
    pay(pair, 1, "wallet")


def test_payments_that_meet_take_stock_and_money_once(pair: Pair) -> None:
    """On the app on trial alone: fifty orders of three customers, of the same two items, each paid three times."""
    tried = pair.tried
    tried.clone.execute("UPDATE items SET stock = 1000, price = 0.10 WHERE id IN (1, 2)")
    tried.clone.execute(
        "INSERT INTO orders (public_id, customer_id, status)"
        " SELECT md5(number::text)::uuid, 1 + number % 3, 'pending' FROM generate_series(1, 50) number"
    )
    tried.clone.execute(
        "INSERT INTO order_lines (order_id, position, item_id, quantity, unit_price)"
        " SELECT id, position, 1 + (id + position) % 2, 1, 0.1 FROM orders, generate_series(1, 2) position"
        " WHERE id > 40"
    )
    methods = {
        str(row["email"]).partition("@")[0]: row["key"]
        for row in tried.clone.fetch(
            "SELECT email, payment_methods.public_id::text AS key FROM payment_methods"
            " JOIN customers ON customers.id = customer_id WHERE kind = 'wallet'"
        )
    }
    orders = tried.clone.fetch(
        "SELECT public_id::text AS key, customer_id FROM orders, generate_series(1, 3) WHERE id > 40 ORDER BY id"
    )

    def send(order: dict[str, object]) -> int:
        name = ("grace", "ada", "bob")[int(str(order["customer_id"])) - 1]
        return tried.client.post(
            f"/orders/{order['key']}/pay",
            json={"payment_method": methods[name]},
            headers={"Authorization": f"Bearer {TOKENS[name]}"},
        ).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(send, orders))
    grace = sum(order["customer_id"] == 1 for order in orders)  # the shop cannot pay itself
    assert answers == {200: (150 - grace) // 3, 409: (150 - grace) // 3 * 2, 422: grace}
    assert tried.receipts_are_written()
    paid = answers[200]
    assert tried.clone.fetch("SELECT sum(1000 - stock) AS pieces FROM items WHERE id IN (1, 2)") == [
        {"pieces": 2 * paid}
    ]
    assert_the_trail_joins_up(tried.clone)
    (money,) = tried.clone.fetch("SELECT sum(balance) AS all, max(balance) AS shop FROM accounts WHERE id < 4")
    assert (str(money["all"]), str(money["shop"])) == ("3000.00", str(1000 + Decimal("0.20") * paid))
    assert tried.clone.fetch("SELECT count(*) FROM receipts WHERE status = 'ready' AND order_id > 40") == [
        {"count": paid}
    ]


def assert_the_trail_joins_up(clone: Clone) -> None:
    """What an entry found is what the one before it left: nobody read a value that was about to be changed."""
    trail = clone.fetch(
        "SELECT entity_key, change->>0 AS old, change->>1 AS new"
        "  FROM audit_entries, coalesce(changes->'balance', changes->'stock') change"
        " WHERE entity IN ('Account', 'Item') ORDER BY id"
    )
    held: dict[object, object] = {}
    for entry in trail:
        assert held.setdefault(entry["entity_key"], entry["old"]) == entry["old"]
        held[entry["entity_key"]] = entry["new"]
    assert held
