"""A side that is named by an import string: served by uvicorn on a loopback port, in the app's own interpreter."""

import json
import os
import select
import shutil
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from compare.config import SideConfig, secret_values
from compare.errors import CouldNotRunError
from compare.process import Guarded, guarded, interpreter_environment
from compare.subjects.documented import documented
from compare.subjects.failure import Failed, explained, foreign
from compare.subjects.feed import Feed
from compare.subjects.routes import Route, Routes
from compare.subjects.serve import COUNT
from compare.subjects.subject import Subject

SERVE = Path(__file__).with_name("serve.py")
STOP_SECONDS = 5.0


@contextmanager
def imported(side: SideConfig, env: Mapping[str, str], password: str, feed: Feed | None) -> Iterator[Subject]:
    """Serve the app until the block ends.

    Args:
        side: What to serve, its ref checked out.
        env: Its environment on top of compare's own.
        password: That of its database, which no message may show.
        feed: Where its probe sends what it sees; None for no probe.

    Raises:
        CouldNotRunError: The app cannot be imported, made or started, or is not ready within `side.start_timeout`.
    """
    told = feed.environment() if feed else {}
    environment = interpreter_environment(side.interpreter, {**env, **told})
    secrets = secret_values(environment | {"password": password})
    if shutil.which(side.interpreter[0], path=environment["PATH"]) is None:
        raise CouldNotRunError(
            f"The {side.name} app {side.title} cannot be served: there is no interpreter {side.interpreter[0]}. Is "
            f"{side.name}.python right?"
        )
    reading, writing = os.pipe()
    with tempfile.TemporaryFile(buffering=0) as running, ExitStack() as pipe:
        pipe.callback(os.close, reading)
        ours = pipe.enter_context(ExitStack())
        ours.callback(os.close, writing)
        running.truncate(struct.calcsize(COUNT))
        task: dict[str, object] = {"app": side.app, "factory": side.factory, "directory": str(side.directory)}
        task |= {"fd": writing, "running_fd": running.fileno()}
        command = [*side.interpreter, str(SERVE), json.dumps(task)]
        deadline = time.monotonic() + side.start_timeout
        fds = (writing, running.fileno())
        with guarded(command, env=environment, cwd=side.directory, pass_fds=fds, grace=STOP_SECONDS) as process:
            ours.close()  # so that the end of the app is the end of the pipe
            event = _report(reading, process, deadline)
            if event["event"] != "ready":
                failed = Failed(**{key: str(event.get(key, "")) for key in ("stage", "message", "traceback")})
                raise explained(side, failed, process.output(), environment, secrets)
            if side.tree is not None and (file := event.get("file")) and not _within(str(file), side.tree):
                raise foreign(side, str(file))
            base_url = f"http://127.0.0.1:{event['port']}"
            routes = _routes(event["routes"]) or documented(base_url)
            yield Subject(side.name, base_url, routes, process, running, feed, secrets)


def _report(fd: int, process: Guarded, deadline: float) -> dict[str, object]:
    """What serve.py says when the app is ready or has failed, or what stands for it where it says nothing."""
    told = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not told.endswith(b"\n"):
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return {"event": "failed", "stage": "timeout"}
        chunk = os.read(fd, 65_536)
        if not chunk:  # its end of the pipe is closed: it is gone
            process.wait(STOP_SECONDS)
            return {"event": "failed", "stage": "ended"}
        told += chunk
    event: dict[str, object] = json.loads(told)
    return event


def _within(file: str, tree: Path) -> bool:
    return Path(file).resolve().is_relative_to(tree.resolve())


def _routes(found: object) -> Routes:
    entries = found if isinstance(found, list) else []
    return Routes(Route(entry["method"], entry["path"], entry["docs"]) for entry in entries)
