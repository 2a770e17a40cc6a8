"""Many requests at once: money, stock and versions come out right, and what PostgreSQL gives up is tried again."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import httpx
import pytest
import pytest_asyncio

from compare.pytest_plugin import Database, Running
from tests.conftest import Login
from tests.shared.locks import transaction, waiting

OWNERS = ("grace", "ada", "bob", *(f"customer-{number:05}" for number in range(5, 12)))
TRANSFERS = 200
SKU = "ITEM-00001"


async def account_of(client: httpx.AsyncClient) -> str:
    """The account in euros."""
    response = await client.get("/accounts")
    account: str = response.json()[0]["id"]
    return account


async def order(client: httpx.AsyncClient, quantity: int = 1) -> str:
    """The path of a new order of one item."""
    response = await client.post("/orders", json={"lines": [{"sku": SKU, "quantity": quantity}]})
    return response.raise_for_status().headers["Location"]


async def invoice_of_ada(database: Database) -> dict[str, str]:
    """What Ada sends to pay later: no account is touched."""
    (row,) = await database.fetch(
        "SELECT public_id::text AS payment_method FROM payment_methods WHERE customer_id = 2 AND kind = 'invoice'"
    )
    return row


async def test_two_hundred_transfers_at_once_keep_the_sum(
    start: Callable[..., Awaitable[Running]], login: Login
) -> None:
    shop = await start(POOL_TIMEOUT="60", LOCK_TIMEOUT="PT1M", STATEMENT_TIMEOUT="PT1M")
    everybody = httpx.Limits(max_connections=TRANSFERS, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=shop.client.base_url, limits=everybody, timeout=shop.client.timeout, trust_env=False
    ) as crowd:
        owners = [await login(name, of=crowd) for name in OWNERS]
        accounts = [await account_of(owner) for owner in owners]
        draw = random.Random(200)  # noqa: S311 - the same transfers every time
        pairs = [draw.sample(range(len(owners)), 2) for _ in range(TRANSFERS)]
        answers = await asyncio.gather(
            *(
                owners[source].post(
                    "/transfers",
                    json={
                        "source": accounts[source],
                        "target": accounts[target],
                        "amount": f"{draw.randrange(1, 600)}.{draw.randrange(100):02}",
                    },
                    headers={"Idempotency-Key": f"transfer {number}"},
                )
                for number, (source, target) in enumerate(pairs)
            )
        )
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {201, 409}
    (row,) = await shop.database.fetch(
        "SELECT (SELECT sum(balance) FROM accounts WHERE currency = 'EUR') AS total,"
        " (SELECT count(*) FROM transfers) AS transfers,"
        " (SELECT bool_and(balance = 1000"
        "   + (SELECT coalesce(sum(amount), 0) FROM transfers WHERE target_account_id = a.id)"
        "   - (SELECT coalesce(sum(amount), 0) FROM transfers WHERE source_account_id = a.id))"
        "  FROM accounts a) AS accounted"
    )
    assert row == {"total": Decimal("12000.00"), "transfers": statuses.count(201), "accounted": True}


async def test_requests_with_one_key_at_once_make_one_transfer(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    payload = {"source": await account_of(ada), "target": await account_of(bob), "amount": "10.00"}
    answers = await asyncio.gather(
        *(ada.post("/transfers", json=payload, headers={"Idempotency-Key": "once"}) for _ in range(8))
    )
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert len(await database.fetch("SELECT id FROM transfers")) == 1
    (row,) = await database.fetch("SELECT balance FROM accounts WHERE id = 2")
    assert row["balance"] == Decimal("990.00")


async def test_a_request_that_loses_a_deadlock_is_tried_again(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    source, target = await account_of(ada), await account_of(bob)
    lock = "SELECT FROM accounts WHERE public_id = %(account)s FOR UPDATE"
    async with transaction(database) as other:
        await other.execute("SET LOCAL deadlock_timeout = '1min'")  # the request is the one to find it, and to lose
        await other.execute(lock, account=target)
        request = asyncio.create_task(
            ada.post(
                "/transfers",
                json={"source": source, "target": target, "amount": "10.00"},
                headers={"Idempotency-Key": "deadlock"},
            )
        )
        assert await waiting(database, 1)
        await other.execute(lock, account=source)
    response = await request
    assert response.status_code == 201
    assert response.json()["source_balance"] == "990.00"


async def test_a_payment_overtaken_by_a_change_of_stock_is_tried_again(
    ada: httpx.AsyncClient, database: Database
) -> None:
    path, payment = await order(ada, quantity=2), await invoice_of_ada(database)
    async with transaction(database) as other:
        await other.execute("UPDATE items SET stock = 10, version = 2 WHERE sku = %(sku)s", sku=SKU)
        request = asyncio.create_task(ada.post(f"{path}/pay", json=payment))
        assert await waiting(database, 1)
        await other.commit()
    response = await request
    assert (response.status_code, response.json()["status"]) == (200, "paid")
    assert await database.fetch("SELECT stock FROM items WHERE sku = %(sku)s", sku=SKU) == [{"stock": 8}]
    assert len(await database.fetch("SELECT id FROM receipts WHERE order_id > 40")) == 1


async def test_of_two_changes_of_one_version_one_is_refused(grace: httpx.AsyncClient, database: Database) -> None:
    async with transaction(database) as other:
        await other.execute("SELECT FROM items WHERE sku = %(sku)s FOR UPDATE", sku=SKU)
        requests = [
            asyncio.create_task(grace.patch(f"/items/{SKU}", json={"version": 1, "name": name}))
            for name in ("Mine", "Yours")
        ]
        assert await waiting(database, 2)  # both have read version 1
    answers = sorted([await request for request in requests], key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["type"] == "/problems/stale-version"
    read = (await grace.get(f"/items/{SKU}")).json()
    assert (read["name"], read["version"]) == (answers[0].json()["name"], 2)


async def test_the_last_pieces_are_not_sold_twice(ada: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE items SET stock = 3 WHERE sku = %(sku)s", sku=SKU)
    payment = await invoice_of_ada(database)
    paths = [await order(ada) for _ in range(6)]
    answers = await asyncio.gather(*(ada.post(f"{path}/pay", json=payment) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {
        "/problems/insufficient-stock"
    }
    assert await database.fetch("SELECT stock FROM items WHERE sku = %(sku)s", sku=SKU) == [{"stock": 0}]


@pytest_asyncio.fixture
async def slow_commit(database: Database) -> AsyncIterator[None]:
    """Let a commit with a transfer in it wait for a lock that the test can hold."""
    await database.execute(
        "CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock(37); RETURN NULL; END'"
    )
    await database.execute(
        "CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON transfers"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit()"
    )
    yield
    await database.execute("DROP FUNCTION wait_at_commit CASCADE")


@pytest.mark.usefixtures("slow_commit")
async def test_an_answer_waits_for_its_commit(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    """A commit in the exit of a dependency runs after the answer (T37); a server shows it, an in-process client not."""
    payload = {"source": await account_of(ada), "target": await account_of(bob), "amount": "1.00"}
    async with transaction(database) as other:
        await other.execute("SELECT pg_advisory_xact_lock(37)")
        request = asyncio.create_task(ada.post("/transfers", json=payload, headers={"Idempotency-Key": "slow"}))
        assert await waiting(database, 1)
        answered, _ = await asyncio.wait({request}, timeout=0.3)
        assert not answered
    assert (await request).status_code == 201
    assert len(await database.fetch("SELECT id FROM transfers")) == 1
