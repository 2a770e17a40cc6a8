"""The log book on sync SQLAlchemy and psycopg2."""

import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Response
from sqlalchemy import Connection, create_engine, text

from .schemas import Entries, Entry, NewEntry, Relief, Watch

ENTRIES = """
    SELECT e.public_id AS id, e.id AS number, k.name AS keeper, e.visibility_km, e.remark, e.created_at
      FROM entries e JOIN keepers k ON k.id = e.keeper_id
"""
WATCHES = """
    SELECT w.number, k.name AS keeper, k.entries_written, w.changed_at
      FROM watches w LEFT JOIN keepers k ON k.id = w.keeper_id
"""

# A short time-out: under load its threads and its connections wait for one another.
engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, pool_timeout=3)
app = FastAPI(title="Log book")


def connection() -> Iterator[Connection]:
    """One connection a request; a route that writes commits."""
    with engine.connect() as connected:
        yield connected


Database = Annotated[Connection, Depends(connection)]


def require_keeper(database: Connection, keeper: int) -> None:
    """Answer 404 where there is no such keeper."""
    if database.execute(text("SELECT 1 FROM keepers WHERE id = :id"), {"id": keeper}).first() is None:
        raise HTTPException(404, f"no keeper {keeper}")


def write_entry(database: Connection, keeper: int, visibility_km: Decimal, remark: str) -> UUID:
    """Add a line to the book and to the keeper's count."""
    entry_id = uuid4()
    database.execute(
        text(
            "INSERT INTO entries (public_id, keeper_id, visibility_km, remark)"
            " VALUES (:public_id, :keeper, :visibility_km, :remark)",
        ),
        {"public_id": entry_id, "keeper": keeper, "visibility_km": visibility_km, "remark": remark},
    )
    database.execute(
        text("UPDATE keepers SET entries_written = entries_written + 1 WHERE id = :id"),
        {"id": keeper},
    )
    return entry_id


@app.get("/entries")
def list_entries(database: Database, keeper: int | None = None) -> Entries:
    """All lines, or one keeper's, in the order they were written."""
    where = "" if keeper is None else "WHERE e.keeper_id = :keeper"
    rows = database.execute(text(f"{ENTRIES} {where} ORDER BY e.id"), {"keeper": keeper}).mappings()
    entries = [Entry.model_validate(dict(row)) for row in rows]
    return Entries(entries=entries, visibility_km=sum((entry.visibility_km for entry in entries), Decimal("0.00")))


@app.post("/entries", status_code=201)
def create_entry(new: NewEntry, response: Response, database: Database) -> Entry:
    """Write a line."""
    require_keeper(database, new.keeper)
    entry_id = write_entry(database, new.keeper, new.visibility_km, new.remark)
    row = database.execute(text(f"{ENTRIES} WHERE e.public_id = :id"), {"id": entry_id}).mappings().one()
    database.commit()
    response.headers["Location"] = f"/entries/{entry_id}"
    return Entry.model_validate(dict(row))


@app.get("/entries/{entry_id}")
def read_entry(entry_id: UUID, database: Database) -> Entry:
    """One line."""
    row = database.execute(text(f"{ENTRIES} WHERE e.public_id = :id"), {"id": entry_id}).mappings().first()
    if row is None:
        raise HTTPException(404, f"no entry {entry_id}")
    return Entry.model_validate(dict(row))


@app.delete("/entries/{entry_id}", status_code=204)
def delete_entry(entry_id: UUID, database: Database) -> None:
    """Tear out a line."""
    deleted = database.execute(text("DELETE FROM entries WHERE public_id = :id"), {"id": entry_id})
    if not deleted.rowcount:
        raise HTTPException(404, f"no entry {entry_id}")
    database.commit()


@app.get("/watches")
def list_watches(database: Database) -> list[Watch]:
    """Who keeps which watch."""
    rows = database.execute(text(f"{WATCHES} ORDER BY w.number")).mappings()
    return [Watch.model_validate(dict(row)) for row in rows]


@app.put("/watches/{number}")
def relieve(number: int, relief: Relief, database: Database) -> Watch:
    """Hand a watch to a keeper, which is noted in the book."""
    require_keeper(database, relief.keeper)
    changed = database.execute(
        text("UPDATE watches SET keeper_id = :keeper, changed_at = now() WHERE number = :number"),
        {"keeper": relief.keeper, "number": number},
    )
    if not changed.rowcount:
        raise HTTPException(404, f"no watch {number}")
    write_entry(database, relief.keeper, Decimal(0), f"took over watch {number}")
    row = database.execute(text(f"{WATCHES} WHERE w.number = :number"), {"number": number}).mappings().one()
    database.commit()
    return Watch.model_validate(dict(row))
