"""The import: one statement inserts all rows, out of one JSON text, and another their audit trail.

`insertmanyvalues` compiles, binds and sends ten thousand rows twice; here they are printed once, by pydantic, and
PostgreSQL reads them. The trail has them in Python's words, which travel as they are, an array a column.
"""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from async_app import errors
from async_app.auth.router import CurrentStaff
from async_app.database import SessionDep, retried
from async_app.fast.routes import FastRoute
from async_app.items import repository
from shared_models.errors import DuplicateError
from shared_models.models.audit import request_id
from shared_models.rules import imports
from shared_models.schemas.items import ImportReport, ImportRow, ItemImport

router = APIRouter(route_class=FastRoute)

_ROWS = TypeAdapter(list[ImportRow])

# Two statements, as the plain route has them: who reads along, a log or a person, finds what is written where.
_INSERT = """
    INSERT INTO items (sku, name, price, weight, tags, stock, version)
    SELECT sku, name, price, weight, tags, stock, 1
    FROM ROWS FROM (
        json_to_recordset($1::text::json)
            AS (sku text, name text, price numeric, weight real, tags text[], stock integer)
    ) WITH ORDINALITY AS row (sku, name, price, weight, tags, stock, number)
    ORDER BY number
"""
_TRAIL = """
    INSERT INTO audit_entries (request_id, action, entity, entity_key, changes)
    SELECT $1, 'create', 'Item', sku, jsonb_build_object(
        'sku', jsonb_build_array(NULL, sku),
        'name', jsonb_build_array(NULL, name),
        'price', jsonb_build_array(NULL, price),
        'weight', jsonb_build_array(NULL, weight),
        'tags', jsonb_build_array(NULL, tags),
        'stock', jsonb_build_array(NULL, stock)
    )
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
        WITH ORDINALITY AS row (sku, name, price, weight, tags, stock, number)
    ORDER BY number
"""


@router.post("/items/import")
async def import_items(session: SessionDep, _staff: CurrentStaff, payload: ItemImport) -> ImportReport:
    """Put many items up for sale in one transaction; bad rows are left out and reported."""
    return await import_all(session, payload)


@retried
async def import_all(session: AsyncSession, payload: ItemImport) -> ImportReport:
    """Insert the rows that are good, all in one transaction, and say what is wrong with the others."""
    accepted, rejections = await run_in_threadpool(imports.check, payload.rows)  # seconds of CPU at worst (T54)
    taken = set(await repository.find_taken(session, [row.sku for row in accepted.values()])) if accepted else set()
    rows = list(accepted.values())
    if taken:
        _, rejections = imports.without_taken(accepted, rejections, taken)
        rows = [row for row in rows if row.sku not in taken]
    try:
        if rows:
            await _insert(session, rows)
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if errors.constraint(error) == "uq_items_sku":
            raise DuplicateError("One of these SKUs was taken in the meantime. Nothing was imported.") from error
        raise
    return ImportReport(imported=len(rows), rejected=len(payload.rows) - len(rows), errors=rejections)


async def _insert(session: AsyncSession, rows: Sequence[ImportRow]) -> None:
    """Insert items and their audit entries, past the unit of work."""
    connection = await session.connection()
    printed, words = await run_in_threadpool(_printed, rows)
    await connection.exec_driver_sql(_INSERT, (printed,))
    await connection.exec_driver_sql(_TRAIL, (request_id.get(), *words))


def _printed(rows: Sequence[ImportRow]) -> tuple[str, list[list[str | None]]]:
    """Return the rows as JSON, and what the trail says of them, column by column."""
    columns = [[_word(getattr(row, name)) for row in rows] for name in ImportRow.model_fields]
    return _ROWS.dump_json(list(rows)).decode(), columns


def _word(value: object) -> str | None:
    return None if value is None else str(value)
