"""The buoys on sync SQLAlchemy in the thread pool, on psycopg2: the first stack.

Its defect: `status` (200 where a buoy was laid, not 201).
"""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .models import Buoy, Sounding
from .schemas import Buoy as Shown
from .schemas import NewBuoy, missing, taken
from .schemas import Sounding as Measured

BUG = os.environ.get("STACK_BUG")
app = FastAPI(title="Buoys")
engine = create_engine(os.environ["DATABASE_URL"])


def session() -> Iterator[Session]:
    """One session a request."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened


Database = Annotated[Session, Depends(session)]


def one(database: Session, buoy_id: int) -> Buoy:
    """The buoy, or the answer that there is none."""
    buoy = database.get(Buoy, buoy_id)
    if buoy is None:
        raise missing(buoy_id)
    return buoy


@app.get("/buoys", response_model=list[Shown])
def list_buoys(database: Database) -> list[Buoy]:
    """All buoys, in the order they were laid."""
    return list(database.scalars(select(Buoy).order_by(Buoy.id)))


@app.post("/buoys", status_code=200 if BUG == "status" else 201, response_model=Shown)
def lay_buoy(new: NewBuoy, database: Database) -> Buoy:
    """Lay a buoy."""
    buoy = Buoy(name=new.name, depth_m=new.depth_m)
    database.add(buoy)
    try:
        database.commit()
    except IntegrityError:
        raise taken(new.name) from None
    return buoy


@app.get("/buoys/{buoy_id}", response_model=Shown)
def read_buoy(buoy_id: int, database: Database) -> Buoy:
    """One buoy."""
    return one(database, buoy_id)


@app.put("/buoys/{buoy_id}", response_model=Shown)
def sound_buoy(buoy_id: int, measured: Measured, database: Database) -> Buoy:
    """Measure the depth at a buoy, and keep what was measured."""
    buoy = one(database, buoy_id)
    buoy.depth_m = measured.depth_m
    database.add(Sounding(buoy_id=buoy_id, depth_m=measured.depth_m))
    database.commit()
    return buoy


@app.delete("/buoys/{buoy_id}", status_code=204)
def lift_buoy(buoy_id: int, database: Database) -> None:
    """Lift a buoy; what was measured there goes with it."""
    database.delete(one(database, buoy_id))
    database.commit()
