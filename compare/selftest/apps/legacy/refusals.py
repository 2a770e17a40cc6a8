"""Requests that are refused, by the database or by the app."""

from __future__ import annotations

from typing import Any, cast

import psycopg2.errors
from fastapi import APIRouter, HTTPException
from sqlalchemy import CursorResult, Result, select, text
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError

from compare.selftest.apps.documents import Document, NewShip, Plant, of_ship
from compare.selftest.apps.errors import AdriftError, AgroundError, accepted
from compare.selftest.apps.legacy.database import Database, engine, narrow
from compare.selftest.apps.model import Berth, Ship
from compare.selftest.apps.queries import HABITS, WHOLE

router = APIRouter()
AGROUND = 2
SET = [{"number": 1}, {"number": 2}]


@router.post("/ships", status_code=201)
def enter(body: dict[str, Any], session: Database, plant: Plant = "") -> Document:
    """A new ship; 409 where its name is taken."""
    new = accepted(NewShip, body)
    session.add(Ship(name=new.name, kind=new.kind, draught=new.draught, tonnage=new.tonnage, papers=new.papers))
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if plant == "driver_message_told":
            raise HTTPException(409, str(error.orig)) from error
        if isinstance(error.orig, psycopg2.errors.UniqueViolation):
            raise HTTPException(409, "the name is taken") from error
        raise HTTPException(400, "the ship cannot be entered") from error
    return {"name": new.name}


@router.get("/ships/{number}")
def ship(number: int, session: Database, plant: Plant = "") -> Document:
    """One ship."""
    found = session.get(Ship, str(number) if plant == "text_identity" else number)
    if found is None:
        raise HTTPException(404, f"no ship {number}")
    return of_ship(found)


@router.get("/berths/{number}")
def berth(number: int, session: Database) -> Document:
    """One berth."""
    try:
        found = session.scalars(select(Berth).where(Berth.number == number)).one()
    except NoResultFound:
        raise HTTPException(404, f"no berth {number}") from None
    return {"number": found.number, "length": found.length}


@router.get("/ships/{number}/position")
def position(number: int) -> Document:
    """Where a ship is: none is anywhere."""
    raise AgroundError(number) if number == AGROUND else AdriftError(number)


@router.get("/names")
def names(session: Database, plant: Plant = "") -> list[str]:
    """Every ship's name."""
    query = HABITS.get(plant, WHOLE)
    rows: Result[Any]
    if query.statement is None:
        rows = session.connection().exec_driver_sql(query.driver, query.values)
    else:
        rows = session.execute(query.statement, query.values)
    return [row[0] for row in rows]


@router.get("/tide")
def tide(session: Database) -> Document:
    """A table that takes too long to read."""
    session.execute(text("SET LOCAL statement_timeout = 30"))
    try:
        session.execute(text("SELECT pg_sleep(2)"))
    except OperationalError as error:
        session.rollback()
        raise HTTPException(503, "try again later") from error
    return {"tide": "high"}


@router.post("/berths/lengthen")
def lengthen(session: Database) -> Document:
    """Two berths are made longer, both or none."""
    changed = session.execute(text("UPDATE berths SET length = length + 1 WHERE number = :number"), SET)
    if cast("CursorResult[Any]", changed).rowcount != len(SET):
        session.rollback()
        raise HTTPException(409, "somebody else moved the quay")
    session.commit()
    return {"lengthened": 2}


@router.get("/logbook/lines")
def lines(plant: Plant = "") -> list[str]:
    """What the logbook says, while somebody else alters it."""
    query = text("SELECT line FROM logbook")
    with narrow.connect() as reading:
        reading.execute(query)
    if plant == "altered_meanwhile":
        with engine.begin() as other:
            other.execute(text("ALTER TABLE logbook ALTER COLUMN line TYPE varchar"))
    try:
        with narrow.connect() as reading:
            return [row[0] for row in reading.execute(query)]
    finally:
        if plant == "altered_meanwhile":
            with engine.begin() as other:
                other.execute(text("ALTER TABLE logbook ALTER COLUMN line TYPE text"))
