"""The batch import: the rules are the shop's own, the rows go in by COPY."""

import json
from typing import Any

import asyncpg
from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from shared_models.errors import DuplicateError
from shared_models.rules import imports
from shared_models.schemas.items import ImportReport, ItemImport
from tests.benchmarks.limit.answers import JSON
from tests.benchmarks.limit.auth import TokenHash, check_staff
from tests.benchmarks.limit.database import Connection, DatabaseDep, retried

router = APIRouter()

_TAKEN = "SELECT sku FROM items WHERE sku = ANY($1::text[])"
_ITEM = ("sku", "name", "price", "weight", "tags", "stock")
_ENTRY = ("request_id", "action", "entity", "entity_key", "changes")
_VERSION = 1

Record = tuple[Any, ...]


@router.post("/items/import")
async def import_items(database: DatabaseDep, token: TokenHash, payload: ItemImport) -> Response:
    """Put many items up for sale in one transaction; bad rows are left out and reported."""
    async with database.connection() as connection:
        await check_staff(connection, token)
    accepted, rejections = await run_in_threadpool(imports.check, payload.rows)  # seconds of CPU at worst

    async def run() -> ImportReport:
        async with database.connection() as connection:
            skus = [row.sku for row in accepted.values()]
            taken = [sku for (sku,) in await connection.fetch(_TAKEN, skus)] if skus else []
            rows, errors = imports.without_taken(accepted, rejections, taken)
            if rows:
                items, trail = await run_in_threadpool(_records, rows)
                await _copy(connection, items, trail)
        return ImportReport(imported=len(rows), rejected=len(payload.rows) - len(rows), errors=errors)

    report = await retried(run)
    return Response(report.model_dump_json(), media_type=JSON)


def _records(rows: list[imports.Row]) -> tuple[list[Record], list[Record]]:
    """Return what is copied into `items` and into `audit_entries`."""
    items = [(*(row[name] for name in _ITEM), _VERSION) for row in rows]
    trail: list[Record] = [
        (entry["request_id"], entry["action"], entry["entity"], entry["entity_key"], json.dumps(entry["changes"]))
        for entry in imports.trail(rows)
    ]
    return items, trail


async def _copy(connection: Connection, items: list[Record], trail: list[Record]) -> None:
    try:
        async with connection.transaction():
            await connection.copy_records_to_table("items", records=items, columns=(*_ITEM, "version"))
            await connection.copy_records_to_table("audit_entries", records=trail, columns=_ENTRY)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "uq_items_sku":
            raise DuplicateError("One of these SKUs was taken in the meantime. Nothing was imported.") from error
        raise
