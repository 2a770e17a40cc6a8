"""Requests that go wrong on the async side alone: calls that are not awaited, not there, or logged and forgotten."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from compare.selftest.apps.aio.database import URL, Database, engine, sessions
from compare.selftest.apps.documents import Document, Plant
from compare.selftest.apps.model import Crew, Ship

log = logging.getLogger("harbour")
router = APIRouter()
_kept: set[object] = set()
SHIPS = select(func.count()).select_from(Ship)


@router.post("/ships/{number}/tow")
async def tow(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship with nobody on board may be towed."""
    anybody = select(Crew.id).where(Crew.ship_id == number).limit(1)
    occupied = session.scalar(anybody) if plant == "read_not_awaited" else await session.scalar(anybody)
    if occupied:
        raise HTTPException(409, "somebody is on board")
    return {"towed": number}


@router.get("/ships/{number}/crew")
async def on_board(number: int, session: Database, plant: Plant = "") -> list[str]:
    """Who is on board."""
    query = select(Crew.name).where(Crew.ship_id == number).order_by(Crew.id)
    if plant == "await_of_the_wrong_call":
        # The exception holds the coroutine until both are collected: within this plant, not in some later one.
        asyncio.get_running_loop().call_later(0.3, gc.collect)
        return list(await session.execute(query).scalars())  # type: ignore[attr-defined]  # planted
    return list((await session.execute(query)).scalars())


def closing_in_vain(plant: Plant = "") -> Iterator[AsyncSession]:
    """The dependency as it was on the sync side: the close of an AsyncSession must be awaited."""
    session = sessions()
    try:
        yield session
    finally:
        if plant == "dependency_not_async":
            session.close()  # type: ignore[unused-coroutine]  # planted


async def closing_well(
    session: Annotated[AsyncSession, Depends(closing_in_vain)], plant: Plant = ""
) -> AsyncIterator[AsyncSession]:
    """Closes what the other one cannot; under the plant a moment late, so that later requests find a connection."""
    yield session
    if plant == "dependency_not_async":
        asyncio.get_running_loop().call_later(1.0, _close_soon, session)
    else:
        await session.close()


def _close_soon(session: AsyncSession) -> None:
    task = asyncio.ensure_future(session.close())
    _kept.add(task)
    task.add_done_callback(_kept.discard)


@router.get("/ships/{number}/tonnage")
async def tonnage(number: int, session: Annotated[AsyncSession, Depends(closing_well)]) -> Document:
    """How much a ship holds."""
    return {"tonnage": await session.scalar(select(Ship.tonnage).where(Ship.id == number))}


@router.get("/ships/{number}/flags")
async def flags(number: int, plant: Plant = "") -> list[str]:
    """Under which flags a ship sails."""
    session = AsyncSession(engine)
    found = await session.scalar(select(Ship.flags).where(Ship.id == number))
    if plant == "session_leaked":
        del session
        gc.collect()
    else:
        await session.close()
    return list(found or [])


@router.get("/count")
async def count(session: Database, plant: Plant = "") -> Document:
    """How many ships there are."""
    if plant == "query_is_gone":
        return {"ships": session.query(Ship).count()}  # type: ignore[attr-defined]  # planted
    return {"ships": await session.scalar(SHIPS)}


@router.get("/count/connection")
async def count_elsewhere(session: Database, plant: Plant = "") -> Document:
    """The same, through an engine for reports on the async side."""
    if plant == "connect_argument_of_psycopg2":
        reports = create_async_engine(URL, connect_args={"connect_timeout": 5})
        async with AsyncSession(reports) as own:
            return {"ships": await own.scalar(SHIPS)}
    return {"ships": await session.scalar(SHIPS)}


@router.get("/count/threads")
async def count_in_thread(session: Database, plant: Plant = "") -> Document:
    """The same, in a plug-in that knows no loop."""
    if plant == "second_event_loop":
        shared = create_async_engine(URL, pool_size=1, max_overflow=0)
        _kept.add(shared)

        async def warm_up() -> int | None:
            async with AsyncSession(shared) as own:
                return await own.scalar(SHIPS)

        await asyncio.to_thread(lambda: asyncio.run(warm_up()))
        return {"ships": await warm_up()}
    return {"ships": await session.scalar(SHIPS)}


@router.get("/list")
async def listed(session: Database, plant: Plant = "") -> list[str]:
    """Every ship's name, row by row."""
    query = select(Ship.name).order_by(Ship.id).execution_options(yield_per=2)
    if plant == "yield_per_through_execute":
        return list((await session.execute(query)).scalars())
    if plant == "for_over_a_stream":
        return [name for name in await session.stream_scalars(query)]  # type: ignore[attr-defined]  # noqa: C416 - planted
    return [name async for name in await session.stream_scalars(query)]


@router.get("/tables")
async def tables(session: Database, plant: Plant = "") -> Document:
    """Whether there is a table of berths."""
    if plant == "inspecting_an_async_engine":
        return {"berths": "berths" in inspect(engine).get_table_names()}
    connection = await session.connection()
    return {"berths": "berths" in await connection.run_sync(lambda sync: inspect(sync).get_table_names())}


@router.get("/weather")
async def weather(session: Database, plant: Plant = "") -> Document:
    """How many ships may sail; the forecast is slow and not waited for long."""
    forecast = session.execute(text("SELECT pg_sleep(0.15)"))
    if plant == "session_used_after_timeout":
        try:
            await asyncio.wait_for(forecast, 0.05)
        except TimeoutError:
            log.debug("no forecast")
    else:
        await forecast
    return {"ships": await session.scalar(SHIPS)}


@router.get("/ships/{number}/agent")
async def agent(number: int, plant: Plant = "") -> Document:
    """A ship's agent, of whom the books know nothing."""
    if plant == "nothing_handles_it":
        raise LookupError(f"ship {number} has no agent")
    raise HTTPException(404, f"ship {number} has no agent")


@router.post("/ships/{number}/notice")
async def notice(number: int, session: Database, plant: Plant = "") -> Document:
    """Tell the harbour master about a ship; that it cannot be told is no error of the caller."""
    held = await session.scalar(select(Ship.tonnage).where(Ship.id == number))
    try:
        json.dumps({"ship": number, "tonnage": held if plant == "failure_only_logged" else str(held)})
    except TypeError:
        log.exception("the harbour master was not told")
    if plant == "warned_of_a_fallback":
        log.warning("no fast lane to the harbour master, took the slow one")
    return {"told": number}
