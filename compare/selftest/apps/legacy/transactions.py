"""Requests of which the transactions count: where they begin and end, and when the answer leaves."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from compare.selftest.apps.documents import Document
from compare.selftest.apps.errors import SERIALIZATION, sqlstate
from compare.selftest.apps.legacy.database import Database
from compare.selftest.apps.model import Ship, Visit

router = APIRouter()
LINE = text("INSERT INTO logbook (line) VALUES (:line)")
CALL = text("UPDATE berths SET calls = calls + 1 WHERE number = 4")
BEAT = text("UPDATE presence SET beats = greatest(beats, 10) WHERE ship_id = 1")


@router.post("/moorings")
def moor(session: Database) -> Document:
    """A call and a line in the logbook, together, and a look at the ships in between."""
    session.execute(CALL)
    session.scalar(select(func.count()).select_from(Ship))
    session.execute(LINE, {"line": "moored"})
    session.commit()
    return {"moored": True}


@router.post("/beats")
def beat(session: Database) -> Document:
    """A ship is heard, which changes nothing; and the table is unlogged. Only the transaction shows it."""
    session.execute(BEAT)
    session.commit()
    return {"heard": True}


@router.post("/alarms")
def alarm(session: Database) -> Document:
    """Nobody answers an alarm, but that it was given is kept."""
    session.execute(BEAT)
    session.commit()
    raise HTTPException(409, "nobody answers")


@router.get("/harbour")
def harbour(session: Database) -> Document:
    """Two counts."""
    ships = session.scalar(select(func.count()).select_from(Ship))
    visits = session.scalar(select(func.count()).select_from(Visit))
    session.rollback()
    return {"ships": ships, "visits": visits}


@router.post("/pilots")
def pilot(session: Database) -> Document:
    """A line that may fail, guarded, and one that may not."""
    with session.begin_nested():
        session.execute(LINE, {"line": "pilot asked for"})
    session.execute(LINE, {"line": "pilot on board"})
    session.commit()
    return {"pilot": True}


@router.post("/inspections")
def inspect_quay(session: Database) -> Document:
    """That somebody inspects is kept, whatever becomes of the inspection."""
    session.execute(LINE, {"line": "inspection begins"})
    session.commit()
    session.execute(CALL)
    session.commit()
    return {"inspected": True}


@router.post("/locks")
def lock(session: Database) -> Document:
    """Pass the lock; one that is busy is tried again."""
    for _ in range(3):
        try:
            session.execute(text("SELECT pass_the_lock()"))
            session.commit()
        except OperationalError as error:
            session.rollback()
            if sqlstate(error) != SERIALIZATION:
                raise
        else:
            return {"passed": True}
    raise HTTPException(503, "the lock is busy")
