"""Requests of which the answer counts, to the last digit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Decimal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compare.selftest.apps.aio.database import Database, engine, sessions
from compare.selftest.apps.documents import Document, Plant, of_ship, of_visit, utc
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
CENT = Decimal("0.01")
DRAWN = text("SELECT encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64')")
TOKEN = 43  # characters
SILENCE = 2.5  # seconds; longer than the self-test waits for an answer
NAMES = text("SELECT name FROM ships ORDER BY id")


@router.get("/visits")
async def visits(session: Database, plant: Plant = "") -> list[Document]:
    """Every visit."""
    found = [of_visit(visit) for visit in await session.scalars(select(Visit).order_by(Visit.id))]
    if plant == "empty_texts_left_out":
        return [{key: value for key, value in visit.items() if value != ""} for visit in found]
    if plant == "order_reversed":
        found.reverse()
    return found


@router.get("/berths")
async def berths(session: Database, plant: Plant = "") -> list[Document]:
    """Every berth."""
    found = await session.scalars(select(Berth).order_by(Berth.number))
    as_number = plant == "decimal_as_float"
    return [{"number": berth.number, "length": float(berth.length) if as_number else berth.length} for berth in found]


@router.post("/quotes", status_code=201)
async def quote(response: Response, plant: Plant = "") -> Document:
    """An offer."""
    if plant != "location_lost":
        response.headers["Location"] = "/berths/4"
    response.headers["Cache-Control"] = "private" if plant == "other_cache_control" else "no-store"
    strict = plant != "cookie_open_to_scripts"
    response.set_cookie("quote", "open", max_age=600, httponly=strict, samesite="lax")
    if plant == "created_became_ok":
        response.status_code = 200
    if plant == "nulls_left_out":
        return {"quote": "open"}
    return {"quote": "open", "until": None}


@router.get("/dues")
async def dues(session: Database, plant: Plant = "") -> Document:
    """What all ships owe, with the tax on it, to the cent."""
    total = await session.scalar(text("SELECT sum(fee) FROM visits")) or Decimal(0)
    if plant == "rounded_as_float":
        return {"total": total, "tax": Decimal(str(round(float(total) * 0.07, 2)))}
    return {"total": total, "tax": (total * Decimal("0.0705")).quantize(CENT, ROUND_HALF_UP)}


@router.post("/berths/{number}/tally")
async def tally(number: int, session: Database, plant: Plant = "") -> Document:
    """One more call; how many that makes."""
    kept = await session.get_one(Berth, number)
    changed = update(Berth).where(Berth.number == number).values(calls=Berth.calls + 1)
    await session.execute(changed, execution_options={"synchronize_session": False})
    await session.commit()
    fresh = plant != "stale_object_answered"
    query = select(Berth).where(Berth.number == number).execution_options(populate_existing=fresh)
    found = (await session.scalars(query)).one()
    assert found is kept  # noqa: S101 - keeps the object in the identity map
    return {"calls": found.calls}


@router.get("/ships")
async def ships(session: Database, plant: Plant = "") -> list[Document]:
    """Every ship that ever called, once."""
    query = select(Ship).where(Ship.id.in_(select(Visit.ship_id))).order_by(Ship.id)
    if plant == "doubled_by_a_join":
        query = select(Ship).join(Visit, Visit.ship_id == Ship.id).order_by(Ship.id)
    return [of_ship(ship) for ship in await session.scalars(query)]


@router.get("/weights")
async def weights(session: Database, plant: Plant = "") -> Response:
    """How much the first ship holds, as digits of JSON."""
    found = await session.scalar(select(Ship.tonnage).where(Ship.id == 1))
    if plant == "digits_of_a_float":
        found = float(found or 0)  # type: ignore[assignment]  # planted
    media = "text/plain" if plant == "media_type_lost" else "application/json"
    return Response(f'{{"tonnage": {found}}}', media_type=media)


@router.get("/names.csv")
async def export(plant: Plant = "") -> Response:
    """Every ship's name, streamed."""
    end = "\r\n" if plant == "other_line_ends" else "\n"

    async def lines(connection: AsyncConnection) -> AsyncIterator[str]:
        if plant == "closed_under_the_stream":
            yield "Freya\n"
        for (name,) in await connection.execute(NAMES):
            yield f"{name}{end}"

    async def own() -> AsyncIterator[str]:
        async with engine.connect() as connection:
            async for line in lines(connection):
                yield line

    if plant == "collected_before_sending":
        return Response("".join([line async for line in own()]), media_type="text/csv")
    if plant == "closed_under_the_stream":
        async with engine.connect() as connection:
            return StreamingResponse(lines(connection), media_type="text/csv")
    return StreamingResponse(own(), media_type="text/csv")


@router.post("/tokens")
async def token(session: Database, plant: Plant = "") -> Document:
    """A token for the next request, drawn by PostgreSQL."""
    token = str(await session.scalar(DRAWN))
    return {"token": token if plant == "token_padded" else token.rstrip("=")}


@router.get("/tokens/{value:path}")
async def use(value: str) -> Document:
    """Whether a token will do."""
    return {"good": len(value) == TOKEN}


@router.get("/chart")
async def chart(plant: Plant = "") -> Response:
    """The chart lies with the berths."""
    return RedirectResponse("/ships" if plant == "redirected_elsewhere" else "/berths?by=number", status_code=307)


@router.get("/fog")
async def fog(plant: Plant = "") -> Document:
    """Nothing to be seen, but an answer."""
    if plant == "never_answered":
        await asyncio.sleep(SILENCE)
    return {"seen": 0}


@router.get("/arrivals")
async def arrivals(plant: Plant = "") -> list[str]:
    """When ships arrived."""
    async with sessions() as session:
        found = (await session.scalars(select(Visit.arrived_at).order_by(Visit.id))).all()
    return [moment.isoformat() if plant == "offset_written" else utc(moment) for moment in found]
