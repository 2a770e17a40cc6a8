"""What lies around both apps: a pure ASGI middleware, since BaseHTTPMiddleware is a trap of its own (T32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HarbourHeader:
    """Every answer says which harbour it is from; a planted side leaves it out for the plant `middleware_lost`."""

    def __init__(self, app: ASGIApp, *, planted: bool = False) -> None:
        self.app = app
        self.planted = planted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to the start of an HTTP answer."""

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-harbour", b"Bergen")]
            await send(message)

        lost = self.planted and (b"x-plant", b"middleware_lost") in scope.get("headers", ())
        await self.app(scope, receive, named if scope["type"] == "http" and not lost else send)
