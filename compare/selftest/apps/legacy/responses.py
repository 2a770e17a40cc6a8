"""Requests of which the answer counts, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import select, text, update

from compare.selftest.apps.documents import Document, Plant, of_ship, of_visit, utc
from compare.selftest.apps.legacy.database import Database, engine, sessions
from compare.selftest.apps.model import Berth, Ship, Visit

router = APIRouter()
CENT = Decimal("0.01")
DRAWN = text("SELECT encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64')")
TOKEN = 43  # characters


@router.get("/visits")
def visits(session: Database) -> list[Document]:
    """Every visit."""
    return [of_visit(visit) for visit in session.scalars(select(Visit).order_by(Visit.id))]


@router.get("/berths")
def berths(session: Database) -> list[Document]:
    """Every berth."""
    found = session.scalars(select(Berth).order_by(Berth.number))
    return [{"number": berth.number, "length": berth.length} for berth in found]


@router.post("/quotes", status_code=201)
def quote(response: Response) -> Document:
    """An offer."""
    response.headers["Location"] = "/berths/4"
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie("quote", "open", max_age=600, httponly=True, samesite="lax")
    return {"quote": "open", "until": None}


@router.get("/dues")
def dues(session: Database) -> Document:
    """What all ships owe, with the tax on it, to the cent."""
    total = session.scalar(text("SELECT sum(fee) FROM visits")) or Decimal(0)
    return {"total": total, "tax": (total * Decimal("0.0705")).quantize(CENT, ROUND_HALF_UP)}


@router.post("/berths/{number}/tally")
def tally(number: int, session: Database) -> Document:
    """One more call; how many that makes."""
    session.get_one(Berth, number)
    changed = update(Berth).where(Berth.number == number).values(calls=Berth.calls + 1)
    session.execute(changed, execution_options={"synchronize_session": False})
    session.commit()
    query = select(Berth).where(Berth.number == number).execution_options(populate_existing=True)
    return {"calls": session.scalars(query).one().calls}


@router.get("/ships")
def ships(session: Database) -> list[Document]:
    """Every ship that ever called, once."""
    query = select(Ship).where(Ship.id.in_(select(Visit.ship_id))).order_by(Ship.id)
    return [of_ship(ship) for ship in session.scalars(query)]


@router.get("/weights")
def weights(session: Database) -> Response:
    """How much the first ship holds, as digits of JSON."""
    found = session.scalar(select(Ship.tonnage).where(Ship.id == 1))
    return Response(f'{{"tonnage": {found}}}', media_type="application/json")


@router.get("/names.csv")
def export() -> Response:
    """Every ship's name, streamed."""

    def lines() -> Iterator[str]:
        with engine.connect() as connection:
            for (name,) in connection.execute(text("SELECT name FROM ships ORDER BY id")):
                yield f"{name}\n"

    return StreamingResponse(lines(), media_type="text/csv")


@router.post("/tokens")
def token(session: Database) -> Document:
    """A token for the next request, drawn by PostgreSQL."""
    token = str(session.scalar(DRAWN))
    return {"token": token.rstrip("=")}


@router.get("/tokens/{value:path}")
def use(value: str) -> Document:
    """Whether a token will do."""
    return {"good": len(value) == TOKEN}


@router.get("/chart")
def chart() -> Response:
    """The chart lies with the berths."""
    return RedirectResponse("/berths?by=number", status_code=307)


@router.get("/fog")
def fog() -> Document:
    """Nothing to be seen, but an answer."""
    return {"seen": 0}


@router.get("/arrivals")
def arrivals(plant: Plant = "") -> list[str]:
    """When ships arrived."""
    with sessions() as session:
        found = session.scalars(select(Visit.arrived_at).order_by(Visit.id)).all()
    return [moment.isoformat() if plant == "offset_written" else utc(moment) for moment in found]
