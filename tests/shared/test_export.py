"""The export of all orders: complete, sent while it is read, in flat memory."""

import csv
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from compare.pytest_plugin import Database, Running, only_on
from tests.conftest import Login

ORDERS = (
    "SELECT public_id::text AS id, email AS customer, status::text, count(order_lines.id) AS lines,"
    " coalesce(sum(quantity * unit_price), 0)::numeric(14, 2)::text AS total,"
    " to_char(orders.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS created_at"
    " FROM (SELECT orders.*, email FROM orders JOIN customers ON customers.id = customer_id) AS orders"
    " LEFT JOIN order_lines ON order_id = orders.id"
    " GROUP BY orders.id, public_id, email, status, orders.created_at ORDER BY orders.id"
)
MANY = 30_000
MEGABYTE = 2**20

in_process = pytest.mark.in_process
several_connections = pytest.mark.in_process(isolation="clone")

FORMATS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "csv": lambda text: list(csv.DictReader(io.StringIO(text))),
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
}


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock no longer than a fifth of a second."""
    monkeypatch.setenv("LOCK_TIMEOUT", "PT0.2S")


async def make_many(database: Database, count: int) -> None:
    await database.execute(
        "INSERT INTO orders (public_id, customer_id, status)"
        " SELECT gen_random_uuid(), 2, 'pending' FROM generate_series(1, %(count)s)",
        count=count,
    )
    await database.execute("ANALYZE orders")


def resident(pid: int) -> int:
    """The bytes of memory that a process holds."""
    (line,) = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


@in_process
@pytest.mark.parametrize(
    ("kind", "media_type"), [("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson")]
)
async def test_an_export_is_a_download(grace: httpx.AsyncClient, kind: str, media_type: str) -> None:
    response = await grace.get(f"/reports/orders.{kind}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f'attachment; filename="orders.{kind}"'


@in_process
@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_has_every_order_oldest_first(grace: httpx.AsyncClient, database: Database, kind: str) -> None:
    await database.execute("DELETE FROM order_lines WHERE order_id = 3")
    wanted = await database.fetch(ORDERS)
    rows = FORMATS[kind]((await grace.get(f"/reports/orders.{kind}")).text)
    assert [{**row, "lines": int(row["lines"])} for row in rows] == wanted
    assert len(wanted) == 40


@in_process
@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_of_more_than_one_batch_is_complete(
    grace: httpx.AsyncClient, database: Database, kind: str
) -> None:
    await make_many(database, 1_100)
    rows = FORMATS[kind]((await grace.get(f"/reports/orders.{kind}")).text)
    assert [{**row, "lines": int(row["lines"])}["id"] for row in rows] == [
        row["id"] for row in await database.fetch("SELECT public_id::text AS id FROM orders ORDER BY orders.id")
    ]


@in_process
@pytest.mark.parametrize(("kind", "text"), [("csv", "id,customer,status,lines,total,created_at\n"), ("ndjson", "")])
async def test_an_export_of_nothing_is_no_error(
    grace: httpx.AsyncClient, database: Database, kind: str, text: str
) -> None:
    await database.execute("TRUNCATE orders CASCADE")
    response = await grace.get(f"/reports/orders.{kind}")
    assert (response.status_code, response.text) == (200, text)


@in_process
async def test_a_number_is_a_number_in_json_and_money_is_text(grace: httpx.AsyncClient) -> None:
    first = json.loads((await grace.get("/reports/orders.ndjson")).text.splitlines()[0])
    assert {key: type(value).__name__ for key, value in first.items()} == {
        "id": "str",
        "customer": "str",
        "status": "str",
        "lines": "int",
        "total": "str",
        "created_at": "str",
    }


@several_connections
async def test_times_are_in_utc_in_whatever_zone_the_session_is(login: Login, database: Database) -> None:
    await database.execute(f"""ALTER DATABASE "{database.address.database}" SET timezone = 'America/New_York'""")
    grace = await login("grace")
    rows = FORMATS["csv"]((await grace.get("/reports/orders.csv")).text)
    assert rows[0]["created_at"] == "2026-01-01T00:01:00Z"


@pytest.mark.usefixtures("short_waits")
@several_connections
@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_that_cannot_begin_is_a_problem_document(
    grace: httpx.AsyncClient, database: Database, running: Running, kind: str
) -> None:
    with closing(psycopg2.connect(database.address.url())) as other:
        other.cursor().execute("LOCK orders")
        response = await grace.get(f"/reports/orders.{kind}")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/row-locked")
    assert response.headers["content-type"] == "application/problem+json"
    assert running.app.state.database.engine.pool.checkedout() == 0


async def cut_off(client: httpx.AsyncClient, database: Database, kind: str) -> AsyncIterator[bytes]:
    """The pieces of an export whose connection is ended as soon as the first piece is here."""
    await make_many(database, MANY)
    async with client.stream("GET", f"/reports/orders.{kind}") as response:
        assert response.status_code == 200
        pieces = response.aiter_raw()
        yield await anext(pieces)
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async for piece in pieces:
            yield piece


@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_is_sent_while_it_is_read(grace: httpx.AsyncClient, database: Database, kind: str) -> None:
    """What was not read when the first piece arrived is lost with the connection that it would have been read from."""
    lines = 0
    with suppress(httpx.RemoteProtocolError):
        async for piece in cut_off(grace, database, kind):
            lines += piece.count(b"\n")
    assert 0 < lines < MANY


@only_on("async", reason="legacy's BaseHTTPMiddleware ends a broken body as if it were whole")
@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_that_breaks_does_not_look_whole(
    grace: httpx.AsyncClient, database: Database, kind: str
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        async for _ in cut_off(grace, database, kind):
            pass


async def test_an_export_takes_the_same_memory_however_long_it_is(
    login: Login, start: Callable[..., Awaitable[Running]]
) -> None:
    """In a process of its own: one that has grown for another test has room that would hide it."""
    fresh = await start()
    assert fresh.subject is not None
    assert fresh.subject.pid is not None
    grace = await login("grace", of=fresh.client)
    await make_many(fresh.database, 2_000)
    await grace.get("/reports/orders.csv")
    before = resident(fresh.subject.pid)
    await make_many(fresh.database, MANY)
    most, lines = before, 0
    async with grace.stream("GET", "/reports/orders.csv") as response:
        async for piece in response.aiter_raw():
            lines += piece.count(b"\n")
            most = max(most, resident(fresh.subject.pid))
    assert lines > MANY
    assert most - before < 8 * MEGABYTE
