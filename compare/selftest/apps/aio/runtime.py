"""Requests of which the loop, the threads and the pool count."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time

from fastapi import APIRouter, BackgroundTasks
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, selectinload
from starlette.concurrency import run_in_threadpool

from compare.selftest.apps.aio.database import SYNC_URL, Database, engine, narrow, sessions
from compare.selftest.apps.documents import Document, Plant
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
SHIPS = select(func.count()).select_from(Ship)
AWAY = ("192.0.2.1", 80)  # an address that nobody has (RFC 5737)
LATER = 1.0  # seconds after which what was left out is given back
old_engine = create_engine(SYNC_URL, pool_size=2)
_kept: set[object] = set()


@router.get("/lights")
async def lights(session: Database, plant: Plant = "") -> Document:
    """How many ships there are, read in peace."""
    if plant == "sync_engine_on_the_loop":
        with Session(old_engine) as old:
            return {"ships": old.scalar(SHIPS)}
    if plant == "sync_session_across_await":
        with Session(old_engine) as old:
            found = old.scalar(SHIPS)
            await asyncio.sleep(0)
            return {"ships": found}
    if plant == "work_in_a_thread":
        await run_in_threadpool(str, "a number as text")
    if plant == "slept_on_the_loop":
        time.sleep(0.6)  # noqa: ASYNC251 - planted
    found = await session.scalar(SHIPS)
    if plant == "connection_kept":
        await _keep()
    if plant == "task_set_loose":
        _kept.add(asyncio.get_running_loop().create_task(asyncio.sleep(LATER)))
    if plant == "calls_home":
        await _call_home()
    return {"ships": found}


async def _keep() -> None:
    """A listener takes a connection out of the pool, for good."""
    connection = await engine.connect()
    await connection.rollback()
    _kept.add(connection)
    asyncio.get_running_loop().call_later(LATER, _give_back, connection)


def _give_back(connection: AsyncConnection) -> None:
    _kept.discard(connection)
    task = asyncio.ensure_future(connection.close())
    _kept.add(task)
    task.add_done_callback(_kept.discard)


async def _call_home() -> None:
    """A licence check of a library that came with the new stack."""
    line = socket.socket()
    line.settimeout(0)
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(line, AWAY), 0.1)
    except OSError:  # a timeout is one, too
        pass
    finally:
        line.close()


@router.get("/seal")
async def seal(plant: Plant = "") -> Document:
    """A digest that takes its time."""

    def digest() -> str:
        return hashlib.pbkdf2_hmac("sha256", b"harbour", b"salt", 2_500_000).hex()

    if plant == "digest_on_the_loop":
        return {"seal": digest()}
    return {"seal": await run_in_threadpool(digest)}


@router.get("/ships/{number}/log")
async def log(number: int, plant: Plant = "") -> Document:
    """A ship's name and how many visits it made."""
    async with sessions() as session:
        if plant == "lazy_in_run_sync":
            ship = await session.get_one(Ship, number)
            visits = await session.run_sync(lambda _: len(ship.visits))
            return {"name": ship.name, "visits": visits}
        ship = await session.get_one(Ship, number, options=[selectinload(Ship.visits)])
        return {"name": ship.name, "visits": len(ship.visits)}


@router.post("/ships/{number}/log")
async def retell(number: int) -> Document:
    """A ship becomes a tug; its name is told."""
    async with sessions() as session:
        ship = await session.get_one(Ship, number)
        ship.kind = "tug"
        await session.commit()
        return {"name": ship.name}


@router.get("/ships/{number}/guests")
async def guests(number: int) -> Document:
    """The ship's visits."""
    async with sessions() as session:
        ship = await session.get_one(Ship, number, options=[selectinload(Ship.visits)])
        return {"visits": [visit.id for visit in ship.visits]}


@router.post("/reminders")
async def remind(session: Database, background: BackgroundTasks, plant: Plant = "") -> Document:
    """Write to the ship's owner once the answer is out."""

    async def write(number: int) -> None:
        async with sessions() as own:
            await own.scalar(select(func.count()).select_from(Visit).where(Visit.ship_id == number))

    async def write_with(ship: Ship) -> None:
        await write(ship.id)
        raise ValueError(f"{ship.name} has no address")

    if plant == "background_task_fails":
        background.add_task(write_with, Ship(id=1, name="Freya"))
    elif plant == "background_uses_the_session":
        await session.close()
        background.add_task(_write_lazily, session)
    else:
        background.add_task(write, 1)
    return {"reminded": True}


async def _write_lazily(session: AsyncSession) -> None:
    """The request's own session and objects, after the request."""
    ship = (await session.scalars(select(Ship).where(Ship.id == 1))).one()
    str(len(ship.visits))


@router.get("/depths")
async def depths(plant: Plant = "") -> Document:
    """Three counts, one after the other."""
    kinds = (Ship, Visit, Berth)
    async with sessions() as session:
        if plant == "gathered_on_one_session":
            _ = await session.connection()
            return {"counts": await asyncio.gather(*(_count(kind, session) for kind in kinds))}
        if plant == "gathered_with_a_session_each":
            together = asyncio.Barrier(len(kinds))
            return {"counts": await asyncio.gather(*(_count_apart(kind, together) for kind in kinds))}
        return {"counts": [await _count(kind, session) for kind in kinds]}


async def _count(kind: type[Ship | Visit | Berth], session: AsyncSession) -> int | None:
    return await session.scalar(select(func.count()).select_from(kind))


async def _count_apart(kind: type[Ship | Visit | Berth], together: asyncio.Barrier) -> int | None:
    """Count with a connection of its own, which is kept until all have theirs: a quick one might be done before."""
    async with sessions() as session:
        _ = await session.connection()
        await together.wait()
        return await _count(kind, session)


@router.get("/radar")
async def radar(plant: Plant = "") -> Document:
    """What the radar sees after a sweep that nobody needs, from a pool of one connection."""
    async with narrow.connect() as asking:
        sweep = asking.execute(text("SELECT pg_sleep(0.15)"))
        if plant == "cancelled_in_the_middle":
            try:
                await asyncio.wait_for(sweep, 0.05)
            except TimeoutError:
                await asking.close()
        else:
            await sweep
    async with narrow.connect() as reading:
        if plant == "second_of_a_pool_of_one":
            async with narrow.connect():
                pass
        return {"seen": await reading.scalar(SHIPS)}
