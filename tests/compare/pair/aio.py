"""The log book on asyncpg, without an ORM.

PAIR_BUG plants one defect: `commit` (a new entry is rolled back), `status` (200 for 201), `total` (a wrong sum), `row`
(a watch is handed over without the note in the book), `header` (no Location), `type` (a number where text was), `zone`
(times of another zone, without saying so), `page` (no list has more than two lines), `stale` (what was read as a list
once is never read again, while the app is up).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from .schemas import Entries, Entry, NewEntry, Relief, Watch

BUG = os.environ.get("PAIR_BUG")
ENTRIES = """
    SELECT e.public_id AS id, e.id AS number, k.name AS keeper, e.visibility_km, e.remark, e.created_at
      FROM entries e JOIN keepers k ON k.id = e.keeper_id
"""
WATCHES = """
    SELECT w.number, k.name AS keeper, k.entries_written, w.changed_at
      FROM watches w LEFT JOIN keepers k ON k.id = w.keeper_id
"""


@asynccontextmanager
async def lifespan(started: FastAPI) -> AsyncIterator[None]:
    """Keep a pool open while the app is up."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=5) as pool:
        started.state.pool = pool
        yield


app = FastAPI(title="Log book", lifespan=lifespan)
lists: dict[int | None, Any] = {}


async def connection(request: Request) -> AsyncIterator[Any]:
    """One connection a request; a route that writes opens a transaction."""
    async with request.app.state.pool.acquire() as connected:
        yield connected


Database = Annotated[Any, Depends(connection)]


def entry_from(row: Any) -> Entry:  # noqa: ANN401 - asyncpg's records are untyped
    """A line of the book."""
    entry = Entry.model_validate(dict(row))
    if BUG == "zone":
        entry.created_at += timedelta(hours=2)
    return entry


async def require_keeper(database: Any, keeper: int) -> None:  # noqa: ANN401 - a connection of the pool, untyped
    """Answer 404 where there is no such keeper."""
    if await database.fetchval("SELECT 1 FROM keepers WHERE id = $1", keeper) is None:
        raise HTTPException(404, f"no keeper {keeper}")


async def write_entry(database: Any, keeper: int, visibility_km: Decimal, remark: str) -> UUID:  # noqa: ANN401 - as above
    """Add a line to the book and to the keeper's count."""
    entry_id = uuid4()
    await database.execute(
        "INSERT INTO entries (public_id, keeper_id, visibility_km, remark) VALUES ($1, $2, $3, $4)",
        entry_id,
        keeper,
        visibility_km,
        remark,
    )
    await database.execute("UPDATE keepers SET entries_written = entries_written + 1 WHERE id = $1", keeper)
    return entry_id


@app.get("/entries")
async def list_entries(database: Database, keeper: int | None = None) -> Entries:
    """All lines, or one keeper's, in the order they were written."""
    rows = await database.fetch(
        f"{ENTRIES} WHERE $1::integer IS NULL OR e.keeper_id = $1 ORDER BY e.id",
        keeper,
    )
    if BUG == "stale":
        rows = lists.setdefault(keeper, rows)
    entries = [entry_from(row) for row in rows[: 2 if BUG == "page" else None]]
    total = sum((entry.visibility_km for entry in entries), Decimal("0.00"))
    return Entries(entries=entries, visibility_km=total + (BUG == "total"))


@app.post("/entries", status_code=200 if BUG == "status" else 201)
async def create_entry(new: NewEntry, response: Response, database: Database) -> Entry:
    """Write a line."""
    await require_keeper(database, new.keeper)
    transaction = database.transaction()
    await transaction.start()
    entry_id = await write_entry(database, new.keeper, new.visibility_km, new.remark)
    row = await database.fetchrow(f"{ENTRIES} WHERE e.public_id = $1", entry_id)
    if BUG == "commit":
        await transaction.rollback()
    else:
        await transaction.commit()
    if BUG != "header":
        response.headers["Location"] = f"/entries/{entry_id}"
    return entry_from(row)


@app.get("/entries/{entry_id}", response_model=None if BUG == "type" else Entry)
async def read_entry(entry_id: UUID, database: Database) -> Any:  # noqa: ANN401 - a defect may plant another type
    """One line."""
    row = await database.fetchrow(f"{ENTRIES} WHERE e.public_id = $1", entry_id)
    if row is None:
        raise HTTPException(404, f"no entry {entry_id}")
    entry = entry_from(row)
    if BUG == "type":
        return entry.model_dump(mode="json") | {"visibility_km": float(entry.visibility_km)}
    return entry


@app.delete("/entries/{entry_id}", status_code=204)
async def delete_entry(entry_id: UUID, database: Database) -> None:
    """Tear out a line."""
    if await database.execute("DELETE FROM entries WHERE public_id = $1", entry_id) == "DELETE 0":
        raise HTTPException(404, f"no entry {entry_id}")


@app.get("/watches")
async def list_watches(database: Database) -> list[Watch]:
    """Who keeps which watch."""
    rows = await database.fetch(f"{WATCHES} ORDER BY w.number")
    return [Watch.model_validate(dict(row)) for row in rows]


@app.put("/watches/{number}")
async def relieve(number: int, relief: Relief, database: Database) -> Watch:
    """Hand a watch to a keeper, which is noted in the book."""
    await require_keeper(database, relief.keeper)
    async with database.transaction():
        changed = await database.execute(
            "UPDATE watches SET keeper_id = $1, changed_at = now() WHERE number = $2",
            relief.keeper,
            number,
        )
        if changed == "UPDATE 0":
            raise HTTPException(404, f"no watch {number}")
        if BUG != "row":
            await write_entry(database, relief.keeper, Decimal(0), f"took over watch {number}")
        row = await database.fetchrow(f"{WATCHES} WHERE w.number = $1", number)
    return Watch.model_validate(dict(row))
