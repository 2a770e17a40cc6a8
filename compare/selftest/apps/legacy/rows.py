"""Requests that write: what is committed is what counts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException
from sqlalchemy import delete, select, text, update

from compare.selftest.apps.documents import Document, NewVisit, Plant, of_visit
from compare.selftest.apps.legacy.database import Database, sessions
from compare.selftest.apps.model import Berth, Invoice, Ship, Visit

router = APIRouter()
SOUNDED = 3  # the berth that a draught is written down for


@router.post("/visits", status_code=201)
def arrive(new: NewVisit, session: Database) -> Document:
    """A ship arrives: a visit, its invoice, one more call at the berth; a trigger writes the logbook."""
    berth = session.get(Berth, new.berth)
    if berth is None:
        raise HTTPException(404, "no such berth")
    visit = Visit(ship_id=new.ship, berth=new.berth, fee=new.fee, note=new.note)
    session.add(visit)
    session.flush()
    session.add(Invoice(visit_id=visit.id, amount=new.fee))
    berth.calls += 1
    session.commit()
    return of_visit(visit)


@router.post("/visits/preview")
def preview(new: NewVisit, session: Database) -> Document:
    """What a visit would cost, found out by entering and not keeping it."""
    visit = Visit(ship_id=new.ship, berth=new.berth, fee=new.fee, note=new.note)
    session.add(visit)
    session.flush()
    session.rollback()
    return {"fee": new.fee}


@router.delete("/visits/{number}")
def strike(number: int, session: Database) -> Document:
    """Take a visit out of the books, and its call off the berth."""
    visit = session.get_one(Visit, number)
    session.execute(update(Berth).where(Berth.number == visit.berth).values(calls=Berth.calls - 1))
    session.execute(delete(Visit).where(Visit.id == number))
    session.commit()
    return {"struck": number}


@router.post("/visits/{number}/leave")
def leave(number: int, session: Database) -> Document:
    """A ship leaves: the visit ends, and the berth is measured again."""
    visit = session.get_one(Visit, number)
    berth = session.get_one(Berth, visit.berth)
    visit.note = "left"
    berth.calls += 10
    session.commit()
    return of_visit(visit)


@router.post("/convoys", status_code=201)
def convoy(ships: list[int], session: Database) -> Document:
    """Several ships arrive at once, each with an invoice."""
    visits = [Visit(ship_id=ship, berth=4, fee=Decimal(ship), note="convoy") for ship in ships]
    session.add_all(visits)
    session.flush()
    for visit in visits:
        session.add(Invoice(visit_id=visit.id, amount=visit.fee))
    session.commit()
    return {"visits": len(visits)}


@router.post("/sisters", status_code=201)
def sisters(session: Database) -> Document:
    """Two new ships; PostgreSQL draws their codes, and the logbook holds them."""
    ships = [Ship(name=name, kind="tug", draught=1, tonnage=1) for name in ("Skuld", "Urd")]
    for ship in ships:
        session.add(ship)
        session.flush()
        session.refresh(ship)
        session.execute(text("INSERT INTO logbook (line) VALUES (:code)"), {"code": str(ship.code)})
    session.commit()
    return {ship.name: str(ship.code) for ship in ships}


@router.put("/ships/{number}/papers")
def stamp(number: int, papers: dict[str, str], session: Database) -> Document:
    """New papers for a ship."""
    ship = session.get_one(Ship, number)
    ship.papers = dict(papers)
    session.commit()
    return {"ship": number}


@router.post("/ships/{number}/sounding")
def sound(number: int, session: Database) -> Document:
    """Write a ship's draught down as the depth of berth 3."""
    draught = session.scalar(select(Ship.draught).where(Ship.id == number))
    session.execute(update(Berth).where(Berth.number == SOUNDED).values(depth=Decimal(str(draught))))
    session.commit()
    return {"sounded": number}


@router.post("/berths/{number}/call")
def call(number: int, session: Database) -> Document:
    """One more call, counted in the database; the newest visit there says the how manieth it was."""
    session.get_one(Berth, number)
    session.execute(text("UPDATE berths SET calls = calls + 1 WHERE number = :number"), {"number": number})
    session.commit()
    berth = session.scalars(select(Berth).where(Berth.number == number).execution_options(populate_existing=True)).one()
    session.execute(update(Visit).where(Visit.berth == number).values(note=f"call {berth.calls}"))
    session.commit()
    return {"berth": number}


@router.post("/ships/{number}/kind")
def refit(number: int, session: Database) -> Document:
    """A ship becomes a tug."""
    session.execute(update(Ship).where(Ship.id == number).values(kind="tug"))
    session.commit()
    return {"ship": number}


@router.post("/berths/{number}/works")
def works(number: int, session: Database) -> Document:
    """A berth is made longer and deeper."""
    berth = session.get_one(Berth, number)
    berth.length += Decimal(10)
    berth.depth += Decimal(1)
    session.commit()
    return {"berth": number}


@router.post("/tickets")
def draw(session: Database) -> Document:
    """A ticket at the lock; which one is not told."""
    session.scalars(text("SELECT nextval('tides') FROM berths WHERE number = 1")).first()
    session.commit()
    return {"drawn": True}


@router.post("/visits/{number}/departure")
def depart(number: int, plant: Plant = "") -> Document:
    """Write down when a ship left."""
    with sessions() as session:
        visit = session.get_one(Visit, number)
        moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        visit.left_at = moment.replace(tzinfo=None) if plant == "naive_time_written" else moment
        session.commit()
    return {"visit": number}
