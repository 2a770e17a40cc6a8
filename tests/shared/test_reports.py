"""Reports, the dashboard and the price list."""

import asyncio
import time

import httpx
import pytest

from compare.pytest_plugin import Database, Running, only_on
from tests.conftest import Login

pytestmark = pytest.mark.in_process

several_sessions = pytest.mark.in_process(isolation="clone")  # the dashboard opens one for each of its queries

REPORTS = ["sales", "dashboard", "orders.csv", "orders.ndjson", "price-list"]
SALES = (
    "SELECT (created_at AT TIME ZONE 'UTC')::date::text AS day, count(DISTINCT orders.id) AS orders,"
    " sum(quantity * unit_price)::text AS revenue FROM orders JOIN order_lines ON order_id = orders.id"
    " WHERE status = 'paid' GROUP BY 1 ORDER BY 1 DESC"
)
ASLEEP = (
    "SELECT count(*)::int AS many FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
)


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut reports off after a fifth of a second, other statements after two seconds; leave a single connection."""
    monkeypatch.setenv("REPORT_TIMEOUT", "PT0.2S")
    monkeypatch.setenv("STATEMENT_TIMEOUT", "PT2S")
    monkeypatch.setenv("POOL_SIZE", "1")


@pytest.fixture
def short_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut every statement off after a fifth of a second."""
    monkeypatch.setenv("STATEMENT_TIMEOUT", "PT0.2S")


@pytest.mark.parametrize("report", REPORTS)
async def test_reports_are_for_staff(client: httpx.AsyncClient, ada: httpx.AsyncClient, report: str) -> None:
    assert (await client.get(f"/reports/{report}")).status_code == 401
    assert (await ada.get(f"/reports/{report}")).status_code == 403


async def test_sales_are_what_paid_orders_brought_in_by_day(grace: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE orders SET created_at = created_at - id % 3 * interval '1 day'")
    wanted = await database.fetch(SALES)
    response = await grace.get("/reports/sales")
    assert (response.status_code, response.json()) == (200, {"days": wanted})
    assert len(wanted) == 3


async def test_without_sales_there_are_no_days(grace: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE orders SET status = 'pending'")
    assert (await grace.get("/reports/sales")).json() == {"days": []}


@pytest.mark.in_process(isolation="clone")
async def test_a_day_is_a_day_in_utc_in_whatever_zone_the_session_is(login: Login, database: Database) -> None:
    name = database.address.database
    await database.execute(f"""ALTER DATABASE "{name}" SET timezone = 'America/New_York'""")
    await database.execute("UPDATE orders SET created_at = '2026-03-01T23:30Z' WHERE id < 20")
    await database.execute("UPDATE orders SET created_at = '2026-03-02T00:30Z' WHERE id >= 20")
    grace = await login("grace")
    days = (await grace.get("/reports/sales")).json()["days"]
    assert [day["day"] for day in days] == ["2026-03-02", "2026-03-01"]
    assert days == await database.fetch(SALES)


@pytest.mark.parametrize("effort", ["-1", "10.1", "much", "nan"])
@pytest.mark.parametrize("report", ["sales", "dashboard"])
async def test_an_effort_has_its_limits(grace: httpx.AsyncClient, report: str, effort: str) -> None:
    assert (await grace.get(f"/reports/{report}", params={"effort": effort})).status_code == 422


@pytest.mark.usefixtures("short_limits")
@several_sessions
async def test_a_report_that_takes_too_long_is_cut_off(grace: httpx.AsyncClient, running: Running) -> None:
    response = await grace.get("/reports/sales", params={"effort": 10})
    assert response.status_code == 504
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/statement-timeout",
        "title": "Took too long",
        "status": 504,
        "detail": "The database gave up on a statement that ran too long.",
    }
    assert running.app.state.database.engine.pool.checkedout() == 0


@pytest.mark.usefixtures("short_limits")
@several_sessions
async def test_the_connection_of_a_report_that_was_cut_off_serves_on(
    grace: httpx.AsyncClient, database: Database
) -> None:
    connections = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    )
    assert (await grace.get("/reports/sales")).status_code == 200
    before = await database.fetch(connections)
    assert (await grace.get("/reports/sales", params={"effort": 10})).status_code == 504
    assert (await grace.get("/reports/sales")).json() == {"days": await database.fetch(SALES)}
    assert await database.fetch(connections) == before


@pytest.mark.usefixtures("short_limits")
@several_sessions
async def test_the_limit_of_a_report_is_no_limit_for_what_follows(grace: httpx.AsyncClient) -> None:
    assert (await grace.get("/reports/sales")).status_code == 200
    assert (await grace.get("/reports/dashboard", params={"effort": 0.4})).status_code == 200


@several_sessions
async def test_the_dashboard_shows_what_sql_counts(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.get("/reports/dashboard")
    (numbers,) = await database.fetch(
        "SELECT (SELECT count(*) FROM customers) AS customers, (SELECT sum(quantity * unit_price)::text FROM orders"
        " JOIN order_lines ON order_id = orders.id WHERE status = 'paid') AS revenue"
    )
    orders = await database.fetch(
        "SELECT status::text, count(*) AS orders FROM orders GROUP BY orders.status ORDER BY orders.status"
    )
    best = await database.fetch(
        "SELECT sku, name, sum(quantity) AS pieces FROM items JOIN order_lines ON item_id = items.id"
        " GROUP BY items.id ORDER BY pieces DESC, sku LIMIT 5"
    )
    assert response.status_code == 200
    assert response.json() == {**numbers, "orders": orders, "best_sellers": best}
    assert [one["status"] for one in orders] == ["pending", "paid", "cancelled"]


@several_sessions
async def test_the_dashboard_of_an_empty_shop_shows_nothing(grace: httpx.AsyncClient, database: Database) -> None:
    await database.execute("TRUNCATE orders CASCADE")
    board = (await grace.get("/reports/dashboard")).json()
    assert board == {"customers": 12, "orders": [], "revenue": "0.00", "best_sellers": []}


@pytest.mark.usefixtures("short_statements")
@several_sessions
async def test_a_dashboard_whose_queries_fail_holds_no_connection(grace: httpx.AsyncClient, running: Running) -> None:
    response = await grace.get("/reports/dashboard", params={"effort": 1})
    assert (response.status_code, response.json()["type"]) == (504, "/problems/statement-timeout")
    assert running.app.state.database.engine.pool.checkedout() == 0
    assert (await grace.get("/reports/dashboard")).status_code == 200


async def at_work_at_once(client: httpx.AsyncClient, database: Database, effort: float) -> tuple[int, float]:
    """How many of the dashboard's queries were seen at work together, and how many seconds it took."""
    await client.get("/reports/dashboard")  # opens the connections
    begun = time.monotonic()
    showing = asyncio.ensure_future(client.get("/reports/dashboard", params={"effort": effort}))
    most = 0
    while not showing.done():
        most = max(most, (await database.fetch(ASLEEP))[0]["many"])
        await asyncio.wait({showing}, timeout=0.01)
    assert showing.result().status_code == 200
    return most, time.monotonic() - begun


@several_sessions
@only_on("async", reason="legacy asks one after the other, with one session")
async def test_the_queries_of_the_dashboard_overlap(grace: httpx.AsyncClient, database: Database) -> None:
    together, seconds = await at_work_at_once(grace, database, 0.5)
    assert together == 4
    assert seconds < 4 * 0.5


@several_sessions
@only_on("legacy", reason="async asks all at once, with a session each")
async def test_the_queries_of_the_dashboard_queue(grace: httpx.AsyncClient, database: Database) -> None:
    together, seconds = await at_work_at_once(grace, database, 0.2)
    assert together == 1
    assert seconds >= 4 * 0.2


async def test_the_price_list_has_what_is_for_sale_by_sku(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.get("/reports/price-list")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    rows = await database.fetch(
        "SELECT sku, name, array_to_string(ARRAY(SELECT unnest(tags) ORDER BY 1), ', ') AS tags, price::text"
        " FROM items WHERE deleted_at IS NULL ORDER BY sku"
    )
    assert [line for line in response.text.splitlines() if line.startswith("<tr>")] == [
        "<tr><td>" + "<td>".join(row.values()) for row in rows
    ]


async def test_the_price_list_is_escaped(grace: httpx.AsyncClient) -> None:
    harm = "<script>alert('&')</script>"
    await grace.post("/items", json={"sku": "NEW-1", "name": harm, "tags": ['"<b>"'], "price": 1})
    page = (await grace.get("/reports/price-list")).text
    assert "<script>" not in page
    assert "<td>&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;<td>&#34;&lt;b&gt;&#34;<td>1.00" in page
