"""Requests that go wrong on the async side alone: calls that are not awaited, not there, or logged and forgotten."""

from __future__ import annotations

import json

from fastapi import APIRouter, HTTPException
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from compare.selftest.apps.documents import Document, Plant
from compare.selftest.apps.legacy.database import Database, engine
from compare.selftest.apps.model import Crew, Ship

router = APIRouter()


@router.post("/ships/{number}/tow")
def tow(number: int, session: Database) -> Document:
    """A ship with nobody on board may be towed."""
    if session.scalar(select(Crew.id).where(Crew.ship_id == number).limit(1)):
        raise HTTPException(409, "somebody is on board")
    return {"towed": number}


@router.get("/ships/{number}/crew")
def on_board(number: int, session: Database) -> list[str]:
    """Who is on board."""
    return list(session.execute(select(Crew.name).where(Crew.ship_id == number).order_by(Crew.id)).scalars())


@router.get("/ships/{number}/tonnage")
def tonnage(number: int, session: Database) -> Document:
    """How much a ship holds."""
    return {"tonnage": session.scalar(select(Ship.tonnage).where(Ship.id == number))}


@router.get("/ships/{number}/flags")
def flags(number: int, plant: Plant = "") -> list[str]:
    """Under which flags a ship sails."""
    session = Session(engine)
    found = session.scalar(select(Ship.flags).where(Ship.id == number))
    if plant != "session_leaked":
        session.close()
    return list(found or [])


@router.get("/count")
def count(session: Database) -> Document:
    """How many ships there are."""
    return {"ships": session.scalar(select(func.count()).select_from(Ship))}


@router.get("/count/connection")
def count_elsewhere(session: Database) -> Document:
    """The same, through an engine for reports on the async side."""
    return {"ships": session.scalar(select(func.count()).select_from(Ship))}


@router.get("/count/threads")
def count_in_thread(session: Database) -> Document:
    """The same, in a plug-in that knows no loop."""
    return {"ships": session.scalar(select(func.count()).select_from(Ship))}


@router.get("/list")
def listed(session: Database) -> list[str]:
    """Every ship's name, row by row."""
    return list(session.execute(select(Ship.name).order_by(Ship.id).execution_options(yield_per=2)).scalars())


@router.get("/tables")
def tables() -> Document:
    """Whether there is a table of berths."""
    return {"berths": "berths" in inspect(engine).get_table_names()}


@router.get("/weather")
def weather(session: Database) -> Document:
    """How many ships may sail; the forecast is slow and not waited for long."""
    session.execute(text("SELECT pg_sleep(0.15)"))
    return {"ships": session.scalar(select(func.count()).select_from(Ship))}


@router.get("/ships/{number}/agent")
def agent(number: int) -> Document:
    """A ship's agent, of whom the books know nothing."""
    raise HTTPException(404, f"ship {number} has no agent")


@router.post("/ships/{number}/notice")
def notice(number: int, session: Database) -> Document:
    """Tell the harbour master about a ship; that it cannot be told is no error of the caller."""
    held = session.scalar(select(Ship.tonnage).where(Ship.id == number))
    json.dumps({"ship": number, "tonnage": str(held)})
    return {"told": number}
