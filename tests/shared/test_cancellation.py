"""Clients that go away: whatever they leave behind, no connection is lost and no transaction stays open."""

import asyncio
import socket

import anyio
import httpx
import pytest

from compare.pytest_plugin import Database, Running, only_on
from tests.conftest import Login
from tests.shared.locks import PATIENCE, every_connection_is_free, transaction, waiting


async def leave(*requests: "asyncio.Task[httpx.Response]") -> None:
    """Hang up."""
    for request in requests:
        request.cancel()
    await asyncio.wait(requests)


async def test_a_report_whose_client_leaves_gives_its_connection_back(
    grace: httpx.AsyncClient, database: Database
) -> None:
    request = asyncio.create_task(grace.get("/reports/sales", params={"effort": 10}))
    assert await waiting(database, 1, "PgSleep")
    await leave(request)
    assert await database.idle(PATIENCE)
    assert await every_connection_is_free(grace, database)


async def test_a_dashboard_whose_client_leaves_gives_all_its_connections_back(
    grace: httpx.AsyncClient, database: Database
) -> None:
    request = asyncio.create_task(grace.get("/reports/dashboard", params={"effort": 0.5}))
    assert await waiting(database, 1, "PgSleep")
    await leave(request)
    assert await database.idle(PATIENCE)
    assert await every_connection_is_free(grace, database)


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
async def test_an_export_whose_client_leaves_closes_its_cursor(
    grace: httpx.AsyncClient, database: Database, kind: str
) -> None:
    await database.execute("UPDATE customers SET email = id || repeat('x', 2000) WHERE id > 1")
    await database.execute(
        "INSERT INTO orders (public_id, customer_id, status)"
        " SELECT gen_random_uuid(), 2, 'pending' FROM generate_series(1, 5000)"
    )
    narrow = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]  # what the client does not read stays in the server
    async with httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(socket_options=narrow), base_url=grace.base_url, headers=grace.headers
    ) as reader:
        async with reader.stream("GET", f"/reports/orders.{kind}") as response:
            assert response.status_code == 200
            await anext(response.aiter_bytes(1))
            assert not await database.idle(within=0)
        assert await database.idle(PATIENCE)
    assert await every_connection_is_free(grace, database)


async def test_a_change_whose_client_leaves_is_made_or_not_made_and_holds_no_lock(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    source, target = [(await client.get("/accounts")).json()[0]["id"] for client in (ada, bob)]
    async with transaction(database) as other:
        await other.execute("SELECT FROM accounts WHERE public_id = %(account)s FOR UPDATE", account=source)
        request = asyncio.create_task(
            ada.post(
                "/transfers",
                json={"source": source, "target": target, "amount": "10.00"},
                headers={"Idempotency-Key": "left"},
            )
        )
        assert await waiting(database, 1)
        await leave(request)
    assert await database.idle(PATIENCE)
    (row,) = await database.fetch(
        "SELECT (SELECT count(*) FROM transfers) AS made,"
        " (SELECT sum(balance)::int FROM accounts WHERE id IN (2, 3)) AS sum,"
        " (SELECT count(*) FROM pg_locks WHERE locktype = 'tuple') AS locks"
    )
    assert row in ({"made": made, "sum": 2000, "locks": 0} for made in (0, 1))
    assert await every_connection_is_free(ada, database)


async def test_many_clients_may_leave_at_once(grace: httpx.AsyncClient, database: Database) -> None:
    requests = [asyncio.create_task(grace.get("/reports/sales", params={"effort": 0.5})) for _ in range(20)]
    assert await waiting(database, 2, "PgSleep")
    await leave(*requests)
    assert await database.idle(PATIENCE)
    assert await every_connection_is_free(grace, database)


async def test_a_client_may_lose_its_patience(grace: httpx.AsyncClient, database: Database) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await grace.get("/reports/sales", params={"effort": 10}, timeout=httpx.Timeout(60, read=0.2))
    assert await database.idle(PATIENCE)
    assert await every_connection_is_free(grace, database)


@pytest.mark.in_process(isolation="clone")
@only_on("async", reason="a thread runs on to its end, nothing can cancel it")
async def test_a_cancelled_request_closes_its_session(login: Login, running: Running) -> None:
    grace = await login("grace")
    async with anyio.create_task_group() as group:  # its cancellation comes again at every await, a task's only once
        group.start_soon(grace.get, "/reports/sales?effort=10")
        assert await waiting(running.database, 1, "PgSleep")
        group.cancel_scope.cancel()
    assert running.app.state.database.engine.pool.checkedout() == 0
    assert await running.database.idle(PATIENCE)
    assert (await grace.get("/reports/sales")).status_code == 200
