"""What happens at the limits: a full pool, a statement that takes too long, a row that somebody else holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from compare.pytest_plugin import Database
from tests.shared.locks import PATIENCE, every_connection_is_free, transaction, waiting

pytestmark = pytest.mark.in_process(isolation="clone")

SIZE = 2
SETTINGS = {
    "POOL_SIZE": str(SIZE),
    "POOL_TIMEOUT": "0.5",
    "LOCK_TIMEOUT": "PT1M",
    "STATEMENT_TIMEOUT": "PT1M",
    "REPORT_TIMEOUT": "PT0.2S",
}


@pytest.fixture(autouse=True)
def settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the app, which is made after this."""
    for name, value in (SETTINGS | getattr(request, "param", {})).items():
        monkeypatch.setenv(name, value)


def with_settings(**env: str) -> pytest.MarkDecorator:
    """Other settings for one test."""
    return pytest.mark.parametrize("settings", [env], indirect=True, ids=[" ".join(env)])


@asynccontextmanager
async def full(client: httpx.AsyncClient, database: Database) -> AsyncIterator[None]:
    """Requests that use every connection until the block ends, when they are answered."""
    async with transaction(database) as other:
        await other.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        requests = [asyncio.create_task(client.get("/items")) for _ in range(SIZE)]
        assert await waiting(database, SIZE)
        yield
    assert [(await request).status_code for request in requests] == [200] * SIZE


async def test_a_full_app_says_so_soon_to_everybody_and_when_to_come_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with full(client, database), asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*(client.get("/categories") for _ in range(6)))
    assert [answer.status_code for answer in answers] == [503] * 6
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    assert {answer.json()["type"] for answer in answers} == {"/problems/overloaded"}


async def test_a_full_app_still_lives(client: httpx.AsyncClient, database: Database) -> None:
    async with full(client, database), asyncio.timeout(PATIENCE):
        assert (await client.get("/health/live")).status_code == 200


async def test_a_full_app_is_not_ready(client: httpx.AsyncClient, database: Database) -> None:
    async with full(client, database), asyncio.timeout(PATIENCE):
        assert (await client.get("/health/ready")).status_code == 503


async def test_a_request_that_waits_gets_the_connection_that_comes_free(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with full(client, database):
        late = asyncio.create_task(client.get("/categories"))
        await asyncio.sleep(0)  # it has begun
    assert (await late).status_code == 200


async def test_an_app_that_was_full_answers_again_at_once(client: httpx.AsyncClient, database: Database) -> None:
    async with full(client, database):
        assert (await client.get("/categories")).status_code == 503
    assert (await client.get("/health/ready")).status_code == 200
    assert await every_connection_is_free(client, database, SIZE)


async def test_a_report_that_takes_too_long_is_cut_off(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.get("/reports/sales", params={"effort": 10})
    assert (response.status_code, response.json()["type"]) == (504, "/problems/statement-timeout")
    assert await database.idle()
    assert (await grace.get("/reports/sales")).status_code == 200


@with_settings(POOL_TIMEOUT="20")
async def test_the_limit_of_a_report_ends_with_it(grace: httpx.AsyncClient) -> None:
    """The dashboard's four queries take turns at two connections."""
    for _ in range(SIZE):
        assert (await grace.get("/reports/sales")).status_code == 200
    assert (await grace.get("/reports/dashboard", params={"effort": 0.3})).status_code == 200


@with_settings(STATEMENT_TIMEOUT="PT0.2S")
async def test_any_statement_that_takes_too_long_is_cut_off(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.get("/reports/dashboard", params={"effort": 10})
    assert (response.status_code, response.json()["type"]) == (504, "/problems/statement-timeout")
    assert await database.idle()
    assert (await grace.get("/reports/dashboard")).status_code == 200


@with_settings(LOCK_TIMEOUT="PT0.1S")
async def test_a_row_that_somebody_holds_for_long_is_a_conflict(ada: httpx.AsyncClient, database: Database) -> None:
    (source,) = await database.fetch("SELECT public_id::text FROM accounts WHERE id = 2")
    (target,) = await database.fetch("SELECT public_id::text FROM accounts WHERE id = 3")
    payload = {"source": source["public_id"], "target": target["public_id"], "amount": "1.00"}
    async with transaction(database) as other, asyncio.timeout(PATIENCE):
        await other.execute("SELECT FROM accounts WHERE id = 2 FOR UPDATE")
        response = await ada.post("/transfers", json=payload, headers={"Idempotency-Key": "locked"})
        assert (response.status_code, response.json()["type"]) == (409, "/problems/row-locked")
    assert (await ada.post("/transfers", json=payload, headers={"Idempotency-Key": "locked"})).status_code == 201


@with_settings(POOL_SIZE="1")
async def test_one_connection_is_enough_to_pay_and_to_write_the_receipt(
    ada: httpx.AsyncClient, database: Database
) -> None:
    (method,) = await database.fetch("SELECT public_id::text AS payment_method FROM payment_methods WHERE id = 2")
    order = await ada.post("/orders", json={"lines": [{"sku": "ITEM-00001", "quantity": 1}]})
    path = order.headers["Location"]
    assert (await ada.post(f"{path}/pay", json=method)).status_code == 200
    assert (await ada.get(f"{path}/receipt")).json()["status"] == "ready"


@with_settings(POOL_SIZE="1", POOL_TIMEOUT="20")
async def test_whoever_came_first_is_served_first(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    """Bob needs the connection twice: what is free for a moment must not cost Ada, who waits for it, her place."""
    accounts = await database.fetch("SELECT public_id::text AS key FROM accounts WHERE id IN (2, 3) ORDER BY id")
    payload = dict(zip(("source", "target"), (row["key"] for row in accounts), strict=True)) | {"amount": "1.00"}
    async with transaction(database) as other:
        await other.execute("LOCK TABLE login_tokens IN ACCESS EXCLUSIVE MODE")
        requests = [asyncio.create_task(bob.get("/accounts"))]
        assert await waiting(database, 1)
        for request in (
            ada.post("/transfers", json=payload, headers={"Idempotency-Key": "first"}),
            grace.get("/accounts"),
        ):
            requests.append(asyncio.create_task(request))
            await asyncio.sleep(0.1)  # it is in the queue
    assert [(await request).status_code for request in requests] == [200, 201, 200]
    (served,) = await database.fetch(
        "SELECT transfers.created_at < last_used_at AS in_turn FROM transfers, login_tokens"
        " WHERE idempotency_key = 'first' AND login_tokens.customer_id = 1"
    )
    assert served["in_turn"]


@with_settings(POOL_SIZE="1", POOL_TIMEOUT="20")
async def test_one_connection_is_enough_for_everybody(grace: httpx.AsyncClient) -> None:
    """Nothing that holds a connection waits for another: neither the dashboard's four queries nor a download."""
    paths = ("/reports/dashboard", "/reports/orders.csv", "/reports/price-list", "/accounts", "/health/ready")
    answers = await asyncio.gather(*(grace.get(path) for path in paths * 3))
    assert {answer.status_code for answer in answers} == {200}
