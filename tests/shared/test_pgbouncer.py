"""Both apps behind PgBouncer, which hands out a connection of the server for each transaction."""

import asyncio
import os
import pwd
import shutil
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from compare.postgres import Address
from compare.process import guarded, scratch
from compare.pytest_plugin import Database, Running
from tests.conftest import Login
from tests.shared.locks import PATIENCE

PROGRAM = shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
SERVER_CONNECTIONS = 3
CUSTOMERS = ("ada", "bob", *(f"customer-{number:05}" for number in range(5, 11)))
ROUNDS = 2

CONFIG = """\
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_round_robin = 1
"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer on this machine")

Bouncer = Callable[[Address], Address]


@pytest.fixture
def bouncer() -> Iterator[Bouncer]:
    """Starts a PgBouncer in front of a database; the address behind which it is reached."""
    with ExitStack() as stack:

        def bounced(address: Address) -> Address:
            assert PROGRAM is not None
            folder = stack.enter_context(scratch(Path("/tmp") if os.geteuid() == 0 else None))  # noqa: S108 - a fresh folder
            account = _unprivileged()
            port = _free_port()
            config = CONFIG.format(
                host=address.host, port=address.port, listen=port, folder=folder, size=SERVER_CONNECTIONS
            )
            (folder / "pgbouncer.ini").write_text(config)
            (folder / "users").write_text(f'"{address.user}" "{address.password}"\n')
            if account is not None:
                for path in (folder, *folder.iterdir()):
                    shutil.chown(path, account)
            command = [PROGRAM, str(folder / "pgbouncer.ini")]
            process = stack.enter_context(guarded(command, cwd=folder, user=account))
            deadline = time.monotonic() + PATIENCE
            while not _answers(port):
                assert process.alive, process.output()
                assert time.monotonic() < deadline, process.output()
                time.sleep(0.01)
            return replace(address, host="127.0.0.1", port=port)

        yield bounced


def _unprivileged() -> str | None:
    """The account that PgBouncer runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0]
    return "nobody" if "nobody" in names else names[0]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest_asyncio.fixture
async def shop(start: Callable[..., Awaitable[Running]], database: Database, bouncer: Bouncer) -> Running:
    """The side behind PgBouncer, on the database of the test."""
    address = await asyncio.to_thread(bouncer, database.address)
    return await start(database=address, POOLER="transaction", POOL_TIMEOUT="60", REPORT_TIMEOUT="PT0.2S")


async def buy(customer: httpx.AsyncClient, method: dict[str, str], number: int) -> list[int]:
    """Look around, order, pay, read it all again: the statuses of the answers."""
    answers = [await customer.get("/items", params={"limit": number % 3 + 1})]
    order = await customer.post("/orders", json={"lines": [{"sku": "ITEM-00001", "quantity": 1}]})
    path = order.headers["Location"]
    answers += [order, await customer.post(f"{path}/pay", json=method)]
    answers += [await customer.get(there) for there in (path, f"{path}/receipt", "/accounts", "/orders")]
    return [answer.status_code for answer in answers]


async def send(customer: httpx.AsyncClient, source: str, target: str, number: int) -> list[int]:
    """Move money, and read the transfer."""
    payload = {"source": source, "target": target, "amount": "1.00"}
    moved = await customer.post("/transfers", json=payload, headers={"Idempotency-Key": f"{source} {number}"})
    return [moved.status_code, (await customer.get(moved.headers["Location"])).status_code]


async def unwritten(database: Database) -> list[dict[str, object]]:
    """The receipts of this test that failed, or are not there in time: they are written after the answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = await database.fetch(
            "SELECT order_id, status::text, failure FROM receipts WHERE order_id > 40 AND status <> 'ready'"
        )
        if all(row["status"] == "failed" for row in found) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.01)


async def test_everything_works_while_transactions_share_fewer_connections(
    shop: Running, database: Database, login: Login
) -> None:
    """More clients than connections, over and over: each statement meets a connection that others have used."""
    found = await database.fetch(
        "SELECT split_part(email, '@', 1) AS name, m.public_id::text AS method, a.public_id::text AS account"
        " FROM customers c JOIN accounts a ON a.id = c.id JOIN payment_methods m ON m.id = c.id"
    )
    methods = {row["name"]: {"payment_method": row["method"]} for row in found}
    accounts = {row["name"]: row["account"] for row in found}
    customers = dict(
        zip(CUSTOMERS, await asyncio.gather(*(login(name, of=shop.client) for name in CUSTOMERS)), strict=True)
    )
    grace = await login("grace", of=shop.client)
    for number in range(ROUNDS):
        bought, sent, reports = await asyncio.gather(
            asyncio.gather(*(buy(customer, methods[name], number) for name, customer in customers.items())),
            asyncio.gather(*(send(one, accounts[name], accounts["grace"], number) for name, one in customers.items())),
            asyncio.gather(
                *(
                    grace.get(f"/reports/{name}")
                    for name in ("orders.csv", "orders.ndjson", "sales", "dashboard", "price-list")
                )
            ),
        )
        assert bought == [[200, 201, *[200] * 5]] * len(CUSTOMERS)
        assert sent == [[201, 200]] * len(CUSTOMERS)
        assert [report.status_code for report in reports] == [200] * 5
    assert await unwritten(database) == []
    (row,) = await database.fetch(
        "SELECT (SELECT count(*) FROM transfers) AS transfers, (SELECT count(*) FROM receipts WHERE status = 'ready'"
        " AND order_id > 40) AS receipts, (SELECT sum(balance)::int FROM accounts WHERE currency = 'EUR') AS total"
    )
    turns = ROUNDS * len(CUSTOMERS)
    assert row == {"transfers": 2 * turns, "receipts": turns, "total": 12_000}


async def test_a_limit_that_one_transaction_sets_does_not_reach_the_next(
    shop: Running, database: Database, login: Login
) -> None:
    grace = await login("grace", of=shop.client)
    slow = await asyncio.gather(
        *(grace.get("/reports/sales", params={"effort": 10}) for _ in range(SERVER_CONNECTIONS))
    )
    assert [report.status_code for report in slow] == [504] * SERVER_CONNECTIONS
    assert (await grace.get("/reports/dashboard", params={"effort": 0.3})).status_code == 200
    assert await database.idle()
