"""Who is asking: clients that are logged in, on the side of the test. And in how many processes all of it runs."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
import pytest_asyncio

from compare.pytest_plugin import Database
from shared_models.seed import PASSWORD

Login = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are cores: tests wait for what starts and what shall time out. A number told comes first."""
    return None if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else (os.cpu_count() or 1) + 1


async def log_in(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Log a customer of the sample data in and return the headers that say so."""
    response = await client.post("/login", json={"email": f"{name}@example.org", "password": PASSWORD})
    response.raise_for_status()
    return {"Authorization": f"Bearer {response.json()['token']}"}


async def issue(database: Database, name: str) -> dict[str, str]:
    """Give a customer a token without asking for the password, whose hashing takes longer than most tests."""
    token = secrets.token_urlsafe(8)
    await database.execute(
        "INSERT INTO login_tokens (customer_id, token_hash, lifetime)"
        " SELECT id, sha256(convert_to(%(token)s, 'UTF8')), interval '1 hour' FROM customers WHERE email = %(email)s",
        token=token,
        email=f"{name}@example.org",
    )
    return {"Authorization": f"Bearer {token}"}


@pytest_asyncio.fixture
async def login(client: httpx.AsyncClient, database: Database) -> AsyncIterator[Login]:
    """Clients by first name with a token; they share the connections of the plain one, or of the one given as `of`."""
    async with AsyncExitStack() as stack:

        async def logged_in(name: str, of: httpx.AsyncClient | None = None) -> httpx.AsyncClient:
            headers = await issue(database, name) if of is None else await log_in(of, name)
            of = of or client
            transport = of._transport  # noqa: SLF001 - in-process there is no address that a second client could dial
            one = httpx.AsyncClient(
                transport=Shared(transport), base_url=of.base_url, headers=headers, timeout=of.timeout
            )
            return await stack.enter_async_context(one)

        yield logged_in


class Shared(httpx.AsyncBaseTransport):
    """A transport that somebody else closes."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request over."""
        return await self._transport.handle_async_request(request)


@pytest_asyncio.fixture
async def ada(login: Login) -> httpx.AsyncClient:
    """A customer with accounts in two currencies and three ways to pay."""
    return await login("ada")


@pytest_asyncio.fixture
async def bob(login: Login) -> httpx.AsyncClient:
    """Another customer."""
    return await login("bob")


@pytest_asyncio.fixture
async def grace(login: Login) -> httpx.AsyncClient:
    """Staff."""
    return await login("grace")
