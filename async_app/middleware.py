"""The one middleware: a request id in and out, and a line in the access log."""

import logging
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared_models.models.audit import request_id

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
MAX_LENGTH = 64


class RequestLog:
    """Gives every request an id (the client's, if it sent one), and logs method, path, status and milliseconds.

    Pure ASGI: BaseHTTPMiddleware would put a task of its own between a client that goes away and the session that has
    to be closed (T32).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = Headers(scope=scope).get(HEADER, "")[:MAX_LENGTH] or str(uuid4())
        request_id.set(name)
        start = time.perf_counter()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
                milliseconds = (time.perf_counter() - start) * 1000
                logger.info(
                    "%s %s %s %s %.1f ms", name, scope["method"], scope["path"], message["status"], milliseconds
                )
            await send(message)

        await self.app(scope, receive, send_named)
