"""The buoys on asyncpg alone.

Its defect: `split` (the buoy and what was measured at it are written in two transactions).
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, Request

from .schemas import Buoy, NewBuoy, Sounding, missing, taken

BUG = os.environ.get("STACK_BUG")


@asynccontextmanager
async def lifespan(started: FastAPI) -> AsyncIterator[None]:
    """Keep a pool open while the app is up."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=5) as pool:
        started.state.pool = pool
        yield


app = FastAPI(title="Buoys", lifespan=lifespan)


async def connection(request: Request) -> AsyncIterator[Any]:
    """One connection a request."""
    async with request.app.state.pool.acquire() as connected:
        yield connected


Database = Annotated[Any, Depends(connection)]


@app.get("/buoys")
async def list_buoys(database: Database) -> list[Buoy]:
    """All buoys, in the order they were laid."""
    return [Buoy.model_validate(dict(row)) for row in await database.fetch("SELECT * FROM buoys ORDER BY id")]


@app.post("/buoys", status_code=201)
async def lay_buoy(new: NewBuoy, database: Database) -> Buoy:
    """Lay a buoy."""
    statement = "INSERT INTO buoys (name, depth_m) VALUES ($1, $2) RETURNING *"
    try:
        row = await database.fetchrow(statement, new.name, new.depth_m)
    except asyncpg.UniqueViolationError:
        raise taken(new.name) from None
    return Buoy.model_validate(dict(row))


@app.get("/buoys/{buoy_id}")
async def read_buoy(buoy_id: int, database: Database) -> Buoy:
    """One buoy."""
    row = await database.fetchrow("SELECT * FROM buoys WHERE id = $1", buoy_id)
    if row is None:
        raise missing(buoy_id)
    return Buoy.model_validate(dict(row))


@app.put("/buoys/{buoy_id}")
async def sound_buoy(buoy_id: int, measured: Sounding, database: Database) -> Buoy:
    """Measure the depth at a buoy, and keep what was measured."""
    async with AsyncExitStack() as stack:
        if BUG != "split":
            await stack.enter_async_context(database.transaction())
        row = await database.fetchrow(
            "UPDATE buoys SET depth_m = $2 WHERE id = $1 RETURNING *", buoy_id, measured.depth_m
        )
        if row is None:
            raise missing(buoy_id)
        await database.execute("INSERT INTO soundings (buoy_id, depth_m) VALUES ($1, $2)", buoy_id, measured.depth_m)
    return Buoy.model_validate(dict(row))


@app.delete("/buoys/{buoy_id}", status_code=204)
async def lift_buoy(buoy_id: int, database: Database) -> None:
    """Lift a buoy; what was measured there goes with it."""
    if await database.execute("DELETE FROM buoys WHERE id = $1", buoy_id) == "DELETE 0":
        raise missing(buoy_id)
