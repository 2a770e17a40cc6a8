"""The ASGI call: where a request begins, what it answers, and what leaves the app."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import wraps
from typing import Any

from . import blocked, tasks
from .current import Request, current, note
from .imports import when_imported
from .raised import raised
from .work import begin, enter, leave

HEADER = b"x-compare-request"

Message = MutableMapping[str, Any]
Asgi = Callable[..., Awaitable[None]]


def install() -> None:
    """Watch every Starlette app, whoever serves it."""
    when_imported("starlette.applications", _patch_starlette)


def _patch_starlette(module: Any) -> None:
    original = module.Starlette.__call__

    @wraps(original)
    async def __call__(self: Any, scope: Message, receive: Asgi, send: Asgi) -> None:  # noqa: N807 - it replaces one
        await called(lambda *parts: original(self, *parts), scope, receive, send)

    module.Starlette.__call__ = __call__


def watched(app: Asgi) -> Asgi:
    """The same app, watched."""

    async def call(scope: Message, receive: Asgi, send: Asgi) -> None:
        await called(app, scope, receive, send)

    return call


def taken(scope: Message) -> Request | None:
    """The request that compare announces in a header, which is taken off; None for anyone else's."""
    if scope["type"] != "http":
        return None
    headers = list(scope["headers"])
    for position, (name, value) in enumerate(headers):
        if name == HEADER:
            del headers[position]
            scope["headers"] = headers
            identity, clock, seed = value.decode("latin-1").split(";")
            return Request(identity, clock=int(clock), seed=bytes.fromhex(seed))
    return None


async def called(app: Asgi, scope: Message, receive: Asgi, send: Asgi) -> None:
    """Pass a call on, and note what comes of it. A call inside another has no header any more: it is passed on."""
    try:
        request = taken(scope)
    except (KeyError, ValueError):  # a header that compare did not write
        request = None
    if request is None:
        await app(scope, receive, send)
        return
    begin(request)
    enter(request, "call", "call", f"{scope.get('method')} {scope.get('path')}")
    token = current.set(request)
    answering = Answering(request, send)
    loop = asyncio.get_running_loop()
    blocked.watch(loop, request)
    try:
        tasks.attend(request)
        await app(scope, receive, answering)
    except Exception as error:
        before = not answering.ended or error is answering.to
        note("Raised", request, **raised("app" if before else "background", error))
        raise
    finally:
        blocked.unwatch(loop, request)
        current.reset(token)
        leave(request, "call")


class Answering:
    """Passes the parts of the answer on, and notes its start and end."""

    def __init__(self, request: Request, send: Asgi) -> None:
        self.request = request
        self.send = send
        self.status = 0
        self.chunks = 0
        self.ended = False
        self.to: BaseException | None = None  # the exception that is being answered, where a server error is

    async def __call__(self, message: Message) -> None:
        """ASGI's `send`."""
        kind = message["type"]
        if kind == "http.response.start":
            self.status = message["status"]
            self.to = sys.exc_info()[1]  # Starlette answers 500 while it handles the exception, and then raises it on
            note("Answering", self.request, kind="start", status=self.status)
        elif kind == "http.response.body":
            self.chunks += bool(message.get("body"))
        if not self.ended and (
            kind == "http.response.pathsend" or (kind == "http.response.body" and not message.get("more_body"))
        ):
            self.ended = True
            note("Answering", self.request, kind="end", status=self.status, chunks=self.chunks)
        token = current.set(None)  # what the server does meanwhile, and the tasks that it starts, are its own
        try:
            await self.send(message)
        finally:
            current.reset(token)
