"""Times are UTC in every answer, wherever the process and the sessions of the database believe to be."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from compare.pytest_plugin import Database
from shared_models.seed import PASSWORD
from tests.conftest import Login

pytestmark = pytest.mark.in_process(isolation="clone")

ZONE = "America/New_York"
SKU = "ITEM-00001"
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:[^",\n]*')


@pytest.fixture(autouse=True)
def process_zone() -> Iterator[None]:
    """Let the process live in another zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", ZONE)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
async def session_zone(database: Database) -> None:
    """Let the sessions of the app, which begin after this, live there too."""
    await database.execute(f"ALTER DATABASE \"{database.address.database}\" SET timezone = '{ZONE}'")


async def times_held(database: Database) -> set[datetime]:
    """Every time in every table, and when tokens expire, which is computed."""
    columns = await database.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'"
    )
    reads = [f"SELECT {one['column_name']} AS at FROM {one['table_name']}" for one in columns]  # noqa: S608 - of the catalogue
    reads.append("SELECT created_at + lifetime FROM login_tokens")
    return {row["at"] for row in await database.fetch(" UNION ".join(reads))}


async def test_every_time_is_told_in_utc_and_as_the_database_holds_it(
    client: httpx.AsyncClient, ada: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    (row,) = await database.fetch(
        "SELECT (SELECT public_id FROM customers WHERE id = 2)::text AS customer,"
        " (SELECT public_id FROM accounts WHERE id = 2)::text AS source,"
        " (SELECT public_id FROM accounts WHERE id = 3)::text AS target,"
        " (SELECT public_id FROM payment_methods WHERE id = 2)::text AS method"
    )
    login = await client.post("/login", json={"email": "bob@example.org", "password": PASSWORD})
    payload = {"source": row["source"], "target": row["target"], "amount": "1.00"}
    transfer = await ada.post("/transfers", json=payload, headers={"Idempotency-Key": "zones"})
    order = await ada.post("/orders", json={"lines": [{"sku": SKU, "quantity": 1}]})
    place = order.headers["Location"]
    paid = await ada.post(f"{place}/pay", json={"payment_method": row["method"]})
    renamed = await grace.patch(f"/items/{SKU}", json={"version": 2, "name": "Pot"})
    reads = (
        transfer.headers["Location"],
        place,
        f"{place}/receipt",
        f"/customers/{row['customer']}",
        f"/items/{SKU}",
        "/items",
        "/orders",
        "/reports/orders.csv",
        "/reports/orders.ndjson",
    )
    answers = [login, transfer, order, paid, renamed, *[await grace.get(path) for path in reads]]
    held = await times_held(database)
    for answer in answers:
        told = TIME.findall(answer.raise_for_status().text)
        assert told
        assert [text for text in told if not text.endswith("Z") or datetime.fromisoformat(text) not in held] == []


async def test_what_is_written_at_this_moment_is_held_as_this_moment(
    client: httpx.AsyncClient, login: Login, database: Database
) -> None:
    """One driver would take a naive time for one of the session's zone, the other for one of the process's (T17)."""
    ada, grace = await login("ada", of=client), await login("grace", of=client)
    await ada.get("/accounts")
    await grace.delete(f"/items/{SKU}")
    held = await database.fetch(
        "SELECT last_login_at AS at FROM customers WHERE id = 2 UNION ALL SELECT created_at FROM login_tokens"
        " UNION ALL SELECT last_used_at FROM login_tokens WHERE last_used_at IS NOT NULL"
        " UNION ALL SELECT deleted_at FROM items WHERE sku = %(sku)s",
        sku=SKU,
    )
    assert len(held) == 6
    assert all(abs((row["at"] - datetime.now(UTC)).total_seconds()) < 300 for row in held)


async def test_a_day_of_sales_is_a_day_in_utc(grace: httpx.AsyncClient, database: Database) -> None:
    await database.execute("DELETE FROM receipts")
    await database.execute("UPDATE orders SET status = 'pending'")
    await database.execute(
        "UPDATE orders SET status = 'paid',"
        " created_at = timestamptz '2026-03-02 00:30+00' - interval '1 hour' * mod(id, 2)"
        " WHERE id IN (1, 2)"
    )
    days = (await grace.get("/reports/sales")).json()["days"]
    assert [(day["day"], day["orders"]) for day in days] == [("2026-03-02", 1), ("2026-03-01", 1)]


async def test_a_date_and_a_time_of_day_have_no_zone(grace: httpx.AsyncClient, database: Database) -> None:
    (row,) = await database.fetch(
        "SELECT public_id::text AS id, birth_date::text, delivery_from::text FROM customers WHERE id = 2"
    )
    read = (await grace.get(f"/customers/{row['id']}")).json()
    assert {name: read[name] for name in row} == row


async def test_a_time_of_day_that_is_sent_with_a_zone_is_answered_as_it_is_kept(grace: httpx.AsyncClient) -> None:
    new = {"email": "zone@example.org", "name": "Zone", "password": "long enough", "delivery_from": "09:15:00Z"}
    made = await grace.post("/customers", json=new)
    assert made.json()["delivery_from"] == "09:15:00"
    changed = await grace.patch(made.headers["Location"], json={"delivery_from": "10:00:00+02:00"})
    assert changed.json()["delivery_from"] == "10:00:00"
