"""Requests that read attributes: each must be loaded by then."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload, undefer, with_polymorphic

from compare.selftest.apps.documents import Document, FleetDocument, of_visit, utc
from compare.selftest.apps.legacy.database import Database
from compare.selftest.apps.model import Crew, Master, Ship, Visit

router = APIRouter()


@router.get("/ships/{number}/visits")
def visits(number: int, session: Database) -> list[Document]:
    """A ship's visits."""
    ship = session.get_one(Ship, number, options=[selectinload(Ship.visits)])
    return [of_visit(visit) for visit in ship.visits]


@router.get("/fleet", response_model=list[FleetDocument])
def fleet(session: Database) -> list[Ship]:
    """Every ship with its visits."""
    return list(session.scalars(select(Ship).options(selectinload(Ship.visits)).order_by(Ship.id)))


@router.post("/ships/{number}/rename")
def rename(number: int, name: str, session: Database) -> Document:
    """A ship is named anew."""
    ship = session.get_one(Ship, number)
    ship.name = name
    session.commit()
    return {"id": ship.id, "name": ship.name}


@router.post("/ships/{number}/paint")
def paint(number: int, session: Database) -> Document:
    """A ship becomes a ferry, and says when it was changed."""
    ship = session.get_one(Ship, number)
    ship.kind = "ferry"
    session.commit()
    session.refresh(ship)
    return {"kind": ship.kind, "changed": utc(ship.changed_at)}


@router.post("/ships/{number}/namesake", status_code=201)
def namesake(number: int, session: Database) -> Document:
    """A second ship of the same name, which there cannot be."""
    ship = session.get_one(Ship, number)
    name = ship.name
    session.add(Ship(name=name, kind="tug", draught=1, tonnage=1))
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise HTTPException(409, f"there is a {name} already") from error
    return {"name": name}


@router.post("/ships/{number}/attempt")
def attempt(number: int, session: Database) -> Document:
    """The same, guarded by a savepoint, and told as a result."""
    ship = session.get_one(Ship, number)
    name = ship.name
    try:
        with session.begin_nested():
            ship.kind = "tanker"
            session.add(Ship(name=name, kind="tug", draught=1, tonnage=1))
    except IntegrityError:
        return {"name": name, "entered": False}
    return {"name": name, "entered": True}


@router.post("/ships/{number}/visits", status_code=201)
def add_visit(number: int, session: Database) -> Document:
    """One more visit of a ship."""
    ship = session.get_one(Ship, number)
    session.add(Visit(ship=ship, berth=4, fee=5, note="added"))
    session.commit()
    return {"ship": ship.id}


@router.get("/crew")
def crew(session: Database) -> list[Document]:
    """Everybody on board, masters with their licence."""
    everybody = with_polymorphic(Crew, [Master])
    found = session.scalars(select(everybody).order_by(everybody.id))
    return [{"name": one.name, "licence": one.licence if isinstance(one, Master) else None} for one in found]


@router.get("/ships/{number}/story")
def story(number: int, session: Database) -> Document:
    """What is told of a ship."""
    return {"story": session.get_one(Ship, number, options=[undefer(Ship.story)]).story}
