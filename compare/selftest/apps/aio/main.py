"""The async app. HARBOUR_START=table makes a table at the start, HARBOUR_START=route leaves out a route."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text

from compare.selftest.apps.aio import loads, refusals, responses, rows, runtime, slips, statements, transactions
from compare.selftest.apps.aio.database import engine, narrow
from compare.selftest.apps.errors import AgroundError, refused, register
from compare.selftest.apps.middleware import HarbourHeader

START = os.environ.get("HARBOUR_START")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Close the pools at the end; under the plant, make a table that no migration knows."""
    if START == "table":
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE IF NOT EXISTS cache (key text PRIMARY KEY, value text)"))
    yield
    await engine.dispose()
    await narrow.dispose()


app = FastAPI(title="Harbour", lifespan=lifespan)
register(app)
app.add_exception_handler(AgroundError, refused)
app.add_middleware(HarbourHeader, planted=True)
for module in (rows, statements, transactions, runtime, responses, slips, loads, refusals):
    app.include_router(module.router)

if START != "route":

    @app.get("/legend")
    async def legend() -> str:
        """What the signs on the chart mean."""
        return "an anchor is a berth"
