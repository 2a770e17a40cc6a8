"""Requests of which the loop, the threads and the pool count."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, BackgroundTasks
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, selectinload
from starlette.concurrency import run_in_threadpool

from compare.selftest.apps.documents import Document, Plant
from compare.selftest.apps.legacy.database import Database, engine, narrow, sessions
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
SHIPS = select(func.count()).select_from(Ship)


@router.get("/lights")
def lights(session: Database) -> Document:
    """How many ships there are, read in peace."""
    return {"ships": session.scalar(SHIPS)}


@router.get("/seal")
def seal() -> Document:
    """A digest that takes its time."""
    return {"seal": hashlib.pbkdf2_hmac("sha256", b"harbour", b"salt", 2_500_000).hex()}


@router.get("/ships/{number}/log")
def log(number: int, plant: Plant = "") -> Document:
    """A ship's name and how many visits it made."""
    if plant == "lazy_on_legacy":
        with sessions() as session:
            ship = session.get_one(Ship, number)
            return {"name": ship.name, "visits": len(ship.visits)}
    with sessions() as session:
        ship = session.get_one(Ship, number, options=[selectinload(Ship.visits)])
        return {"name": ship.name, "visits": len(ship.visits)}


@router.post("/ships/{number}/log")
def retell(number: int, plant: Plant = "") -> Document:
    """A ship becomes a tug; its name is told."""
    with Session(engine, expire_on_commit=plant == "expired_on_legacy") as session:
        ship = session.get_one(Ship, number)
        ship.kind = "tug"
        session.commit()
        return {"name": ship.name}


@router.get("/ships/{number}/guests")
async def guests(number: int, plant: Plant = "") -> Document:
    """The ship's visits, fetched in a thread."""

    def load(session: Session) -> Ship:
        options = [] if plant == "objects_out_of_the_thread" else [selectinload(Ship.visits)]
        return session.get_one(Ship, number, options=options)

    with sessions() as session:
        ship = await run_in_threadpool(load, session)
        visits = [visit.id for visit in ship.visits]
        await run_in_threadpool(session.close)
    return {"visits": visits}


@router.post("/reminders")
def remind(background: BackgroundTasks) -> Document:
    """Write to the ship's owner once the answer is out."""

    def write(number: int) -> None:
        with sessions() as session:
            session.scalar(select(func.count()).select_from(Visit).where(Visit.ship_id == number))

    background.add_task(write, 1)
    return {"reminded": True}


@router.get("/depths")
def depths() -> Document:
    """Three counts, one after the other."""
    with sessions() as session:
        return {"counts": [session.scalar(select(func.count()).select_from(kind)) for kind in (Ship, Visit, Berth)]}


@router.get("/radar")
def radar() -> Document:
    """What the radar sees after a sweep that nobody needs, from a pool of one connection."""
    with narrow.connect() as asking:
        asking.execute(text("SELECT pg_sleep(0.15)"))
    with narrow.connect() as reading:
        return {"seen": reading.scalar(SHIPS)}
