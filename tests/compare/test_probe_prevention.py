"""The whole probe in a served app: what it prevents, and what it notes of that."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from compare.process import guarded
from compare.subjects.feed import Feed, ProbeSettings, announced, feeding
from compare.subjects.moments import Blocked, Outbound, Prevention

from .probed.serving import WITHIN
from .test_probe_inject import free_port
from .test_process import eventually

APP = """\
import asyncio, datetime, socket, time, uuid
from fastapi import FastAPI

app = FastAPI()

@app.get("/threaded")
def threaded():
    return [datetime.datetime.now(datetime.timezone.utc).isoformat(), uuid.uuid4(), uuid.uuid4()]

@app.get("/looped")
async def looped():
    await asyncio.sleep(0.01)
    return [datetime.datetime.now(datetime.timezone.utc).isoformat(), *await asyncio.gather(
        asyncio.to_thread(uuid.uuid4), asyncio.to_thread(uuid.uuid4))]

@app.get("/blocking")
async def blocking():
    time.sleep(0.6)

@app.get("/abroad")
def abroad():
    try:
        socket.create_connection(("192.0.2.1", 25), timeout=1)
    except ConnectionRefusedError as error:
        return str(error)
"""
CLOCK = 1_700_000_000_123_457


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Where the app's probe reports."""
    with feeding(ProbeSettings(prevent=True, loop_blocked=0.2), "async") as feed:
        yield feed


@pytest.fixture
def url(feed: Feed, tmp_path: Path) -> Iterator[str]:
    """Where the app answers."""
    (tmp_path / "service.py").write_text(APP)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(port)]
    with guarded(command, env={**os.environ, **feed.injecting("")}, cwd=tmp_path):
        url = f"http://127.0.0.1:{port}"
        assert eventually(lambda: _answers(url))
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/openapi.json", trust_env=False).is_success
    except httpx.TransportError:
        return False


def sent(url: str, identity: str, *, clock: int = CLOCK, seed: bytes = b"seed") -> object:
    """What the app answers to a request."""
    headers = dict([announced(identity, clock=clock, seed=seed)])
    return httpx.get(url, headers=headers, trust_env=False, timeout=WITHIN).json()


def test_a_served_app_has_the_clock_and_the_draws_of_each_request(feed: Feed, url: str) -> None:
    threaded, again = sent(f"{url}/threaded", "1"), sent(f"{url}/threaded", "2")
    looped = sent(f"{url}/looped", "3")
    other = sent(f"{url}/threaded", "4", seed=b"other")
    true = sent(f"{url}/threaded", "5", clock=0, seed=b"")

    assert isinstance(threaded, list)
    assert isinstance(looped, list)
    assert isinstance(other, list)
    assert isinstance(true, list)
    assert threaded[0] == "2023-11-14T22:13:20.123457+00:00"
    assert threaded == again
    assert sorted(looped) == sorted(threaded)  # the two threads may have drawn in either order
    assert other[0] == threaded[0]
    assert set(other[1:]).isdisjoint(threaded)
    assert set(true).isdisjoint(threaded)
    assert feed.trace("5", WITHIN).of(Prevention) == ()
    assert [moment for moment in feed.unattributed() if isinstance(moment, Prevention)] == []


def test_a_blocked_loop_and_a_refused_connection_are_in_the_trace(feed: Feed, url: str) -> None:
    sent(f"{url}/blocking", "1")
    answer = sent(f"{url}/abroad", "2")

    (blocked,) = feed.trace("1", WITHIN).of(Blocked)
    assert blocked.place == "service.py:18"
    assert 0.2 < blocked.seconds < WITHIN
    (outbound,) = feed.trace("2", WITHIN).of(Outbound)
    assert (outbound.target, outbound.allowed) == ("192.0.2.1:25", False)
    assert 'add "192.0.2.1:25" to allow_outbound' in str(answer)
