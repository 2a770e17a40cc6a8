"""Requests of which the SQL counts: how much of it, with which locks, values and batches."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import func, select, text
from sqlalchemy.orm import selectinload

from compare.selftest.apps.documents import Document, Plant, of_visit
from compare.selftest.apps.legacy.database import Database
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
LINES = [{"line": f"line {number}"} for number in range(4)]


@router.get("/quay")
def quay(session: Database, beyond: int = 0) -> list[int]:
    """The first berths beyond a number."""
    query = text("SELECT number FROM berths WHERE number > :beyond ORDER BY number LIMIT :top")
    return list(session.scalars(query, {"beyond": beyond, "top": 2}))


@router.get("/roads")
def roads(session: Database, plant: Plant = "") -> list[list[Document]]:
    """The visits of every ship."""
    if plant == "query_a_row_on_both":
        return [
            [
                of_visit(visit)
                for visit in session.scalars(select(Visit).where(Visit.ship_id == number).order_by(Visit.id))
            ]
            for number in session.scalars(select(Ship.id).order_by(Ship.id)).all()
        ]
    ships = session.scalars(select(Ship).options(selectinload(Ship.visits)).order_by(Ship.id))
    return [[of_visit(visit) for visit in ship.visits] for ship in ships]


@router.post("/berths/{number}/booking")
def book(number: int, session: Database) -> Document:
    """Count a call under a lock."""
    berth = session.scalars(select(Berth).where(Berth.number == number).with_for_update()).one()
    berth.calls += 1
    session.commit()
    return {"calls": berth.calls}


@router.post("/berths/exchange")
def exchange(session: Database) -> Document:
    """Two berths lend each other their calls, both locked, the lower first."""
    numbers = (1, 2)
    first, second = (
        session.scalars(select(Berth).where(Berth.number == number).with_for_update()).one() for number in numbers
    )
    first.calls, second.calls = second.calls, first.calls
    session.commit()
    return {"exchanged": True}


@router.get("/statistics")
def statistics(session: Database) -> Document:
    """Two counts that must agree."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    ships = session.scalar(select(func.count()).select_from(Ship))
    return {"ships": ships, "visits": session.scalar(select(func.count()).select_from(Visit))}


@router.post("/ships/{number}/presence")
def presence(number: int, session: Database) -> Document:
    """A ship is heard; the table is unlogged, so its rows are in no log."""
    session.execute(
        text("INSERT INTO presence VALUES (:ship, 1) ON CONFLICT (ship_id) DO UPDATE SET beats = presence.beats + 1"),
        {"ship": number},
    )
    session.commit()
    return {"heard": number}


@router.post("/signals")
def signal(session: Database) -> Document:
    """Tell whoever listens, one at a time."""
    session.execute(text("SELECT pg_advisory_xact_lock(7)"))
    session.execute(text("SELECT pg_notify('harbour', 'fog')"))
    session.commit()
    return {"signalled": True}


@router.post("/logbook", status_code=201)
def write(session: Database) -> Document:
    """Several lines at once."""
    session.execute(text("INSERT INTO logbook (line) VALUES (:line)"), LINES)
    session.commit()
    return {"lines": len(LINES)}


@router.post("/berths/calls", status_code=201)
def count_calls(session: Database) -> Document:
    """One more call at every berth."""
    for berth in session.scalars(select(Berth).order_by(Berth.number)).all():
        berth.calls += 1
    session.commit()
    return {"counted": True}


@router.get("/ships/{number}/name")
def name(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship's name."""
    value = str(number) if plant == "bound_as_text" else number
    return {"name": session.scalar(text("SELECT name FROM ships WHERE id = :number"), {"number": value})}
