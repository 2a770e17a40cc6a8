"""Who is asking: clients that are logged in, on the side of the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio

from shared_models.seed import PASSWORD

Login = Callable[..., Awaitable[httpx.AsyncClient]]


async def log_in(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Log a customer of the sample data in and return the headers that say so."""
    response = await client.post("/login", json={"email": f"{name}@example.org", "password": PASSWORD})
    response.raise_for_status()
    return {"Authorization": f"Bearer {response.json()['token']}"}


@pytest_asyncio.fixture
async def login(client: httpx.AsyncClient) -> AsyncIterator[Login]:
    """Clients by first name, logged in; they share the connections of the plain one."""
    async with AsyncExitStack() as stack:

        async def logged_in(name: str, of: httpx.AsyncClient = client) -> httpx.AsyncClient:
            headers = await log_in(of, name)
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
