"""The buoys on Tortoise ORM, on asyncpg.

Its defect: `row` (what was measured is kept twice).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from tortoise import fields  # type: ignore[import-not-found]  # it has an interpreter of its own, as what follows
from tortoise.contrib.fastapi import RegisterTortoise  # type: ignore[import-not-found]
from tortoise.exceptions import IntegrityError  # type: ignore[import-not-found]
from tortoise.models import Model  # type: ignore[import-not-found]
from tortoise.transactions import in_transaction  # type: ignore[import-not-found]

from .schemas import Buoy as Shown
from .schemas import NewBuoy, missing, taken
from .schemas import Sounding as Measured

BUG = os.environ.get("STACK_BUG")


class Buoy(Model):  # type: ignore[misc]  # its base is not installed where this is checked
    """A buoy as it lies."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40, unique=True)
    depth_m = fields.DecimalField(max_digits=6, decimal_places=2)
    laid_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Where it is kept."""

        table = "buoys"


class Sounding(Model):  # type: ignore[misc]  # as above
    """A depth that was measured at a buoy."""

    id = fields.IntField(primary_key=True)
    buoy = fields.ForeignKeyField("buoys.Buoy", on_delete=fields.CASCADE)
    depth_m = fields.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        """Where it is kept."""

        table = "soundings"


@asynccontextmanager
async def lifespan(started: FastAPI) -> AsyncIterator[None]:
    """Keep a pool open while the app is up."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "asyncpg://", 1)
    async with RegisterTortoise(started, db_url=url, modules={"buoys": [__name__]}):
        yield


app = FastAPI(title="Buoys", lifespan=lifespan)


async def one(buoy_id: int) -> Any:  # noqa: ANN401 - Tortoise is not installed where this is checked
    """The buoy, or the answer that there is none."""
    buoy = await Buoy.get_or_none(id=buoy_id)
    if buoy is None:
        raise missing(buoy_id)
    return buoy


@app.get("/buoys", response_model=list[Shown])
async def list_buoys() -> Any:  # noqa: ANN401 - as above
    """All buoys, in the order they were laid."""
    return await Buoy.all().order_by("id")


@app.post("/buoys", status_code=201, response_model=Shown)
async def lay_buoy(new: NewBuoy) -> Any:  # noqa: ANN401 - as above
    """Lay a buoy."""
    try:
        return await Buoy.create(name=new.name, depth_m=new.depth_m)
    except IntegrityError:
        raise taken(new.name) from None


@app.get("/buoys/{buoy_id}", response_model=Shown)
async def read_buoy(buoy_id: int) -> Any:  # noqa: ANN401 - as above
    """One buoy."""
    return await one(buoy_id)


@app.put("/buoys/{buoy_id}", response_model=Shown)
async def sound_buoy(buoy_id: int, measured: Measured) -> Any:  # noqa: ANN401 - as above
    """Measure the depth at a buoy, and keep what was measured."""
    async with in_transaction():
        buoy = await one(buoy_id)
        buoy.depth_m = measured.depth_m
        await buoy.save(update_fields=["depth_m"])
        for _ in range(2 if BUG == "row" else 1):
            await Sounding.create(buoy=buoy, depth_m=measured.depth_m)
    return buoy


@app.delete("/buoys/{buoy_id}", status_code=204)
async def lift_buoy(buoy_id: int) -> None:
    """Lift a buoy; what was measured there goes with it."""
    await (await one(buoy_id)).delete()
