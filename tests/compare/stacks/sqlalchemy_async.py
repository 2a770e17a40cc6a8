"""The buoys on async SQLAlchemy; the URL says whether on asyncpg or on psycopg 3.

Its defects: `commit` (what was measured is not committed) and `again` (every buoy of the list is read once more).
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from .models import Buoy, Sounding
from .schemas import Buoy as Shown
from .schemas import NewBuoy, missing, taken
from .schemas import Sounding as Measured

BUG = os.environ.get("STACK_BUG")
app = FastAPI(title="Buoys")
engine = create_async_engine(os.environ["DATABASE_URL"])


async def session() -> AsyncIterator[AsyncSession]:
    """One session a request."""
    async with AsyncSession(engine, expire_on_commit=False) as opened:
        yield opened


Database = Annotated[AsyncSession, Depends(session)]


async def one(database: AsyncSession, buoy_id: int) -> Buoy:
    """The buoy, or the answer that there is none."""
    buoy = await database.get(Buoy, buoy_id)
    if buoy is None:
        raise missing(buoy_id)
    return buoy


@app.get("/buoys", response_model=list[Shown])
async def list_buoys(database: Database) -> list[Buoy]:
    """All buoys, in the order they were laid."""
    buoys = list(await database.scalars(select(Buoy).order_by(Buoy.id)))
    if BUG == "again":
        for buoy in buoys:
            await database.refresh(buoy)
    return buoys


@app.post("/buoys", status_code=201, response_model=Shown)
async def lay_buoy(new: NewBuoy, database: Database) -> Buoy:
    """Lay a buoy."""
    buoy = Buoy(name=new.name, depth_m=new.depth_m)
    database.add(buoy)
    try:
        await database.commit()
    except IntegrityError:
        raise taken(new.name) from None
    return buoy


@app.get("/buoys/{buoy_id}", response_model=Shown)
async def read_buoy(buoy_id: int, database: Database) -> Buoy:
    """One buoy."""
    return await one(database, buoy_id)


@app.put("/buoys/{buoy_id}", response_model=Shown)
async def sound_buoy(buoy_id: int, measured: Measured, database: Database) -> Buoy:
    """Measure the depth at a buoy, and keep what was measured."""
    buoy = await one(database, buoy_id)
    buoy.depth_m = measured.depth_m
    database.add(Sounding(buoy_id=buoy_id, depth_m=measured.depth_m))
    await (database.flush() if BUG == "commit" else database.commit())
    return buoy


@app.delete("/buoys/{buoy_id}", status_code=204)
async def lift_buoy(buoy_id: int, database: Database) -> None:
    """Lift a buoy; what was measured there goes with it."""
    await database.delete(await one(database, buoy_id))
    await database.commit()
