"""The limit answers as async_app does, byte for byte, and writes the same rows: else it would be no limit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.payments import (  # noqa: F401 - tests, for the fixture `pair` of this file
    MONEY,
    TRAIL,
    TRANSFERS,
    assert_the_trail_joins_up,
    test_a_payment_is_refused_alike,
    test_a_payment_writes_the_same_rows,
    test_a_receipt_without_room_fails_alike,
    test_a_suspended_customer_cannot_pay,
    test_a_wallet_that_cannot_pay_is_refused_alike,
    test_payments_that_meet_take_stock_and_money_once,
)
from tests.side_by_side import STRANGE, TOKENS, Pair, filled_server, paired

TWIN = "async_app.fast:create_app"
LIMIT = "tests.benchmarks.limit.main:create_app"


@pytest.fixture(scope="module")
def apps() -> Iterator[Pair]:
    """Both apps, each on a clone of one database."""
    with filled_server() as server, paired(server, TWIN, LIMIT) as pair:
        yield pair


@pytest.fixture
def pair(apps: Pair) -> Pair:
    """Both apps, their databases as they were in the beginning."""
    apps.reset()
    return apps


def test_every_order_reads_the_same(pair: Pair) -> None:
    """Whatever names, prices, times and ways to pay there are in it."""
    for order in pair.orders("true"):
        pair.ask("GET", f"/orders/{order}", "grace")


def test_orders_of_others_are_not_there(pair: Pair) -> None:
    (order,) = pair.orders("id = 2")
    pair.ask("GET", f"/orders/{order}", "ada")
    pair.ask("GET", f"/orders/{order}", "bob", status=404)
    pair.ask("GET", "/orders/00000000-0000-4000-8000-000000000000", "grace", status=404)


@pytest.mark.parametrize("name", [None, "nobody", "carl"])
def test_a_token_that_opens_nothing_is_refused(pair: Pair, name: str | None) -> None:
    pair.ask("GET", "/orders", name, status=401)


@pytest.mark.parametrize(("age", "status"), [("1 hour 1 s", 401), ("59 min 50 s", 200)])
@pytest.mark.parametrize("path", ["/orders", "/reports/dashboard"])
def test_a_token_expires_alike(pair: Pair, path: str, age: str, status: int) -> None:
    pair.change("UPDATE login_tokens SET lifetime = '1 hour', created_at = now() - %(age)s::interval", age=age)
    pair.ask("GET", path, "grace", status=status)


@pytest.mark.parametrize("age", [None, "9 min 50 s", "10 min 1 s"])
@pytest.mark.parametrize("path", ["/orders", "/reports/dashboard"])
def test_the_last_use_of_a_token_is_written_down_alike(pair: Pair, path: str, age: str | None) -> None:
    if age:
        pair.change("UPDATE login_tokens SET last_used_at = now() - %(age)s::interval", age=age)
    pair.ask("GET", path, "grace")
    (token,) = pair.rows(
        "SELECT now() - last_used_at < interval '1 min' AS used FROM login_tokens WHERE customer_id = 1"
    )
    assert token["used"] is (age != "9 min 50 s")


@pytest.mark.parametrize("name", ["ada", "bob", "grace", "sue"])
@pytest.mark.parametrize("status", ["", "&status=pending", "&status=paid", "&status=cancelled"])
def test_every_page_of_orders_reads_the_same(pair: Pair, name: str, status: str) -> None:
    pair.page_through(name, status)


def test_a_cursor_that_nobody_handed_out_is_refused(pair: Pair) -> None:
    pair.ask("GET", "/orders?after=x", status=422)


def accounts(pair: Pair) -> dict[str, str]:
    """The accounts that the tests know by their owner: Ada's and Bob's in two currencies, the shop's."""
    names = {1: "shop", 2: "ada", 3: "bob", 13: "ada-usd", 14: "bob-usd"}
    rows = pair.rows("SELECT id, public_id::text AS key FROM accounts ORDER BY id")
    return {name: str(rows[number - 1]["key"]) for number, name in names.items()}


def transfer(  # noqa: PLR0913 - what a transfer is made of
    pair: Pair, source: str, target: str, amount: object, key: str, *, name: str = "ada", status: int = 201
) -> httpx.Response:
    """Send a transfer, and compare whatever it has written."""
    known = accounts(pair)
    body = {"source": known.get(source, source), "target": known.get(target, target), "amount": amount}
    headers = {"Idempotency-Key": key}
    masked = ("id", "created_at")
    answer = pair.ask("POST", "/transfers", name, status=status, body=body, headers=headers, masked=masked)
    for query in (MONEY, TRANSFERS, TRAIL):
        pair.rows(query)
    return answer


def test_a_transfer_writes_the_same_rows(pair: Pair) -> None:
    made = transfer(pair, "ada", "bob", "12.5", "first")
    assert made.headers["Location"] == f"/transfers/{made.json()['id']}"
    transfer(pair, "ada", "shop", 1, 'second "\\')
    assert transfer(pair, "ada", "bob", "12.50", "first").headers["Idempotency-Replayed"] == "true"
    transfer(pair, "ada-usd", "bob-usd", "0.01", "third")


@pytest.mark.parametrize(
    ("source", "target", "amount", "key", "name", "status"),
    [
        ("ada", "bob", "1000000", "r1", "ada", 409),
        ("ada", "bob", "12.51", "r", "ada", 409),
        ("ada", "shop", "12.50", "r", "ada", 409),
        ("bob", "ada", "12.50", "r", "bob", 409),
        ("ada", "bob", "12.50", "r", "bob", 409),
        ("bob", "ada", "1", "r2", "ada", 403),
        ("ada", "bob", "1", "r3", "sue", 403),
        ("ada", "bob", "1", "order-1", "sue", 403),
        ("ada", "bob", "1", "order-1", "ada", 422),
        ("ada", "ada", "1", "r4", "ada", 422),
        ("ada", "bob-usd", "1", "r5", "ada", 422),
        ("ada", "00000000-0000-4000-8000-000000000000", "1", "r6", "ada", 404),
        ("00000000-0000-4000-8000-000000000000", "bob", "1", "r7", "ada", 404),
        ("ada", "bob", "1", "r8", "carl", 401),
        ("ada", "bob", "-1", "r9", "ada", 422),
    ],
)
def test_a_transfer_is_refused_alike(  # noqa: PLR0913, PLR0917 - one case a line
    pair: Pair, source: str, target: str, amount: str, key: str, name: str, status: int
) -> None:
    transfer(pair, "ada", "bob", "12.50", "r")
    transfer(pair, source, target, amount, key, name=name, status=status)


def test_transfers_that_meet_lose_no_money_and_no_entry_of_the_trail(pair: Pair) -> None:
    """On the limit alone: what is made when is chance. Every key is sent three times, in both directions at once."""
    known = accounts(pair)
    requests = [
        (name, {"source": known[name], "target": known[other], "amount": "0.01"}, f"meeting {name} {number % 20}")
        for number in range(60)
        for name, other in (("ada", "bob"), ("bob", "ada"))
    ]

    def send(name: str, body: dict[str, str], key: str) -> str:
        headers = {"Authorization": f"Bearer {TOKENS[name]}", "Idempotency-Key": key}
        answer = pair.tried.client.post("/transfers", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json())

    before = pair.tried.clone.fetch(MONEY)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, *zip(*requests, strict=True)))
    assert len(set(answers)) == 40
    assert pair.tried.clone.fetch(MONEY) == before
    assert_the_trail_joins_up(pair.tried.clone)


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_an_export_reads_the_same(pair: Pair, kind: str) -> None:
    pair.change(
        "UPDATE customers SET email = id || %(strange)s WHERE id > 4",
        "UPDATE customers SET email = id || ',' WHERE id = 1",
        "UPDATE customers SET email = id || E'\\r' WHERE id = 3",
        strange=STRANGE,
    )
    pair.ask("GET", f"/reports/orders.{kind}", "grace")
    pair.change(
        "INSERT INTO orders (public_id, customer_id, status, created_at)"
        " SELECT md5(number::text)::uuid, 2, 'pending', '2026-01-01' FROM generate_series(1, 960) number"
    )
    assert len(pair.ask("GET", f"/reports/orders.{kind}", "grace").text.split("\n")) >= 1000  # whole batches


@pytest.mark.parametrize("effort", ["", "?effort=0.1"])
def test_the_dashboard_reads_the_same(pair: Pair, effort: str) -> None:
    pair.ask("GET", f"/reports/dashboard{effort}", "grace")
    pair.change("DELETE FROM order_lines")
    pair.ask("GET", "/reports/dashboard", "grace")


@pytest.mark.parametrize("report", ["dashboard", "orders.csv", "orders.ndjson"])
def test_reports_are_for_staff(pair: Pair, report: str) -> None:
    pair.ask("GET", f"/reports/{report}", "ada", status=403)
    pair.ask("GET", f"/reports/{report}", "carl", status=401)
    pair.ask("GET", f"/reports/{report}", None, status=401)


def test_a_statement_that_takes_too_long_is_given_up_alike(pair: Pair) -> None:
    pair.ask("GET", "/reports/dashboard?effort=6", "grace", status=504)


ROWS: list[dict[str, object]] = [
    {"sku": "NEW-1", "name": STRANGE, "price": "1.5", "weight": 1.1, "tags": ["a", "b'\"", STRANGE], "stock": 3},
    {"sku": "NEW-2", "name": "Two", "price": 2},
    {"sku": "NEW-3", "name": "Three", "price": "99999999.99", "weight": 999999.9, "tags": [], "stock": 1_000_000_000},
    {"sku": "NEW-4", "name": "Four", "price": "0.10", "weight": 0},
    {"sku": "NEW-4", "name": "Twice", "price": "0.10"},
    {"sku": "ITEM-00001", "name": "Known", "price": "0.10"},
    {"sku": "new \u00e9", "price": "x", "more": STRANGE},
]


@pytest.mark.parametrize("rows", [ROWS, ROWS[5:], ROWS[6:], ROWS[:2]])
def test_an_import_writes_the_same_rows(pair: Pair, rows: list[dict[str, object]]) -> None:
    pair.ask("POST", "/items/import", "grace", body={"rows": rows})
    pair.rows("SELECT id, sku, name, price, weight, tags, thumbnail, stock, version, deleted_at FROM items ORDER BY id")
    pair.rows("SELECT count(*) FROM items WHERE updated_at <> created_at OR created_at > now()")
    pair.rows("SELECT id, request_id, action, entity, entity_key, changes::text FROM audit_entries ORDER BY id")


@pytest.mark.parametrize(("name", "rows", "status"), [("ada", ROWS, 403), ("carl", ROWS, 401), ("grace", [], 422)])
def test_an_import_is_refused_alike(pair: Pair, name: str, rows: list[dict[str, object]], status: int) -> None:
    pair.ask("POST", "/items/import", name, body={"rows": rows}, status=status)
