"""Requests that are refused, by the database or by the app."""

from __future__ import annotations

from typing import Any, cast

import psycopg2.errors
from fastapi import APIRouter, HTTPException
from fastapi.exceptions import RequestValidationError
from sqlalchemy import CursorResult, Result, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound, OperationalError

from compare.selftest.apps.aio.database import Database, engine, narrow
from compare.selftest.apps.documents import Document, LooseShip, NewShip, Plant, of_ship
from compare.selftest.apps.errors import CANCELED, UNIQUE, AdriftError, AgroundError, accepted, sqlstate
from compare.selftest.apps.model import Berth, Ship
from compare.selftest.apps.queries import HABITS, WHOLE

router = APIRouter()
AGROUND = 2
NAMES_ARE_UNIQUE = "ships_have_names_of_their_own"
SET = [{"number": 1}, {"number": 2}]


@router.post("/ships", status_code=201)
async def enter(body: dict[str, Any], session: Database, plant: Plant = "") -> Document:
    """A new ship; 409 where its name is taken."""
    new = _checked(body, plant)
    session.add(Ship(name=new.name, kind=new.kind, draught=new.draught, tonnage=new.tonnage, papers=new.papers))
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        raise _refusal(error, plant) from error
    return {"name": new.name}


def _checked(body: dict[str, Any], plant: str) -> NewShip:
    """The body as NewShip."""
    if plant == "other_rules":
        return NewShip(**accepted(LooseShip, body).model_dump())
    try:
        return accepted(NewShip, body)
    except RequestValidationError as error:
        if plant != "other_place":
            raise
        problems = [{**problem, "loc": ("body", "ship", *problem["loc"][1:])} for problem in error.errors()]
        raise RequestValidationError(problems) from error


def _refusal(error: IntegrityError, plant: str) -> HTTPException:
    """The answer to a constraint that does not hold."""
    if plant == "violation_read_off_class":
        taken = isinstance(error.orig, psycopg2.errors.UniqueViolation)
    elif plant == "diagnostics_of_the_other_driver":
        taken = error.orig.diag.constraint_name == NAMES_ARE_UNIQUE  # type: ignore[union-attr]  # planted
    else:
        taken = sqlstate(error) == UNIQUE
    if plant == "driver_message_told":
        return HTTPException(409, str(error.orig))
    if plant == "other_words":
        return HTTPException(409, "name already in use")
    return HTTPException(409, "the name is taken") if taken else HTTPException(400, "the ship cannot be entered")


@router.get("/ships/{number}")
async def ship(number: int, session: Database, plant: Plant = "") -> Document:
    """One ship."""
    found = await session.get(Ship, str(number) if plant == "text_identity" else number)
    if found is None:
        raise HTTPException(404, f"no ship {number}")
    return of_ship(found)


@router.get("/berths/{number}")
async def berth(number: int, session: Database, plant: Plant = "") -> Document:
    """One berth."""
    rows = await session.scalars(select(Berth).where(Berth.number == number))
    if plant == "nothing_found_is_fine":
        first = rows.first()
        return {"number": number, "length": first and first.length}
    try:
        found = rows.one()
    except NoResultFound:
        raise HTTPException(404, f"no berth {number}") from None
    return {"number": found.number, "length": found.length}


@router.get("/ships/{number}/position")
async def position(number: int) -> Document:
    """Where a ship is: none is anywhere."""
    raise AgroundError(number) if number == AGROUND else AdriftError(number)


@router.get("/names")
async def names(session: Database, plant: Plant = "") -> list[str]:
    """Every ship's name."""
    query = HABITS.get(plant, WHOLE)
    rows: Result[Any]
    if query.statement is None:
        rows = await (await session.connection()).exec_driver_sql(query.driver, query.values)
    else:
        rows = await session.execute(query.statement, query.values)
    return [row[0] for row in rows]


@router.get("/tide")
async def tide(session: Database, plant: Plant = "") -> Document:
    """A table that takes too long to read."""
    expected = OperationalError if plant == "timeout_read_off_class" else DBAPIError
    await session.execute(text("SET LOCAL statement_timeout = 30"))
    try:
        await session.execute(text("SELECT pg_sleep(2)"))
    except expected as error:
        if sqlstate(error) != CANCELED:
            raise
        await session.rollback()
        raise HTTPException(503, "try again later") from error
    return {"tide": "high"}


@router.post("/berths/lengthen")
async def lengthen(session: Database, plant: Plant = "") -> Document:
    """Two berths are made longer, both or none."""
    statement = text("UPDATE berths SET length = length + 1 WHERE number = :number")
    changed = await session.execute(statement, SET)
    if cast("CursorResult[Any]", changed).rowcount != len(SET) and plant == "rows_counted_by_driver":
        await session.rollback()
        raise HTTPException(409, "somebody else moved the quay")
    await session.commit()
    return {"lengthened": 2}


@router.get("/logbook/lines")
async def lines(plant: Plant = "") -> list[str]:
    """What the logbook says, while somebody else alters it."""
    query = text("SELECT line FROM logbook")
    async with narrow.connect() as reading:
        await reading.execute(query)
    if plant == "altered_meanwhile":
        async with engine.begin() as other:
            await other.execute(text("ALTER TABLE logbook ALTER COLUMN line TYPE varchar"))
    try:
        async with narrow.connect() as reading:
            return [row[0] for row in await reading.execute(query)]
    finally:
        if plant == "altered_meanwhile":
            async with engine.begin() as other:
                await other.execute(text("ALTER TABLE logbook ALTER COLUMN line TYPE text"))
