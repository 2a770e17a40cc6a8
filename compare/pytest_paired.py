"""The plug-in's fixtures under `--paired`: every request of a test goes to both sides, and is compared.

A test that uses them runs once, as [paired]. It fails where the sides differ, beyond its own assertions. Hazards are
listed at the end and fail nothing.

Tests that cannot be about both sides at once are skipped: those of one side only, those that start servers of their
own or count statements, and those that reach into the app (`in_process` together with `running` or `monkeypatch`).
What `in_process` itself asks for, speed, is not at stake here: such a test runs on the served sides.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack

import httpx
import pytest
import pytest_asyncio

from compare.config import SideName
from compare.errors import CompareError
from compare.paired import Conversation, PairedDatabase, PairedSides, PairedTransport, hazards, report
from compare.pytest_kit import Kit
from compare.pytest_plugin import REQUEST_SECONDS

CONVERSATION = pytest.StashKey[Conversation]()
HAZARD, REQUESTS = "compare hazard", "compare requests"
ALONE = {
    "start": "it starts a server of its own",
    "statements": "it counts the statements of one side",
    "running": "it reaches for the process or the app of one side",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what cannot run on both sides at once."""
    for item in items:
        reason = _reason_to_skip(item)
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"--paired: {reason}"))


def _reason_to_skip(item: pytest.Item) -> str | None:
    names = set(getattr(item, "fixturenames", ()))
    if "side" not in names:
        return None
    marker = item.get_closest_marker("only_on")
    if marker:
        return f"only on {marker.args[0]}: {marker.kwargs['reason']}"
    info = getattr(item, "_fixtureinfo", None)
    taken = set(info.argnames) if info else set()
    for name, reason in ALONE.items():
        if name in (taken if name == "running" else names):
            return reason
    if item.get_closest_marker("in_process") and "monkeypatch" in names:
        return "it patches the app, which is not in this process"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Compare every row when the test is over, and fail it where the sides differ."""
    failed: BaseException | None = None
    result: object = None
    try:
        result = yield
    except BaseException as error:  # noqa: BLE001 - raised again below
        failed = error
    conversation = item.stash.get(CONVERSATION, None)
    text = _ended(item, conversation) if conversation is not None else None
    if failed is not None:
        if text:
            item.add_report_section("call", "compare", text)
        raise failed
    if text:
        pytest.fail(text, pytrace=False)
    return result


def _ended(item: pytest.Item, conversation: Conversation) -> str | None:
    """The report of a test that is over; its hazards are noted."""
    groups = conversation.groups()
    secrets = conversation.config.secrets
    item.user_properties.append((REQUESTS, conversation.requests))
    item.user_properties.extend((HAZARD, line) for line in dict.fromkeys(hazards(groups, secrets)))
    return report(groups, conversation.requests, secrets)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was compared, and every hazard with the number of tests that met it."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    properties = [pair for one in reports if one.when == "call" for pair in one.user_properties]
    sent = sum(value for name, value in properties if name == REQUESTS and isinstance(value, int))
    if not sent:
        return
    terminalreporter.section("both sides")
    tests = sum(name == REQUESTS for name, _ in properties)
    terminalreporter.line(f"{sent} requests of {tests} tests went to both sides and were compared.")
    met = Counter(str(value) for name, value in properties if name == HAZARD)
    if met:
        terminalreporter.line("Hazards, dangerous or slow (they fail no test; compare explain CODE tells more):")
    for line, times in met.most_common():
        terminalreporter.line(f"  {line}" + (f" ({times} tests)" if times > 1 else ""))


@pytest.fixture(params=[pytest.param("legacy", id="paired")])
def side(request: pytest.FixtureRequest) -> SideName:
    """Legacy, whose answers the test is given."""
    name: SideName = request.param
    return name


@pytest.fixture(scope="session")
def paired_sides(compare_kit: Kit) -> Iterator[PairedSides]:
    """Both sides of the session."""
    with ExitStack() as stack:
        sides = PairedSides(compare_kit.config, lambda: compare_kit.server)
        stack.callback(sides.close)
        yield sides


@pytest_asyncio.fixture
async def running(
    request: pytest.FixtureRequest, paired_sides: PairedSides, compare_kit: Kit, side: SideName
) -> AsyncIterator[Conversation]:
    """Both sides, for this test."""
    del side  # asked for so that the test is known as [paired]
    try:
        sides = await asyncio.to_thread(paired_sides.fresh)
        conversation = await asyncio.to_thread(Conversation, compare_kit.config, sides)
    except CompareError as error:
        pytest.exit(str(error), returncode=error.exit_code)
    async with conversation:
        request.node.stash[CONVERSATION] = conversation
        yield conversation


@pytest_asyncio.fixture
async def client(running: Conversation) -> AsyncIterator[httpx.AsyncClient]:
    """An `httpx.AsyncClient` that speaks to both sides."""
    async with httpx.AsyncClient(
        base_url=running.sides.legacy.subject.base_url,
        transport=PairedTransport(running),
        timeout=REQUEST_SECONDS,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
def database(running: Conversation) -> PairedDatabase:
    """Both databases."""
    return PairedDatabase(running)
