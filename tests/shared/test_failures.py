"""What breaks: connections that are cut, a database that is not there, and code that raises what nobody expected."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from compare.config import SideName
from compare.postgres import Address
from compare.postgres.connection import APPLICATION_NAME
from compare.pytest_plugin import Database, Running
from tests.conftest import Login
from tests.shared.locks import POOL_SIZE, every_connection_is_free, transaction, waiting

MOST_LINES = 20  # that a receipt has room for


async def cut(database: Database) -> None:
    """End every connection of the side, and none of the test's own: a lock that it holds must not be let go."""
    await database.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name <> %(ours)s",
        ours=APPLICATION_NAME,
    )


def unused_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def forwarded(port: int, address: Address) -> AsyncIterator[None]:
    """Let connections to a port reach the database while the block runs."""
    writers: list[asyncio.StreamWriter] = []

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(address.host, address.port)
        writers.extend((writer, back))
        await asyncio.gather(copy(reader, back), copy(there, writer))

    server = await asyncio.start_server(forward, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.close()
        for writer in writers:
            with suppress(OSError):
                await writer.wait_closed()


async def test_connections_that_were_cut_between_requests_are_replaced(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert await every_connection_is_free(client, database)  # the pool is open to its last connection
    await cut(database)
    answers = await asyncio.gather(*(client.get("/items") for _ in range(POOL_SIZE)))
    assert [answer.status_code for answer in answers] == [200] * POOL_SIZE


async def test_a_connection_cut_in_the_middle_of_a_statement_is_told_and_replaced(
    grace: httpx.AsyncClient, database: Database
) -> None:
    request = asyncio.create_task(grace.get("/reports/sales", params={"effort": 10}))
    assert await waiting(database, 1, "PgSleep")
    await cut(database)
    response = await request
    assert (response.status_code, response.json()["type"]) == (503, "/problems/unavailable")
    assert (await grace.get("/reports/sales")).status_code == 200
    assert await every_connection_is_free(grace, database)


async def test_a_transfer_whose_connection_is_cut_moves_nothing_and_can_be_sent_again(
    ada: httpx.AsyncClient, database: Database
) -> None:
    (source,) = await database.fetch("SELECT public_id::text FROM accounts WHERE id = 2")
    (target,) = await database.fetch("SELECT public_id::text FROM accounts WHERE id = 3")
    payload = {"source": source["public_id"], "target": target["public_id"], "amount": "10.00"}
    async with transaction(database) as other:
        await other.execute("SELECT FROM accounts WHERE id = 3 FOR UPDATE")
        request = asyncio.create_task(
            ada.post("/transfers", json=payload, headers={"Idempotency-Key": "cut"}),
        )
        assert await waiting(database, 1)
        await cut(database)
    assert (await request).status_code == 503
    assert await database.fetch("SELECT id FROM transfers") == []
    again = await ada.post("/transfers", json=payload, headers={"Idempotency-Key": "cut"})
    assert (again.status_code, again.json()["source_balance"]) == (201, "990.00")


async def test_a_database_may_come_after_the_app(
    start: Callable[..., Awaitable[Running]], login: Login, database: Database
) -> None:
    port = unused_port()
    shop = await start(database=replace(database.address, port=port))
    assert (await shop.client.get("/health/live")).status_code == 200
    for path in ("/health/ready", "/items", "/categories"):
        response = await shop.client.get(path)
        assert (response.status_code, response.json()["type"]) == (503, "/problems/unavailable")
    async with forwarded(port, database.address):
        assert (await shop.client.get("/health/ready")).status_code == 200
        ada = await login("ada", of=shop.client)
        assert (await ada.get("/accounts")).status_code == 200


@pytest.mark.in_process(isolation="clone")
async def test_an_error_that_nobody_expected_is_told_to_the_log_and_not_to_the_client(
    login: Login,
    running: Running,
    side: SideName,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the vault is open")

    ada = await login("ada")
    with monkeypatch.context() as patch:
        patch.setattr(f"{side}_app.wallets.service.list_accounts", broken)
        response = await ada.get("/accounts")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "Something broke on our side.",
    }
    assert "GET /accounts failed" in caplog.text
    assert "the vault is open" in caplog.text
    assert running.app.state.database.engine.pool.checkedout() == 0
    assert (await ada.get("/accounts")).status_code == 200


@pytest.mark.in_process(isolation="clone")
@pytest.mark.parametrize("broken", ["write_receipt", "documents"])
async def test_a_background_task_that_fails_harms_neither_its_answer_nor_the_next(
    login: Login, running: Running, side: SideName, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    ada = await login("ada")
    (method,) = await running.database.fetch(
        "SELECT public_id::text AS payment_method FROM payment_methods WHERE id = 2"
    )
    order = await ada.post("/orders", json={"lines": [{"sku": "ITEM-00001", "quantity": 1}]})
    path = order.headers["Location"]
    with monkeypatch.context() as patch:
        patch.setattr(f"{side}_app.orders.service.{broken}", None)
        response = await ada.post(f"{path}/pay", json=method)
    assert (response.status_code, response.json()["status"]) == (200, "paid")
    assert running.app.state.database.engine.pool.checkedout() == 0
    assert (await ada.get(path)).json()["status"] == "paid"


async def test_a_receipt_that_cannot_be_written_says_why(ada: httpx.AsyncClient, database: Database) -> None:
    found = await database.fetch("SELECT sku FROM items WHERE deleted_at IS NULL AND stock > 0 ORDER BY id LIMIT 21")
    order = await ada.post("/orders", json={"lines": [{**item, "quantity": 1} for item in found]})
    (method,) = await database.fetch(
        "SELECT public_id::text AS payment_method FROM payment_methods WHERE customer_id = 2 AND kind = 'invoice'"
    )
    path = order.headers["Location"]
    assert (await ada.post(f"{path}/pay", json=method)).status_code == 200
    assert await database.idle()
    receipt = (await ada.get(f"{path}/receipt")).json()
    assert (receipt["status"], receipt["body"]) == ("failed", None)
    assert receipt["failure"] == f"A receipt has room for {MOST_LINES} lines, this order has {len(found)}."
