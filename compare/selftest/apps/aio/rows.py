"""Requests that write: what is committed is what counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, HTTPException
from sqlalchemy import delete, select, text, update

from compare.selftest.apps.aio.database import Database, sessions
from compare.selftest.apps.documents import Document, NewVisit, Plant, of_visit
from compare.selftest.apps.model import Berth, Invoice, Ship, Visit

router = APIRouter()
SOUNDED = 3  # the berth that a draught is written down for


@router.post("/visits", status_code=201)
async def arrive(new: NewVisit, session: Database, plant: Plant = "") -> Document:
    """A ship arrives: a visit, its invoice, one more call at the berth; a trigger writes the logbook."""
    if plant == "triggers_switched_off":
        await session.execute(text("SET LOCAL session_replication_role = replica"))
    berth = await session.get(Berth, new.berth)
    if berth is None:
        raise HTTPException(404, "no such berth")
    visit = Visit(ship_id=new.ship, berth=new.berth, fee=new.fee, note=new.note)
    session.add(visit)
    if plant == "visit_added_twice":
        session.add(Visit(ship_id=new.ship, berth=new.berth, fee=new.fee, note=new.note))
    await session.flush()
    if plant != "invoice_forgotten":
        session.add(Invoice(visit_id=visit.id, amount=new.fee))
    berth.calls += 1
    if plant == "lost_commit":
        await session.flush()
    elif plant == "commit_not_awaited":
        await session.flush()
        session.commit()  # type: ignore[unused-coroutine]  # planted
    elif plant == "closed_before_commit":
        await session.flush()
        await session.close()
        await session.commit()
    elif plant == "other_session_committed":
        await session.flush()
        async with sessions() as other:
            await other.commit()
    else:
        await session.commit()
    return of_visit(visit)


@router.post("/visits/preview")
async def preview(new: NewVisit, session: Database, plant: Plant = "") -> Document:
    """What a visit would cost, found out by entering and not keeping it."""
    visit = Visit(ship_id=new.ship, berth=new.berth, fee=new.fee, note=new.note)
    session.add(visit)
    await session.flush()
    if plant == "preview_committed":
        await session.commit()
    else:
        await session.rollback()
    return {"fee": new.fee}


@router.delete("/visits/{number}")
async def strike(number: int, session: Database, plant: Plant = "") -> Document:
    """Take a visit out of the books, and its call off the berth."""
    visit = await session.get_one(Visit, number)
    await session.execute(update(Berth).where(Berth.number == visit.berth).values(calls=Berth.calls - 1))
    if plant == "deleted_too_many":
        await session.execute(delete(Visit).where(Visit.ship_id == visit.ship_id))
    elif plant == "delete_not_awaited":
        session.delete(visit)  # type: ignore[unused-coroutine]  # planted
    elif plant != "delete_forgotten":
        await session.execute(delete(Visit).where(Visit.id == number))
    await session.commit()
    return {"struck": number}


@router.post("/visits/{number}/leave")
async def leave(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship leaves: the visit ends, and the berth is measured again."""
    visit = await session.get_one(Visit, number)
    berth = await session.get_one(Berth, visit.berth)
    if plant == "changed_object_detached":
        session.expunge(berth)  # it was handed to a cache, as read-only as it was thought to be
    visit.note = "left"
    berth.calls += 10
    await session.commit()
    return of_visit(visit)


@router.post("/convoys", status_code=201)
async def convoy(ships: list[int], session: Database, plant: Plant = "") -> Document:
    """Several ships arrive at once, each with an invoice."""
    visits = [Visit(ship_id=ship, berth=4, fee=Decimal(ship), note="convoy") for ship in ships]
    session.add_all(visits)
    await session.flush()
    for visit in visits:
        number = visits[0].id if plant == "crossed_reference" else visit.id
        session.add(Invoice(visit_id=number, amount=visit.fee))
        if plant == "loop_ends_early":
            break
    await session.commit()
    return {"visits": len(visits)}


@router.post("/sisters", status_code=201)
async def sisters(session: Database, plant: Plant = "") -> Document:
    """Two new ships; PostgreSQL draws their codes, and the logbook holds them."""
    ships = [Ship(name=name, kind="tug", draught=1, tonnage=1) for name in ("Skuld", "Urd")]
    for ship in ships:
        session.add(ship)
        await session.flush()
        await session.refresh(ship)
        code = ships[0].code if plant == "code_of_another_ship" else ship.code
        await session.execute(text("INSERT INTO logbook (line) VALUES (:code)"), {"code": str(code)})
    await session.commit()
    if plant == "other_code_told":
        return {ship.name: str(ships[0].code) for ship in ships}
    return {ship.name: str(ship.code) for ship in ships}


@router.put("/ships/{number}/papers")
async def stamp(number: int, papers: dict[str, str], session: Database, plant: Plant = "") -> Document:
    """New papers for a ship."""
    ship = await session.get_one(Ship, number)
    ship.papers = dict(papers)
    if plant == "papers_encoded_twice":
        ship.papers = json.dumps(papers)  # type: ignore[assignment]  # planted
    await session.commit()
    return {"ship": number}


@router.post("/ships/{number}/sounding")
async def sound(number: int, session: Database, plant: Plant = "") -> Document:
    """Write a ship's draught down as the depth of berth 3."""
    draught = await session.scalar(select(Ship.draught).where(Ship.id == number))
    depth = Decimal(str(draught))
    if plant != "float4_widened":
        depth = round(depth, 4)
    await session.execute(update(Berth).where(Berth.number == SOUNDED).values(depth=depth))
    await session.commit()
    return {"sounded": number}


@router.post("/berths/{number}/call")
async def call(number: int, session: Database, plant: Plant = "") -> Document:
    """One more call, counted in the database; the newest visit there says the how manieth it was."""
    kept = await session.get_one(Berth, number)
    await session.execute(text("UPDATE berths SET calls = calls + 1 WHERE number = :number"), {"number": number})
    await session.commit()
    fresh = plant != "stale_object_written"
    berth = (
        await session.scalars(select(Berth).where(Berth.number == number).execution_options(populate_existing=fresh))
    ).one()
    assert berth is kept  # noqa: S101 - keeps the object in the identity map
    await session.execute(update(Visit).where(Visit.berth == number).values(note=f"call {berth.calls}"))
    await session.commit()
    return {"berth": number}


@router.post("/ships/{number}/kind")
async def refit(number: int, session: Database, plant: Plant = "") -> Document:
    """A ship becomes a tug."""
    if plant == "onupdate_bypassed":
        await session.execute(text("UPDATE ships SET kind = 'tug' WHERE id = :number"), {"number": number})
    else:
        await session.execute(update(Ship).where(Ship.id == number).values(kind="tug"))
    await session.commit()
    return {"ship": number}


@router.post("/berths/{number}/works")
async def works(number: int, session: Database, plant: Plant = "") -> Document:
    """A berth is made longer and deeper."""
    berth = await session.get_one(Berth, number)
    berth.length += Decimal(10)
    if plant == "flushed_field_by_field":
        await session.flush()
    berth.depth += Decimal(1)
    await session.commit()
    return {"berth": number}


@router.post("/tickets")
async def draw(session: Database, plant: Plant = "") -> Document:
    """A ticket at the lock; which one is not told."""
    where = "number <= 1 OR number = 4" if plant == "drawn_twice" else "number = 1"
    (await session.scalars(text(f"SELECT nextval('tides') FROM berths WHERE {where}"))).first()  # noqa: S608 - constants
    await session.commit()
    return {"drawn": True}


@router.post("/visits/{number}/departure")
async def depart(number: int, plant: Plant = "") -> Document:
    """Write down when a ship left."""
    async with sessions() as session:
        visit = await session.get_one(Visit, number)
        moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        visit.left_at = moment.replace(tzinfo=None) if plant == "naive_time_written" else moment
        await session.commit()
    return {"visit": number}
