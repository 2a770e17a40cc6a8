"""A probe in processes that somebody else's command starts."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from compare.process import Guarded, guarded
from compare.subjects.feed import Feed, ProbeSettings, announced, feeding
from compare.subjects.moments import Trace, Unfinished

from .probed.serving import ROOT, WITHIN, Probed
from .test_process import eventually


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Where the processes of a test report."""
    with feeding(ProbeSettings(), "legacy") as feed:
        yield feed


@contextmanager
def running(feed: Feed, *command: str, pythonpath: str = "", **env: str) -> Iterator[Guarded]:
    """A command with the probe in its Python processes."""
    environment = {**os.environ, **env, **feed.injecting(pythonpath)}
    with guarded([sys.executable, *command], env=environment, cwd=ROOT) as process:
        yield process


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def answered(port: int) -> bool:
    """Whether the server is up."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/read/low", trust_env=False).is_success
    except httpx.TransportError:
        return False


def asked(feed: Feed, port: int, identity: str) -> Trace:
    """The trace of one request."""
    url = f"http://127.0.0.1:{port}/read/low"
    assert httpx.get(url, headers=dict([announced(identity)]), trust_env=False).is_success
    return feed.trace(identity, WITHIN)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_started_by_a_command_is_watched(feed: Feed, threaded: Probed, workers: str) -> None:
    port, url = free_port(), threaded.clone.address.url("psycopg2")
    command = ("-m", "uvicorn", "tests.compare.probed.threaded:app", "--port", str(port), "--workers", workers)

    with running(feed, *command, DATABASE_URL=url):
        assert eventually(lambda: answered(port))
        traces = [asked(feed, port, f"command-{number}") for number in range(6)]

    assert all(trace.at_rest for trace in traces)
    assert [len(trace.statements) for trace in traces] == [1] * 6


FORKING = """
import logging, os, signal
from compare_probe import current, work
logging.warning("parent")
if os.fork() == 0:
    request = current.Request("forked")
    work.begin(request)
    work.enter(request, "key", "task", "endless")
signal.pause()
"""


def test_a_process_that_was_forked_reports_and_can_be_asked_by_itself(feed: Feed) -> None:
    with running(feed, "-c", FORKING):
        assert eventually(lambda: bool(feed.trace("forked", within=0.01).of(Unfinished)))


def test_the_users_own_sitecustomize_still_runs_and_ours_leaves_the_path(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('own customisation')")

    with running(feed, "-c", "import sys; print(sys.path)", pythonpath=str(tmp_path)) as process:
        assert process.wait(WITHIN) == 0
        output = process.output()

    assert output.startswith("own customisation")
    assert str(tmp_path) in output
    assert "inject" not in output


def test_without_a_sitecustomize_of_the_users_nothing_is_said(feed: Feed) -> None:
    with running(feed, "-c", "print('done')") as process:
        assert process.wait(WITHIN) == 0
        assert process.output().strip() == "done"


def test_the_app_goes_on_when_compare_is_gone(feed: Feed) -> None:
    feed.close()
    with running(feed, "-c", "import logging; logging.warning('nobody hears'); print('done')") as process:
        assert process.wait(WITHIN) == 0
        assert process.output().split() == ["WARNING:root:nobody", "hears", "done"]
