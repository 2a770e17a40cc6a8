"""Make an app in this process and run its lifespan, as a server would."""

import asyncio
import importlib
import inspect
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from compare.config import SideConfig
from compare.errors import UsageError

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


@asynccontextmanager
async def application(side: SideConfig, env: Mapping[str, str]) -> AsyncIterator[Application]:
    """Make the side's app with `env` in the environment, start it up, and shut it down at the end.

    `httpx.ASGITransport` does not run the lifespan (T36), so it is spoken here, in a task of its own: what a lifespan
    opens is then closed by the task that opened it, which cancel scopes insist on.

    Raises:
        UsageError: The side names no import string, or no factory. An app made at import time has read its settings
            already.
    """
    with _environment(env):
        app = _made(side)
        async with _lifespan(app):
            yield app


def importable(side: SideConfig) -> str:
    """The import string of a side that can run in this process.

    Raises:
        UsageError: It has none; or a git ref, whose modules would bear the names of those that are here already.
    """
    if side.app is None or side.ref is not None:
        what = f"a ref ({side.ref})" if side.app else f"a {'command' if side.command else 'url'} in place of an app"
        raise UsageError(
            f"In-process tests need an app that can be imported here, and [tool.compare.{side.name}] has {what}. Leave "
            "out the marker in_process, and the side is served."
        )
    return side.app


def _made(side: SideConfig) -> Application:
    named = importable(side)
    if str(side.directory) not in sys.path:
        sys.path.insert(0, str(side.directory))
    module, _, attribute = named.partition(":")
    try:
        made: Any = importlib.import_module(module)
        for name in attribute.split("."):
            made = getattr(made, name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"[tool.compare.{side.name}] app = {side.app!r} cannot be imported here: {error}.") from error
    if not (inspect.isfunction(made) or side.factory):
        raise UsageError(
            f"In-process tests need an app factory, and [tool.compare.{side.name}] app = {side.app!r} is none: "
            "an app made while it is imported has read its settings already. Name a function that makes the app, "
            "or leave out the marker in_process, and the side is served."
        )
    app: Application = made()
    return app


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@asynccontextmanager
async def _lifespan(app: Application) -> AsyncIterator[None]:
    """Speak the ASGI lifespan protocol; an app that does not know it is served without, as uvicorn does."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    scope: Message = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, told.get, answers.put))
    try:
        await told.put({"type": "lifespan.startup"})
        started = await _answer(task, answers)
        yield
        if started:
            await told.put({"type": "lifespan.shutdown"})
            await _answer(task, answers)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


async def _answer(task: "asyncio.Future[None]", answers: "asyncio.Queue[Message]") -> bool:
    """Return whether the app answered; raise what it reports as failed."""
    waiting = asyncio.ensure_future(answers.get())
    both: set[asyncio.Future[Any]] = {task, waiting}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        return False
    message = waiting.result()
    if message["type"].endswith(".failed"):
        if task.done() and (error := task.exception()):
            raise error
        raise RuntimeError(f"{message['type']}: {message.get('message', '')}")
    return True
