"""The small pair's apps, with a route that can be made slower: `SLOWED="GET /watches=0.0001"` burns so many seconds.

They are processor time of the app's own thread, before the route answers. Nothing is burned without it.
"""

import importlib
import os
from time import thread_time

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

ROUTE, _, SECONDS = os.environ.get("SLOWED", "").partition("=")


class Slowed:
    """Burns before one route answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and f"{scope['method']} {scope['path']}" == ROUTE:
            until = thread_time() + float(SECONDS)
            while thread_time() < until:
                pass
        await self.app(scope, receive, send)


app: FastAPI = importlib.import_module(f"tests.compare.pair.{os.environ['PAIR_APP']}").app
app.add_middleware(Slowed)
