"""Requests of which the transactions count: where they begin and end, and when the answer leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from compare.selftest.apps.aio.database import Database, sessions
from compare.selftest.apps.documents import Document, Plant
from compare.selftest.apps.errors import SERIALIZATION, sqlstate
from compare.selftest.apps.model import Ship, Visit

router = APIRouter()
LINE = text("INSERT INTO logbook (line) VALUES (:line)")
CALL = text("UPDATE berths SET calls = calls + 1 WHERE number = 4")
BEAT = text("UPDATE presence SET beats = greatest(beats, 10) WHERE ship_id = 1")
LATER = 1.0  # seconds
_left: set[object] = set()


async def committing(session: Database, plant: Plant = "") -> AsyncIterator[AsyncSession]:
    """A session that is committed in the dependency's exit, under the plant."""
    yield session
    if plant == "commit_in_dependency_exit":
        await session.commit()


@router.post("/moorings")
async def moor(
    session: Annotated[AsyncSession, Depends(committing)], background: BackgroundTasks, plant: Plant = ""
) -> Document:
    """A call and a line in the logbook, together, and a look at the ships in between."""
    if plant == "written_in_autocommit":
        _ = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    await session.execute(CALL)
    if plant == "commit_after_each_write":
        await session.commit()
    if plant == "waited_in_transaction":
        await asyncio.sleep(0.8)  # a tug is asked for
    if plant == "session_of_its_own":
        await session.commit()
        async with sessions() as other:
            await _look(other, plant)
            await other.execute(LINE, {"line": "moored"})
            await other.commit()
        return {"moored": True}
    await _look(session, plant)
    await session.execute(LINE, {"line": "moored"})
    if plant == "commit_in_background":
        background.add_task(session.commit)
    elif plant != "commit_in_dependency_exit":
        await session.commit()
    return {"moored": True}


async def _look(session: AsyncSession, plant: str) -> None:
    """How many ships there are."""
    ships = select(func.count()).select_from(Ship)
    if plant == "second_session_inside":
        async with sessions() as other:
            await other.scalar(ships)
    else:
        await session.scalar(ships)


@router.post("/beats")
async def beat(plant: Plant = "") -> Document:
    """A ship is heard, which changes nothing; and the table is unlogged. Only the transaction shows it."""
    async with sessions() as session:
        await session.execute(BEAT)
        if plant != "closed_without_commit":
            await session.commit()
    return {"heard": True}


@router.post("/alarms")
async def alarm(session: Database, plant: Plant = "") -> Document:
    """Nobody answers an alarm, but that it was given is kept."""
    await session.execute(BEAT)
    if plant != "rolled_back_by_a_refusal":
        await session.commit()
    raise HTTPException(409, "nobody answers")


@router.get("/harbour")
async def harbour(plant: Plant = "") -> Document:
    """Two counts."""
    session = sessions()
    ships = await session.scalar(select(func.count()).select_from(Ship))
    if plant == "reads_in_two_sessions":
        await session.close()
        session = sessions()
    visits = await session.scalar(select(func.count()).select_from(Visit))
    if plant == "transaction_left_open":
        _left.add(session)  # a cache keeps it
        asyncio.get_running_loop().call_later(LATER, _close_soon, session)
    else:
        await session.close()
    return {"ships": ships, "visits": visits}


def _close_soon(session: AsyncSession) -> None:
    """Close what was left open, so that the next plant finds a connection."""
    _left.discard(session)
    task = asyncio.ensure_future(session.close())
    _left.add(task)
    task.add_done_callback(_left.discard)


@router.post("/pilots")
async def pilot(session: Database, plant: Plant = "") -> Document:
    """A line that may fail, guarded, and one that may not."""
    if plant == "savepoint_lost":
        await session.execute(LINE, {"line": "pilot asked for"})
    else:
        async with session.begin_nested():
            await session.execute(LINE, {"line": "pilot asked for"})
    await session.execute(LINE, {"line": "pilot on board"})
    await session.commit()
    return {"pilot": True}


@router.post("/inspections")
async def inspect_quay(session: Database, plant: Plant = "") -> Document:
    """That somebody inspects is kept, whatever becomes of the inspection."""
    await session.execute(LINE, {"line": "inspection begins"})
    if plant != "transactions_merged":
        await session.commit()
    await session.execute(CALL)
    await session.commit()
    return {"inspected": True}


@router.post("/locks")
async def lock(session: Database, plant: Plant = "") -> Document:
    """Pass the lock; one that is busy is tried again."""
    expected = OperationalError if plant == "retry_reads_the_class" else DBAPIError
    for _ in range(3):
        try:
            await session.execute(text("SELECT pass_the_lock()"))
            await session.commit()
        except expected as error:
            await session.rollback()
            if sqlstate(error) != SERIALIZATION:
                raise
        else:
            return {"passed": True}
    raise HTTPException(503, "the lock is busy")
