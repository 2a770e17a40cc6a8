"""Fixtures for one suite that runs against both sides: every test that uses them runs as [legacy] and as [async].

Driven by the same configuration as `compare run`. By default a side is *served*: its own process and interpreter on a
real server, with a database that is put back to the template's state before each test. Markers choose otherwise:

    @pytest.mark.in_process                      the app in this process; every commit a SAVEPOINT, at last rolled back
    @pytest.mark.in_process(isolation="clone")   the app in this process on a database of its own: several connections
    @only_on("async", reason="...")              a difference between the sides that is meant to be

With --paired a test runs once instead, and every request goes to both sides: see compare.pytest_paired.

Without a configuration the plug-in does nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from compare.config import SideConfig, SideName, expand, find, load
from compare.errors import CompareError, UsageError
from compare.in_process import Outer, Statements, application, importable, recorded, rolled_back
from compare.postgres import Address, Clone
from compare.pytest_kit import Kit
from compare.subjects import Subject, started

SIDES: tuple[SideName, ...] = ("legacy", "async")
IDLE_SECONDS = 5.0  # how long after a test a side may still be busy before that counts as a transaction left open
LOOK_SECONDS = 0.005
REQUEST_SECONDS = 60.0
ISOLATIONS = ("savepoint", "clone")


def only_on(side: SideName, *, reason: str) -> pytest.MarkDecorator:
    """Run a test on one side only; the other is skipped with the reason."""
    return pytest.mark.only_on(side, reason=reason)


class Database:
    """The database of the test: what the side has committed; under SAVEPOINT isolation, what it has flushed.

    Attributes:
        address: Where it is, for a connection of the test's own.
    """

    def __init__(self, clone: Clone, outer: Outer | None = None, subject: Subject | None = None) -> None:
        self.address: Address = clone.address
        self._clone = clone
        self._outer = outer
        self._subject = subject

    async def fetch(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Run one statement with `%(name)s` placeholders; its rows by column name."""
        if self._outer is not None:
            return await self._outer.fetch(sql, params)
        return await asyncio.to_thread(self._clone.fetch, sql, params)

    async def execute(self, sql: str, **params: object) -> None:
        """Run one statement with `%(name)s` placeholders, committed at once unless the test is rolled back."""
        if self._outer is not None:
            await self._outer.fetch(sql, params)
        else:
            await asyncio.to_thread(self._clone.execute, sql, params)

    async def idle(self, within: float = IDLE_SECONDS) -> bool:
        """Wait until no request, background task or transaction is open; False if `within` seconds pass before."""
        deadline = time.monotonic() + within
        while self._subject is not None and self._subject.running and self._subject.alive:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return await asyncio.to_thread(self._clone.wait_until_idle, max(0.0, deadline - time.monotonic()))


@dataclass(frozen=True)
class Running:
    """One side of one test: how to speak to it, and what it has written.

    Attributes:
        client: Knows the base URL.
        database: Its database.
        subject: The served process; None in-process.
        app: The ASGI application; None when it is served.
    """

    client: httpx.AsyncClient
    database: Database
    subject: Subject | None = None
    app: Any = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the two-sided suite."""
    group = parser.getgroup("compare", "one suite, both sides")
    group.addoption("--side", choices=(*SIDES, "both"), default="both", help="run tests on one side only")
    group.addoption("--paired", action="store_true", help="run tests once, every request on both sides and compared")
    group.addoption("--compare-config", metavar="FILE", help="pyproject.toml or compare.toml (default: the nearest)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known; with --paired other fixtures take the place of these."""
    config.addinivalue_line("markers", "in_process(isolation='savepoint'): run the app in the test's own process")
    config.addinivalue_line("markers", "only_on(side, reason): a test of one side, see compare.pytest_plugin.only_on")
    if config.getoption("--paired"):
        if config.getoption("--side") != "both":
            raise pytest.UsageError("--paired runs tests on both sides at once: leave out --side")
        config.pluginmanager.import_plugin("compare.pytest_paired")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the side that was not asked for, and skip with its reason what is meant for one side only."""
    wanted = config.getoption("--side")
    kept = [item for item in items if wanted == "both" or _side(item) in {None, wanted}]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    for item in items:
        marker = item.get_closest_marker("only_on")
        if marker and _side(item) not in {None, marker.args[0]}:
            item.add_marker(pytest.mark.skip(reason=f"only on {marker.args[0]}: {marker.kwargs['reason']}"))


def _side(item: pytest.Item) -> SideName | None:
    callspec = getattr(item, "callspec", None)
    side = callspec.params.get("side") if callspec else None
    return side if side in SIDES else None


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> SideName:
    """The side that the test runs on: "legacy" or "async"."""
    name: SideName = request.param
    return name


@pytest.fixture(scope="session")
def compare_kit(pytestconfig: pytest.Config) -> Iterator[Kit]:
    """The server, template and served sides of the session."""
    given = pytestconfig.getoption("--compare-config")
    try:
        kit = Kit(load(Path(given) if given else find(pytestconfig.rootpath)))
    except CompareError as error:
        pytest.exit(str(error), returncode=error.exit_code)
    yield kit
    kit.close()


@pytest_asyncio.fixture
async def running(request: pytest.FixtureRequest, compare_kit: Kit, side: SideName) -> AsyncIterator[Running]:
    """The side of this test, isolated as its markers say."""
    marker = request.node.get_closest_marker("in_process")
    async with AsyncExitStack() as stack:
        try:
            if marker is None:
                one = await _served(stack, compare_kit, side)
            else:
                one = await _in_process(stack, compare_kit, side, **{"isolation": "savepoint", **marker.kwargs})
        except CompareError as error:
            pytest.exit(str(error), returncode=error.exit_code)
        yield one
        if one.subject is not None:
            await _check_left_clean(one)


@pytest.fixture
def client(running: Running) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` for the side of this test."""
    return running.client


@pytest.fixture
def database(running: Running) -> Database:
    """The database of the side of this test."""
    return running.database


@pytest.fixture
def statements(request: pytest.FixtureRequest, running: Running) -> Iterator[Statements]:
    """The SQL that the in-process side has run since the test began."""
    if running.app is None:
        pytest.fail(
            f"{request.node.name}: statements are recorded in-process, mark the test with in_process", pytrace=False
        )
    with recorded() as found:
        yield found


@pytest_asyncio.fixture
async def start(compare_kit: Kit, side: SideName) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    """A further server for the side, on a database of its own; settings are given as keywords, `POOL_SIZE="2"`."""
    async with AsyncExitStack() as stack:

        async def serve(*, database: Address | None = None, **env: str) -> Running:
            held = ExitStack()
            stack.push_async_callback(asyncio.to_thread, held.close)
            clone = await asyncio.to_thread(held.enter_context, compare_kit.server.clone(side))
            address = database or clone.address
            subject = await asyncio.to_thread(
                held.enter_context, started(compare_kit.config.side(side), address, env=env)
            )
            return Running(await _client(stack, subject.base_url), Database(clone, subject=subject), subject)

        yield serve


async def _served(stack: AsyncExitStack, kit: Kit, side: SideName) -> Running:
    clone, subject = await asyncio.to_thread(kit.served, side)
    return Running(await _client(stack, subject.base_url), Database(clone, subject=subject), subject)


async def _in_process(stack: AsyncExitStack, kit: Kit, side: SideName, *, isolation: str) -> Running:
    if isolation not in ISOLATIONS:
        pytest.fail(f"in_process(isolation={isolation!r}): there are {' and '.join(ISOLATIONS)}", pytrace=False)
    config = kit.config.side(side)
    try:
        importable(config)
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    # With a rollback at the end nobody ever commits, so both sides can share one database.
    clone = await asyncio.to_thread(kit.clone, f"{side} in process" if isolation == "clone" else "rollback")
    app = await stack.enter_async_context(application(config, _environment(config, clone.address)))
    outer = await stack.enter_async_context(rolled_back(config, app)) if isolation == "savepoint" else None
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Running(await _client(stack, "http://testserver", transport), Database(clone, outer), app=app)


def _environment(side: SideConfig, address: Address) -> Mapping[str, str]:
    return {name: expand(template, address.placeholders()) for name, template in side.env.items()}


async def _client(
    stack: AsyncExitStack, base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=REQUEST_SECONDS, trust_env=False)
    return await stack.enter_async_context(client)


async def _check_left_clean(one: Running) -> None:
    """Fail a test after which its side is dead, or still at work: the next test must not pay for it."""
    assert one.subject is not None  # noqa: S101 - told to the type checker
    if not one.subject.alive:
        pytest.fail(
            f"The {one.subject.name} side died during this test. Its last output:\n{one.subject.output()}",
            pytrace=False,
        )
    if not await one.database.idle():
        pytest.fail(
            f"The {one.subject.name} side still has a query or a transaction open {IDLE_SECONDS:g} s after this test. "
            "Is a session not closed, or a background task stuck?",
            pytrace=False,
        )
