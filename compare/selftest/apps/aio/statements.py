"""Requests of which the SQL counts: how much of it, with which locks, values and batches."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter
from sqlalchemy import CursorResult, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from compare.selftest.apps.aio.database import Database
from compare.selftest.apps.documents import Document, Plant, of_visit
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
TOP = 2
LINES = [{"line": f"line {number}"} for number in range(4)]
UPSERT = "INSERT INTO presence VALUES (:ship, 1) ON CONFLICT (ship_id) DO UPDATE SET beats = presence.beats + 1"


@router.get("/quay")
async def quay(session: Database, plant: Plant = "", beyond: int = 0) -> list[int]:
    """The first berths beyond a number."""
    if plant == "checked_twice":
        await session.scalar(text("SELECT count(*) FROM berths WHERE number > :beyond"), {"beyond": beyond})
    sql = "SELECT number FROM berths WHERE number > :beyond ORDER BY number LIMIT :top"
    values = {"beyond": beyond, "top": 3 if plant == "other_limit" else TOP}
    if plant == "limit_lost":
        sql = sql.removesuffix(" LIMIT :top")
        del values["top"]
    if plant == "order_lost":
        sql = sql.replace(" ORDER BY number", "")
    if plant == "value_in_the_text":
        sql = sql.replace(":beyond", str(beyond))
        del values["beyond"]
    return list(await session.scalars(text(sql), values))[:TOP]


@router.get("/roads")
async def roads(session: Database, plant: Plant = "") -> list[list[Document]]:
    """The visits of every ship."""
    if plant in {"query_a_row", "query_a_row_on_both"}:
        return [await _visits(number, session) for number in (await session.scalars(select(Ship.id).order_by(Ship.id)))]
    how = joinedload if plant == "joined_instead" else selectinload
    ships = (await session.scalars(select(Ship).options(how(Ship.visits)).order_by(Ship.id))).unique()
    return [[of_visit(visit) for visit in ship.visits] for ship in ships]


async def _visits(number: int, session: AsyncSession) -> list[Document]:
    found = await session.scalars(select(Visit).where(Visit.ship_id == number).order_by(Visit.id))
    return [of_visit(visit) for visit in found]


@router.post("/berths/{number}/booking")
async def book(number: int, session: Database, plant: Plant = "") -> Document:
    """Count a call under a lock."""
    query = select(Berth).where(Berth.number == number)
    if plant == "lock_weakened":
        query = query.with_for_update(key_share=True, read=True)
    elif plant != "lock_lost":
        query = query.with_for_update()
    berth = (await session.scalars(query)).one()
    berth.calls += 1
    await session.commit()
    if plant == "refreshed_after_write":
        await session.refresh(berth)
    return {"calls": berth.calls}


@router.post("/berths/exchange")
async def exchange(session: Database, plant: Plant = "") -> Document:
    """Two berths lend each other their calls, both locked, the lower first."""
    numbers = (2, 1) if plant == "locked_in_another_order" else (1, 2)
    first, second = [
        (await session.scalars(select(Berth).where(Berth.number == number).with_for_update())).one()
        for number in numbers
    ]
    first.calls, second.calls = second.calls, first.calls
    await session.commit()
    return {"exchanged": True}


@router.get("/statistics")
async def statistics(session: Database, plant: Plant = "") -> Document:
    """Two counts that must agree."""
    if plant != "isolation_lost":
        _ = await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    ships = await session.scalar(select(func.count()).select_from(Ship))
    return {"ships": ships, "visits": await session.scalar(select(func.count()).select_from(Visit))}


@router.post("/ships/{number}/presence")
async def presence(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship is heard; the table is unlogged, so its rows are in no log."""
    values = {"ship": number}
    if plant == "upsert_split":
        changed = await session.execute(text("UPDATE presence SET beats = beats + 1 WHERE ship_id = :ship"), values)
        if not cast("CursorResult[Any]", changed).rowcount:
            await session.execute(text("INSERT INTO presence VALUES (:ship, 1)"), values)
    elif plant == "deleted_and_inserted":
        beats = await session.scalar(text("DELETE FROM presence WHERE ship_id = :ship RETURNING beats"), values)
        await session.execute(text("INSERT INTO presence VALUES (:ship, :beats)"), values | {"beats": (beats or 0) + 1})
    else:
        await session.execute(text(UPSERT), values)
    await session.commit()
    return {"heard": number}


@router.post("/signals")
async def signal(session: Database, plant: Plant = "") -> Document:
    """Tell whoever listens, one at a time."""
    if plant != "advisory_lock_lost":
        await session.execute(text("SELECT pg_advisory_xact_lock(7)"))
    if plant != "notification_lost":
        await session.execute(text("SELECT pg_notify('harbour', 'fog')"))
    await session.commit()
    return {"signalled": True}


@router.post("/logbook", status_code=201)
async def write(session: Database, plant: Plant = "") -> Document:
    """Several lines at once."""
    statement = text("INSERT INTO logbook (line) VALUES (:line)")
    if plant == "batch_broken":
        for line in LINES:
            await session.execute(statement, line)
    else:
        await session.execute(statement, LINES)
    await session.commit()
    return {"lines": len(LINES)}


@router.post("/berths/calls", status_code=201)
async def count_calls(session: Database, plant: Plant = "") -> Document:
    """One more call at every berth."""
    for berth in (await session.scalars(select(Berth).order_by(Berth.number))).all():
        berth.calls += 1
        if plant == "flushed_one_by_one":
            await session.flush()
    await session.commit()
    return {"counted": True}


@router.get("/ships/{number}/name")
async def name(number: int, session: Database) -> Document:
    """A ship's name."""
    return {"name": await session.scalar(text("SELECT name FROM ships WHERE id = :number"), {"number": number})}
