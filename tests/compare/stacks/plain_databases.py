"""The buoys on the package `databases`, on asyncpg.

Its defect: `value` (what was measured is kept without its decimals).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from databases import Database  # type: ignore[import-not-found]  # it has an interpreter of its own
from fastapi import FastAPI

from .schemas import Buoy, NewBuoy, Sounding, missing, taken

BUG = os.environ.get("STACK_BUG")
database = Database(os.environ["DATABASE_URL"], min_size=1, max_size=5)


@asynccontextmanager
async def lifespan(_started: FastAPI) -> AsyncIterator[None]:
    """Keep a pool open while the app is up."""
    async with database:
        yield


app = FastAPI(title="Buoys", lifespan=lifespan)


@app.get("/buoys")
async def list_buoys() -> list[Buoy]:
    """All buoys, in the order they were laid."""
    return [Buoy.model_validate(row) for row in await database.fetch_all("SELECT * FROM buoys ORDER BY id")]


@app.post("/buoys", status_code=201)
async def lay_buoy(new: NewBuoy) -> Buoy:
    """Lay a buoy."""
    statement = "INSERT INTO buoys (name, depth_m) VALUES (:name, :depth_m) RETURNING *"
    try:
        row = await database.fetch_one(statement, {"name": new.name, "depth_m": new.depth_m})
    except asyncpg.UniqueViolationError:
        raise taken(new.name) from None
    return Buoy.model_validate(row)


@app.get("/buoys/{buoy_id}")
async def read_buoy(buoy_id: int) -> Buoy:
    """One buoy."""
    row = await database.fetch_one("SELECT * FROM buoys WHERE id = :id", {"id": buoy_id})
    if row is None:
        raise missing(buoy_id)
    return Buoy.model_validate(row)


@app.put("/buoys/{buoy_id}")
async def sound_buoy(buoy_id: int, measured: Sounding) -> Buoy:
    """Measure the depth at a buoy, and keep what was measured."""
    values = {"id": buoy_id, "depth_m": measured.depth_m}
    async with database.transaction():
        row = await database.fetch_one("UPDATE buoys SET depth_m = :depth_m WHERE id = :id RETURNING *", values)
        if row is None:
            raise missing(buoy_id)
        if BUG == "value":
            values["depth_m"] = round(measured.depth_m)
        await database.execute("INSERT INTO soundings (buoy_id, depth_m) VALUES (:id, :depth_m)", values)
    return Buoy.model_validate(row)


@app.delete("/buoys/{buoy_id}", status_code=204)
async def lift_buoy(buoy_id: int) -> None:
    """Lift a buoy; what was measured there goes with it."""
    if await database.fetch_one("DELETE FROM buoys WHERE id = :id RETURNING id", {"id": buoy_id}) is None:
        raise missing(buoy_id)
