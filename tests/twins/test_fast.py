"""The fast routes answer and write as the plain ones behind them do: status, bytes, headers and rows.

Sessions begin in Berlin's time here: what prints a time, or adds to one, must not notice.
"""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import psycopg2
import pytest
from fastapi.routing import APIRoute
from sqlalchemy.pool import QueuePool

import async_app.fast
import async_app.main
from async_app.fast import items, orders, reports
from async_app.settings import Settings
from compare.postgres import Server
from shared_models.rules import cursors
from tests.side_by_side import FAST, PLAIN, STRANGE, TOKENS, Pair, paired
from tests.twins.imports import IMPORT, written

NO_ORDER = "00000000-0000-4000-8000-000000000000"
#: Each fast route with a request that staff may make.
REQUESTS: list[tuple[str, str, object]] = [
    ("GET", "/orders", None),
    ("GET", "/orders/{order}", None),
    ("POST", "/items/import", IMPORT),
    ("GET", "/reports/dashboard", None),
    ("GET", "/reports/orders.csv", None),
    ("GET", "/reports/orders.ndjson", None),
]
requests = pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
exports = pytest.mark.parametrize("kind", ["csv", "ndjson"])


def ask(  # noqa: PLR0913 - what a request is made of
    pair: Pair, method: str, path: str, body: object, name: str | None = "grace", *, status: int = 200
) -> None:
    """Make one of the requests, and compare what it has written."""
    (order,) = pair.orders("id = 2")
    pair.ask(method, path.format(order=order), name, body=body, status=status)
    written(pair)


def test_every_fast_route_is_asked() -> None:
    fast = {
        (method, route.path)
        for module in (orders, items, reports)
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    asked = {(method, path.replace("{order}", "{order_id}")) for method, path, _ in REQUESTS}
    assert fast == asked | {("POST", "/orders/{order_id}/pay")}  # which is no request for staff: test_fast_payments


@requests
def test_staff_is_answered_alike(pair: Pair, method: str, path: str, body: object) -> None:
    ask(pair, method, path, body)


@requests
@pytest.mark.parametrize("name", [None, "nobody", "carl"])
def test_a_token_that_opens_nothing_is_refused_alike(
    pair: Pair, method: str, path: str, body: object, name: str | None
) -> None:
    """None, one that nobody was given, and one whose customer has closed the account."""
    ask(pair, method, path, body, name, status=401)


@requests
def test_a_header_that_is_no_token_is_refused_alike(pair: Pair, method: str, path: str, body: object) -> None:
    for header in ("Basic YTpi", "Bearer", "Bearer\tx", "bearer x y", TOKENS["grace"]):
        headers = {"Authorization": header}
        pair.ask(method, path.format(order=NO_ORDER), None, body=body, headers=headers, status=401)


@requests
@pytest.mark.parametrize(
    ("lifetime", "age", "status"),
    [
        ("1 hour", "1 hour 1 s", 401),
        ("1 hour", "59 min 50 s", 200),
        ("1 day", "23 hours 59 min 50 s", 200),
        ("1 day", "24 hours 1 s", 401),
        ("1 mon", "719 hours 59 min 50 s", 200),
        ("1 mon", "720 hours 1 s", 401),
        ("0", "0", 401),
    ],
)
def test_a_token_expires_alike(  # noqa: PLR0913, PLR0917 - one case a line
    pair: Pair, method: str, path: str, body: object, lifetime: str, age: str, status: int
) -> None:
    change = "UPDATE login_tokens SET lifetime = %(lifetime)s::interval, created_at = now() - %(age)s::interval"
    pair.change(change, lifetime=lifetime, age=age)
    ask(pair, method, path, body, status=status)


@pytest.mark.parametrize("longer", [False, True], ids=["spring", "autumn"])
def test_a_day_is_24_hours_when_the_clocks_change(filled: Server, *, longer: bool) -> None:
    """A token lives for a day; PostgreSQL's days have 23 hours or 25 when the session's zone says so."""
    zone = changing(datetime.now(UTC) - timedelta(hours=12), longer=longer)
    with paired(filled, PLAIN, FAST, zone=zone) as pair:
        with closing(psycopg2.connect(pair.known.clone.address.url())) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT now() - interval '24 hours' + interval '1 day' - now()")
            assert cursor.fetchall() == [(timedelta(hours=1 if longer else -1),)]
        for age, status in (("23 hours 59 min 50 s", 200), ("24 hours 1 s", 401)):
            change = "UPDATE login_tokens SET lifetime = '1 day', created_at = now() - %(age)s::interval"
            pair.change(change, age=age)
            ask(pair, "GET", "/orders", None, status=status)
            ask(pair, "GET", "/reports/dashboard", None, status=status)


def changing(moment: datetime, *, longer: bool) -> str:
    """Return a time zone whose clocks go one hour back, or forward, on the hour of this moment in UTC."""
    day, hour = moment.timetuple().tm_yday - 1, moment.hour
    other = f"{(day + 100) % 365}/0"
    return f"STD0DST-1,{other},{day}/{hour + 1}" if longer else f"STD0DST-1,{day}/{hour},{other}"


@requests
@pytest.mark.parametrize("age", [None, "9 min 50 s", "10 min 1 s"])
def test_the_last_use_of_a_token_is_written_down_alike(
    pair: Pair, method: str, path: str, body: object, age: str | None
) -> None:
    if age:
        pair.change("UPDATE login_tokens SET last_used_at = now() - %(age)s::interval", age=age)
    ask(pair, method, path, body)
    (token,) = pair.rows(
        "SELECT now() - last_used_at < interval '1 min' AS used FROM login_tokens WHERE customer_id = 1"
    )
    assert token["used"] is (age != "9 min 50 s")


@requests
def test_what_is_for_staff_is_refused_to_others_alike(pair: Pair, method: str, path: str, body: object) -> None:
    for name in ("ada", "sue"):
        ask(pair, method, path, body, name, status=403 if "orders" not in path.split("/")[1] else owned(path, name))


def owned(path: str, name: str) -> int:
    """What a customer gets of the orders: Ada has the second."""
    return 404 if path.endswith("{order}") and name != "ada" else 200


@requests
def test_a_suspended_customer_is_answered_alike(pair: Pair, method: str, path: str, body: object) -> None:
    pair.change("UPDATE customers SET status = 'suspended' WHERE id = 1")
    ask(pair, method, path, body)


MOMENTS = (
    "0099-01-01 00:00:00+00", "1969-12-31 23:59:59.5+00", "2026-03-29 01:30:00+01", "2026-10-25 02:30:00.000001+02",
    "2026-10-25 02:30:00.1+01", "2026-12-31 23:59:59.999999+00", "9999-12-30 12:00:00.12+00",
)  # fmt: skip


def test_every_order_reads_the_same(pair: Pair) -> None:
    """Whatever names, prices, times and ways to pay there are in it; staff reads all, the others their own."""
    for number, moment in enumerate(MOMENTS, 10):
        values = {"number": str(number), "moment": moment}
        pair.change(
            "UPDATE orders SET created_at = %(moment)s, updated_at = %(moment)s WHERE id = %(number)s", **values
        )
        pair.change("UPDATE order_status_changes SET at = %(moment)s WHERE order_id = %(number)s", **values)
    pair.change("UPDATE accounts SET balance = 0 WHERE customer_id = 2")
    shown = [pair.ask("GET", f"/orders/{order}", "grace").json() for order in pair.orders("true")]

    assert {one["payment_method"] and one["payment_method"]["kind"] for one in shown} == {
        None, "wallet", "card", "invoice",
    }  # fmt: skip
    assert any(not one["lines"] for one in shown)
    assert any(not one["history"] for one in shown)
    assert {len(one["created_at"]) for one in shown} == {
        len("2026-01-01T00:00:00Z"),
        len("2026-01-01T00:00:00.000000Z"),
    }
    assert STRANGE in {one["customer"]["name"] for one in shown}


def test_an_order_is_found_by_whatever_is_a_uuid(pair: Pair) -> None:
    (order,) = pair.orders("id = 2")
    for spelled in (order.upper(), order.replace("-", ""), f"{{{order}}}", f"urn:uuid:{order}"):
        pair.ask("GET", f"/orders/{spelled}", "ada")
    for wrong in ("x", order[:-1], f"{order}0", "%00", "\u0661"):
        pair.ask("GET", f"/orders/{wrong}", "ada", status=422)
        pair.ask("GET", f"/orders/{wrong}", None, status=401)


def test_orders_of_others_are_not_there(pair: Pair) -> None:
    (order,) = pair.orders("id = 2")
    pair.ask("GET", f"/orders/{order}", "ada")
    pair.ask("GET", f"/orders/{order}", "bob", status=404)
    pair.ask("GET", f"/orders/{NO_ORDER}", "grace", status=404)


@pytest.mark.parametrize("name", ["ada", "bob", "grace", "sue"])
@pytest.mark.parametrize("status", ["", "&status=pending", "&status=paid", "&status=cancelled"])
def test_every_page_of_orders_reads_the_same(pair: Pair, name: str, status: str) -> None:
    pair.page_through(name, status)


@pytest.mark.parametrize("name", ["nobody", "carl"])
@pytest.mark.parametrize(
    "path",
    [
        "/orders?limit=0", "/orders?limit=101", "/orders?limit=x", "/orders?status=lost", "/orders?after=!",
        "/orders?after=MQ", f"/orders?after={'a' * 201}", "/orders/1", "/reports/dashboard?effort=11",
        "/reports/dashboard?effort=nan",
    ],
)  # fmt: skip
def test_who_opens_nothing_is_not_told_what_is_wrong(pair: Pair, path: str, name: str) -> None:
    pair.ask("GET", path, name, status=401)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422), ("limit=101", 422), ("limit=x", 422), ("limit=", 422), ("limit=5&limit=2", 200),
        ("status=x", 422), ("status=", 422), ("status=PAID", 422), ("status=paid&status=pending", 200),
        ("more=1", 200), ("after=", 200), ("after=x", 422), ("after=%00", 422), (f"after={'x' * 201}", 422),
        ("after=\u00e9", 422), (f"after={cursors.encode(0)}", 200), (f"after={cursors.encode(-1)}", 200),
        (f"after={cursors.encode(2**31)}", 200), (f"after={cursors.encode(-(2**63))}", 200),
        (f"after={cursors.encode(2**63 - 1)}", 200), (f"after={cursors.encode(2**63)}", 422),
        (f"after={cursors.encode(True)}", 422), (f"after={cursors.encode('1')}", 422),  # noqa: FBT003
        (f"after={cursors.encode(1, 2)}", 422), (f"after={cursors.encode()}", 422),
    ],
)  # fmt: skip
def test_a_query_is_taken_or_refused_alike(pair: Pair, query: str, status: int) -> None:
    for name in ("ada", "grace"):
        pair.ask("GET", f"/orders?{query}", name, status=status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/orders", 405), ("HEAD", "/orders", 405), ("OPTIONS", "/orders", 405), ("GET", "/orders/", 307),
        ("PUT", f"/orders/{NO_ORDER}", 405), ("POST", f"/orders/{NO_ORDER}", 405), ("GET", "/items/import", 422),
        ("PUT", "/items/import", 405), ("POST", "/items/import/", 307), ("POST", "/reports/dashboard", 405),
        ("HEAD", "/reports/orders.csv", 405), ("DELETE", "/reports/orders.ndjson", 405), ("GET", "/reports", 404),
        ("GET", "/reports/dashboard/", 307), ("GET", f"/orders/{NO_ORDER}/receipt", 404), ("GET", "/openapi.json", 200),
    ],
)  # fmt: skip
def test_what_no_fast_route_takes_is_answered_as_before(pair: Pair, method: str, path: str, status: int) -> None:
    pair.ask(method, path, "grace", headers={"Host": "shop"}, status=status)


#: What a CSV writer may quote or JSON may escape, alone; an address of each kind.
ADDRESSES = (
    "", " a", "a ", "a,b", 'a"b', '"', '""', "a\rb", "a\nb", "\r\n", "a\tb", "a;b", "a'b", "a\\b", "=a", "a\x1fb",
    "a\x7fb", "a\u0085b", "a\u2028b", "a\u00e9b", "a\u4e2db", "a\U0001f600b", "\ufeffa", "12", "1e5", "null", STRANGE,
)  # fmt: skip


@exports
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_exported_alike(pair: Pair, kind: str, address: str) -> None:
    pair.change("UPDATE customers SET email = %(address)s WHERE id = 2", address=address)
    shown = pair.ask("GET", f"/reports/orders.{kind}", "grace").text
    if kind == "ndjson":
        assert address in {json.loads(line)["customer"] for line in shown.rstrip("\n").split("\n")}


@exports
@pytest.mark.parametrize("number", [0, 1, 499, 500, 501, 1000])
def test_an_export_of_so_many_orders_reads_the_same(pair: Pair, kind: str, number: int) -> None:
    """Whole batches, and what is left over."""
    pair.change(
        "TRUNCATE orders CASCADE",
        "INSERT INTO orders (public_id, customer_id, status, created_at)"
        " SELECT md5(n::text)::uuid, 2, 'paid', '2026-01-01'::timestamptz + n * interval '0.1 s'"
        " FROM generate_series(1, %(number)s::integer) n",
        number=str(number),
    )
    lines = pair.ask("GET", f"/reports/orders.{kind}", "grace").text.count("\n")
    assert lines == number + (kind == "csv")


@exports
def test_an_export_of_all_times_and_totals_reads_the_same(pair: Pair, kind: str) -> None:
    for number, moment in enumerate(MOMENTS, 10):
        values = {"number": str(number), "moment": moment}
        pair.change("UPDATE orders SET created_at = %(moment)s WHERE id = %(number)s", **values)
    pair.ask("GET", f"/reports/orders.{kind}", "grace")


def test_the_dashboard_reads_the_same(pair: Pair) -> None:
    for query in ("", "?effort=0", "?effort=0.1", "?effort=1e-3"):
        pair.ask("GET", f"/reports/dashboard{query}", "grace")
    for query in ("?effort=-1", "?effort=11", "?effort=nan", "?effort=inf", "?effort=x", "?effort="):
        pair.ask("GET", f"/reports/dashboard{query}", "grace", status=422)
    pair.change("UPDATE order_lines SET quantity = 1")  # the best sellers are as good as one another
    pair.ask("GET", "/reports/dashboard", "grace")
    pair.change("DELETE FROM order_lines")
    pair.ask("GET", "/reports/dashboard", "grace")
    pair.change("TRUNCATE orders CASCADE")
    pair.ask("GET", "/reports/dashboard", "grace")


def test_a_statement_that_takes_too_long_is_given_up_alike(pair: Pair) -> None:
    pair.ask("GET", "/reports/dashboard?effort=6", "grace", status=504)


def test_both_publish_the_same_document() -> None:
    """And in it each route once."""
    settings = Settings(database_url="postgresql+asyncpg://nobody@/none")
    plain, fast = async_app.main.create_app(settings).openapi(), async_app.fast.create_app(settings).openapi()
    assert json.dumps(fast) == json.dumps(plain)


@requests
async def test_a_request_without_a_token_takes_no_connection(
    filled: Server, method: str, path: str, body: object
) -> None:
    """The pool's only one is in use: whoever needs one is told so."""
    with filled.clone("busy") as clone:
        url = clone.address.placeholders()["async_url"]
        app = async_app.fast.create_app(Settings(database_url=url, pool_size=1, pool_timeout=0.05))
        async with (
            app.router.lifespan_context(app),
            app.state.database.engine.connect(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            pool = app.state.database.engine.pool
            assert isinstance(pool, QueuePool)
            assert pool.checkedout() == 1
            path = path.format(order=NO_ORDER)
            assert (await client.request(method, path, json=body)).status_code == 401
            token = {"Authorization": f"Bearer {TOKENS['grace']}"}
            assert (await client.request(method, path, json=body, headers=token)).status_code == 503
