"""Small apps that a test writes into a folder and starts."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from compare.config import SideConfig
from compare.errors import CouldNotRunError
from compare.postgres import Address
from compare.subjects import Subject, started

NOWHERE = Address("127.0.0.1", 1, "user", "the-password", "database")


@contextmanager
def served(folder: Path, code: str, app: str = "lamp:app", **settings: object) -> Iterator[Subject]:
    """The app that this code makes, started."""
    (folder / "lamp.py").write_text(textwrap.dedent(code))
    side = SideConfig.model_validate({"name": "async", "app": app, "directory": folder, **settings})
    with started(side, NOWHERE) as subject:
        yield subject


def refusal(folder: Path, code: str, app: str = "lamp:app", **settings: object) -> str:
    """The message with which this app fails to start."""
    with pytest.raises(CouldNotRunError) as caught, served(folder, code, app, **settings):
        pass
    message = str(caught.value)
    assert message.startswith(f"The async app {app} ")
    assert "Traceback" not in message
    return message


def answer(subject: Subject, path: str) -> str:
    """The body of a GET."""
    return httpx.get(subject.base_url + path, trust_env=False).text


BARE = """
    import os, sys, json
    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        body = json.dumps({"cwd": os.getcwd(), "env": dict(os.environ), "path": sys.path, "argv": sys.argv}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})
"""


def process(subject: Subject) -> int:
    """The id of the process that serves it."""
    assert subject.pid is not None
    return subject.pid
