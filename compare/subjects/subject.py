"""One side, running: its own process, its own interpreter, real uvicorn on a loopback port."""

import json
import os
import select
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import httpx

from compare.config import SideConfig, SideName, expand
from compare.postgres import Address
from compare.process import Guarded, guarded, interpreter_environment
from compare.subjects.failure import explained
from compare.subjects.routes import Route, Routes
from compare.subjects.serve import COUNT

SERVE = Path(__file__).with_name("serve.py")
STOP_SECONDS = 5.0
LOOK_SECONDS = 5.0  # for the OpenAPI document of an app whose routes cannot be seen
_NO_ENV: Mapping[str, str] = MappingProxyType({})
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})


class Subject:
    """A side that answers requests.

    Attributes:
        name: Which side it is.
        base_url: `http://127.0.0.1:<port>`.
        routes: Its HTTP routes; empty if the app does not show them.
        pid: The process that serves it.
    """

    def __init__(self, name: SideName, base_url: str, routes: Routes, process: Guarded, running: BinaryIO) -> None:
        self.name = name
        self.base_url = base_url
        self.routes = routes
        self.pid = process.pid
        self._process = process
        self._running = running

    @property
    def running(self) -> int:
        """How many requests the app is at work on, their background tasks included; tasks set loose do not count."""
        (count,) = struct.unpack(COUNT, os.pread(self._running.fileno(), struct.calcsize(COUNT), 0))
        return int(count)

    @property
    def alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.alive

    def output(self) -> str:
        """The last part of what the app printed."""
        return self._process.output()


@contextmanager
def started(side: SideConfig, address: Address, *, env: Mapping[str, str] = _NO_ENV) -> Iterator[Subject]:
    """Serve a side on a database until the block ends.

    Args:
        side: What to serve.
        address: Fills the placeholders in the side's `env`.
        env: Goes before the side's own.

    Raises:
        CouldNotRunError: The app cannot be imported, made or started, or is not ready within `side.start_timeout`.
    """
    values = address.placeholders()
    own = {name: expand(template, values) for name, template in side.env.items()}
    environment = interpreter_environment(side.interpreter, {**own, **env})
    reading, writing = os.pipe()
    with tempfile.TemporaryFile(buffering=0) as running, ExitStack() as pipe:
        pipe.callback(os.close, reading)
        ours = pipe.enter_context(ExitStack())
        ours.callback(os.close, writing)
        running.truncate(struct.calcsize(COUNT))
        task: dict[str, object] = {"app": side.app, "factory": side.factory, "directory": str(side.directory)}
        task |= {"fd": writing, "running_fd": running.fileno()}
        command = [side.interpreter, str(SERVE), json.dumps(task)]
        deadline = time.monotonic() + side.start_timeout
        fds = (writing, running.fileno())
        with guarded(command, env=environment, cwd=side.directory, pass_fds=fds, grace=STOP_SECONDS) as process:
            ours.close()  # so that the end of the app is the end of the pipe
            event = _report(reading, process, side, deadline)
            base_url = f"http://127.0.0.1:{event['port']}"
            yield Subject(side.name, base_url, _routes(event["routes"]) or _documented(base_url), process, running)


def _report(fd: int, process: Guarded, side: SideConfig, deadline: float) -> dict[str, object]:
    """What serve.py says when the app is ready. Raises CouldNotRunError when it is not."""
    told = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not told.endswith(b"\n"):
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise explained(side, {"stage": "timeout"}, process)
        chunk = os.read(fd, 65_536)
        if not chunk:  # its end of the pipe is closed: it is gone
            process.wait(STOP_SECONDS)
            raise explained(side, {"stage": "ended"}, process)
        told += chunk
    event: dict[str, object] = json.loads(told)
    if event["event"] != "ready":
        raise explained(side, event, process)
    return event


def _routes(found: object) -> Routes:
    entries = found if isinstance(found, list) else []
    return Routes(Route(entry["method"], entry["path"], entry["docs"]) for entry in entries)


def _documented(base_url: str) -> Routes:
    """The routes in the app's OpenAPI document, for an app that does not show them itself; empty without one."""
    try:
        document = (
            httpx.get(f"{base_url}/openapi.json", timeout=LOOK_SECONDS, trust_env=False).raise_for_status().json()
        )
        paths = document["paths"].items()
        return Routes(
            Route(method.upper(), path) for path, operations in paths for method in operations if method in _METHODS
        )
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        return Routes()
