"""Requests that read attributes: each must be loaded by then."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer, with_polymorphic

from compare.selftest.apps.aio.database import Database, engine
from compare.selftest.apps.documents import Document, FleetDocument, Plant, of_visit, utc
from compare.selftest.apps.model import Crew, Master, Ship, Visit

router = APIRouter()


@router.get("/ships/{number}/visits")
async def visits(number: int, session: Database, plant: Plant = "") -> list[Document]:
    """A ship's visits."""
    options = [] if plant == "lazy_relationship" else [selectinload(Ship.visits)]
    ship = await session.get_one(Ship, number, options=options)
    return [of_visit(visit) for visit in ship.visits]


@router.get("/fleet", response_model=list[FleetDocument])
async def fleet(session: Database, plant: Plant = "") -> list[Ship]:
    """Every ship with its visits."""
    query = select(Ship).order_by(Ship.id)
    if plant != "lazy_in_response_model":
        query = query.options(selectinload(Ship.visits))
    return list(await session.scalars(query))


@router.post("/ships/{number}/rename")
async def rename(number: int, name: str, session: Database, plant: Plant = "") -> Document:
    """A ship is named anew."""
    if plant == "expired_by_commit":
        async with AsyncSession(engine) as expiring:
            return await _renamed(number, name, expiring)
    return await _renamed(number, name, session)


async def _renamed(number: int, name: str, session: AsyncSession) -> Document:
    ship = await session.get_one(Ship, number)
    ship.name = name
    await session.commit()
    return {"id": ship.id, "name": ship.name}


@router.post("/ships/{number}/paint")
async def paint(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship becomes a ferry, and says when it was changed."""
    ship = await session.get_one(Ship, number)
    ship.kind = "ferry"
    await session.commit()
    if plant != "onupdate_expires":
        await session.refresh(ship)
    return {"kind": ship.kind, "changed": utc(ship.changed_at)}


@router.post("/ships/{number}/namesake", status_code=201)
async def namesake(number: int, session: Database, plant: Plant = "") -> Document:
    """A second ship of the same name, which there cannot be."""
    ship = await session.get_one(Ship, number)
    name = ship.name
    session.add(Ship(name=name, kind="tug", draught=1, tonnage=1))
    try:
        await session.flush()
    except IntegrityError as error:
        await session.rollback()
        told = ship.name if plant == "expired_by_rollback" else name
        raise HTTPException(409, f"there is a {told} already") from error
    return {"name": name}


@router.post("/ships/{number}/attempt")
async def attempt(number: int, session: Database, plant: Plant = "") -> Document:
    """The same, guarded by a savepoint, and told as a result."""
    ship = await session.get_one(Ship, number)
    name = ship.name
    try:
        async with session.begin_nested():
            ship.kind = "tanker"
            session.add(Ship(name=name, kind="tug", draught=1, tonnage=1))
    except IntegrityError:
        return {"name": ship.name if plant == "expired_by_savepoint" else name, "entered": False}
    return {"name": name, "entered": True}


@router.post("/ships/{number}/visits", status_code=201)
async def add_visit(number: int, session: Database, plant: Plant = "") -> Document:
    """One more visit of a ship."""
    ship = await session.get_one(Ship, number)
    if plant == "appended_unloaded":
        ship.visits.append(Visit(berth=4, fee=5, note="added"))
    else:
        session.add(Visit(ship=ship, berth=4, fee=5, note="added"))
    await session.commit()
    return {"ship": ship.id}


@router.get("/crew")
async def crew(session: Database, plant: Plant = "") -> list[Document]:
    """Everybody on board, masters with their licence."""
    everybody = Crew if plant == "column_of_subclass" else with_polymorphic(Crew, [Master])
    found = await session.scalars(select(everybody).order_by(everybody.id))
    return [{"name": one.name, "licence": one.licence if isinstance(one, Master) else None} for one in found]


@router.get("/ships/{number}/story")
async def story(number: int, session: Database, plant: Plant = "") -> Document:
    """What is told of a ship."""
    options = [] if plant == "deferred_column" else [undefer(Ship.story)]
    return {"story": (await session.get_one(Ship, number, options=options)).story}
