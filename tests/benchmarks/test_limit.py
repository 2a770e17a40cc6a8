"""The limit answers as async_app does, byte for byte, and writes the same rows: else it would be no limit."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg2
import pytest

from compare.config import load
from compare.postgres import Address, Clone, fill, running_server
from compare.subjects import Subject, started

ROOT = Path(__file__).parents[2]
LIMIT = "tests.benchmarks.limit.main:create_app"
PEOPLE = ("ada", "bob", "grace", "sue", "carl")
TOKENS = {name: secrets.token_urlsafe(8) for name in PEOPLE}

#: What a name may hold that JSON or CSV spell in a way of their own.
STRANGE = (
    'O\'Hara "quoted" back\\slash /slash, comma; tab\t line\r\n \b\f \x01\x1b\x7f'
    " \u2028\u2029 \u00e9\u4e2d\U0001f600 \ufeff"
)


def _prepare(address: Address) -> None:
    """Make the rows that the sample data does not have."""
    connection = psycopg2.connect(address.url())
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE customers SET name = %s WHERE id = 2", (STRANGE,))
        cursor.execute("UPDATE items SET name = id || %s WHERE id %% 3 = 0", (STRANGE,))
        cursor.execute("UPDATE payment_methods SET label = %s WHERE id = 2", (STRANGE,))
        cursor.execute("UPDATE order_lines SET unit_price = 0.10 WHERE id % 5 = 0")
        cursor.execute("UPDATE order_lines SET unit_price = 0.00 WHERE id % 7 = 0")
        cursor.execute("UPDATE order_lines SET unit_price = 99999999.99, quantity = 1000000 WHERE id % 11 = 0")
        cursor.execute("UPDATE orders SET created_at = created_at + interval '0.1 s' WHERE id % 3 = 0")
        cursor.execute("UPDATE orders SET updated_at = created_at + interval '0.000001 s' WHERE id % 4 = 0")
        cursor.execute("UPDATE order_status_changes SET at = at + interval '123456 us' WHERE id % 2 = 0")
        cursor.execute("DELETE FROM order_lines WHERE order_id = 1")
        cursor.execute("DELETE FROM order_status_changes WHERE order_id = 1")
        cursor.execute("UPDATE orders SET customer_id = 2 WHERE id <= 8")
        cursor.execute(
            "UPDATE orders SET payment_method_id = payment_methods.id FROM payment_methods"
            " WHERE payment_methods.customer_id = 2"
            "   AND (orders.id, kind) IN ((4, 'wallet'), (7, 'card'), (8, 'invoice'))"
        )
        for name, token in TOKENS.items():
            cursor.execute(
                "INSERT INTO login_tokens (customer_id, token_hash, lifetime)"
                " SELECT id, sha256(convert_to(%s, 'UTF8')), interval '1 day' FROM customers WHERE email = %s",
                (token, f"{name}@example.org"),
            )
    connection.close()


@dataclass(frozen=True)
class Side:
    """An app that answers, and its database."""

    client: httpx.Client
    clone: Clone
    subject: Subject


@dataclass(frozen=True)
class Pair:
    """async_app, and the limit."""

    twin: Side
    limit: Side

    def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        name: str | None = "ada",
        *,
        status: int = 200,
        body: object = None,
        headers: dict[str, str] | None = None,
        masked: Sequence[str] = (),
    ) -> httpx.Response:
        """Send both the same request, assert that the answers are the same, and return the limit's."""
        token = {"Authorization": f"Bearer {TOKENS.get(name, name)}"} if name else {}
        sent = {"X-Request-ID": "of the test", **token, **(headers or {})}
        answers = [side.client.request(method, path, json=body, headers=sent) for side in (self.twin, self.limit)]
        twin, limit = answers
        assert twin.status_code == status, twin.text
        assert _masked(limit, masked) == _masked(twin, masked), self.limit.subject.output()
        return limit

    def rows(self, query: str) -> list[dict[str, object]]:
        """Assert that both databases hold the same rows, and return the limit's."""
        twin, limit = (side.clone.fetch(query) for side in (self.twin, self.limit))
        assert limit == twin
        return limit


def _masked(answer: httpx.Response, names: Sequence[str]) -> tuple[int, bytes, dict[str, str]]:
    """Return what has to be the same; the values of these JSON members differ by nature."""
    body, headers = answer.content, dict(answer.headers)
    headers.pop("date", None)
    for name in names:
        value = str(answer.json()[name])
        body = body.replace(value.encode(), f"<{name}>".encode())
        headers = {key: text.replace(value, f"<{name}>") for key, text in headers.items()}
    return answer.status_code, body, headers


@pytest.fixture(scope="module")
def apps() -> Iterator[Pair]:
    """Both apps, each on a clone of one database."""
    config = load(ROOT / "pyproject.toml")
    twin = next(side for side in config.sides if side.name == "async")
    with running_server(None) as server, ExitStack() as stack:

        def setup(address: Address) -> None:
            fill(config, address)
            _prepare(address)

        server.build_template(setup)
        sides = []
        for label, side in (("twin", twin), ("limit", twin.model_copy(update={"app": LIMIT}))):
            clone = stack.enter_context(server.clone(label))
            subject = stack.enter_context(started(side, clone.address))
            client = stack.enter_context(httpx.Client(base_url=subject.base_url, timeout=30))
            sides.append(Side(client, clone, subject))
        yield Pair(*sides)


@pytest.fixture
def pair(apps: Pair) -> Pair:
    """Both apps, their databases as they were in the beginning."""
    for side in (apps.twin, apps.limit):
        assert side.clone.wait_until_idle(10)
        side.clone.reset()
    return apps


def orders_of(pair: Pair, condition: str) -> list[str]:
    query = f"SELECT public_id::text AS id FROM orders WHERE {condition} ORDER BY orders.id"  # noqa: S608 - constants
    return [str(row["id"]) for row in pair.rows(query)]


def test_every_order_reads_the_same(pair: Pair) -> None:
    """Whatever names, prices, times and ways to pay there are in it."""
    for order in orders_of(pair, "true"):
        pair.ask("GET", f"/orders/{order}", "grace")


def test_orders_of_others_are_not_there(pair: Pair) -> None:
    (order,) = orders_of(pair, "id = 2")
    pair.ask("GET", f"/orders/{order}", "ada")
    pair.ask("GET", f"/orders/{order}", "bob", status=404)
    pair.ask("GET", "/orders/00000000-0000-4000-8000-000000000000", "grace", status=404)


@pytest.mark.parametrize("name", [None, "nobody", "carl"])
def test_a_token_that_opens_nothing_is_refused(pair: Pair, name: str | None) -> None:
    pair.ask("GET", "/orders", name, status=401)


@pytest.mark.parametrize("name", ["ada", "bob", "grace", "sue"])
@pytest.mark.parametrize("status", ["", "&status=pending", "&status=paid", "&status=cancelled"])
def test_every_page_of_orders_reads_the_same(pair: Pair, name: str, status: str) -> None:
    for limit in (1, 3, 20, 100):
        after = ""
        while after is not None:
            page = pair.ask("GET", f"/orders?limit={limit}{status}{after and f'&after={after}'}", name)
            after = page.json()["next"]


def test_a_cursor_that_nobody_handed_out_is_refused(pair: Pair) -> None:
    pair.ask("GET", "/orders?after=x", status=422)


def accounts(pair: Pair) -> dict[str, str]:
    """The accounts that the tests know by their owner: Ada's and Bob's in two currencies, the shop's."""
    names = {1: "shop", 2: "ada", 3: "bob", 13: "ada-usd", 14: "bob-usd"}
    rows = pair.rows("SELECT id, public_id::text AS key FROM accounts ORDER BY id")
    return {name: str(rows[number - 1]["key"]) for number, name in names.items()}


TRAIL = """
SELECT request_id, action, entity, changes::text AS changes,
       CASE entity WHEN 'Transfer' THEN NULL ELSE entity_key END AS entity_key
  FROM audit_entries ORDER BY id"""
MONEY = "SELECT id, balance FROM accounts ORDER BY id"
TRANSFERS = """
SELECT idempotency_key, source_account_id, target_account_id, amount, source_balance FROM transfers ORDER BY id"""


def transfer(  # noqa: PLR0913 - what a transfer is made of
    pair: Pair, source: str, target: str, amount: object, key: str, *, name: str = "ada", status: int = 201
) -> httpx.Response:
    """Send a transfer, and compare whatever it has written."""
    known = accounts(pair)
    body = {"source": known.get(source, source), "target": known.get(target, target), "amount": amount}
    masked = ("id", "created_at") if status == 201 else ()
    headers = {"Idempotency-Key": key}
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
        answer = pair.limit.client.post("/transfers", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json())

    before = pair.limit.clone.fetch(MONEY)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, *zip(*requests, strict=True)))
    assert len(set(answers)) == 40
    assert pair.limit.clone.fetch(MONEY) == before
    trail = pair.limit.clone.fetch(
        "SELECT entity_key, changes->'balance'->>0 AS old, changes->'balance'->>1 AS new"
        "  FROM audit_entries WHERE entity = 'Account' ORDER BY id"
    )
    held: dict[object, object] = {}
    for entry in trail:
        assert held.setdefault(entry["entity_key"], entry["old"]) == entry["old"]
        held[entry["entity_key"]] = entry["new"]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_an_export_reads_the_same(pair: Pair, kind: str) -> None:
    for side in (pair.twin, pair.limit):
        side.clone.execute("UPDATE customers SET email = id || %s WHERE id > 4", (STRANGE,))
        side.clone.execute("UPDATE customers SET email = id || ',' WHERE id = 1")
        side.clone.execute("UPDATE customers SET email = id || E'\\r' WHERE id = 3")
    pair.ask("GET", f"/reports/orders.{kind}", "grace")
    for side in (pair.twin, pair.limit):
        side.clone.execute("UPDATE order_lines SET order_id = 2 WHERE order_id = 3 AND position > 4")
        side.clone.execute(
            "INSERT INTO orders (public_id, customer_id, status)"
            " SELECT md5(number::text)::uuid, 2, 'pending' FROM generate_series(1, 960) number"
        )
        side.clone.execute("UPDATE orders SET created_at = '2026-01-01' WHERE id > 40")
    assert len(pair.ask("GET", f"/reports/orders.{kind}", "grace").text.split("\n")) >= 1000  # whole batches


@pytest.mark.parametrize("effort", ["", "?effort=0.1"])
def test_the_dashboard_reads_the_same(pair: Pair, effort: str) -> None:
    pair.ask("GET", f"/reports/dashboard{effort}", "grace")
    for side in (pair.twin, pair.limit):
        side.clone.execute("DELETE FROM order_lines")
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
