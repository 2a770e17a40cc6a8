"""The export, whose lines come finished from the cursor, and the dashboard, whose queries need no sessions."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import Response

from async_app.database import Database
from async_app.fast.autocommit import DatabaseDep, connected, fetch
from async_app.fast.callers import StaffDep
from async_app.fast.json_text import JSON, array, decimal, moment, record
from async_app.fast.routes import FastRoute
from async_app.reports.router import CSV, NDJSON, Effort, Export
from shared_models.rules import documents

router = APIRouter(prefix="/reports", route_class=FastRoute)

Lines = AsyncGenerator[str, None]

#: Orders read from the cursor, and sent to the client, at a time.
BATCH = 500

_LINES = "(SELECT count(*) FROM order_lines AS line WHERE line.order_id = orders.id)"
_TOTAL = """(
    SELECT coalesce(sum(line.quantity * line.unit_price), 0)::numeric(20, 2)
    FROM order_lines AS line WHERE line.order_id = orders.id
)"""
_FIELDS = {
    "id": "orders.public_id",
    "customer": "customer.email",
    "status": "orders.status",
    "lines": _LINES,
    "total": decimal(_TOTAL),
    "created_at": moment("orders.created_at"),
}
# Versions of Python differ in what they put a CSV field into quotes for: this one is asked.
_SPECIAL = {",": ",", '"': '"', "\r": r"\r", "\n": r"\n"}
_QUOTED_FOR = "".join(escape for sign, escape in _SPECIAL.items() if documents.export_csv([sign]).startswith('"'))
_CSV_FIELDS = _FIELDS | {
    "customer": f"""CASE WHEN customer.email ~ '[{_QUOTED_FOR}]'
        THEN '"' || replace(customer.email, '"', '""') || '"' ELSE customer.email END"""
}
_AS_CSV = " || ',' || ".join(f"({field})" for field in _CSV_FIELDS.values())
_UNUSUAL = re.compile(r"[^\x00-\x7e]+")
_AS_JSON = f"{record(**_FIELDS)}::text"

_PAID = "FROM order_lines AS line JOIN orders ON orders.id = line.order_id WHERE orders.status = 'paid'"
_BEST_SELLERS = """
    FROM (
        SELECT item.sku, item.name, sum(line.quantity) AS pieces
        FROM order_lines AS line JOIN items AS item ON item.id = line.item_id
        GROUP BY item.id ORDER BY pieces DESC, item.sku LIMIT 5
    ) AS best ORDER BY best.pieces DESC, best.sku
"""
_DASHBOARD = {
    "customers": "SELECT count(*)::text FROM customers",
    "orders": "SELECT "
    + array(
        record(status="counted.status", orders="counted.orders"),
        "FROM (SELECT status, count(id) AS orders FROM orders GROUP BY status) AS counted ORDER BY counted.status",
    )
    + "::text",
    "revenue": f"SELECT to_json(coalesce(sum(line.quantity * line.unit_price), 0)::numeric(20, 2)::text)::text {_PAID}",
    "best_sellers": "SELECT "
    + array(record(sku="best.sku", name="best.name", pieces="best.pieces"), _BEST_SELLERS)
    + "::text",
}


@router.get("/dashboard")
async def show_dashboard(_staff: StaffDep, database: DatabaseDep, effort: Effort = 0) -> Response:
    """Show four numbers at once."""
    try:
        async with asyncio.TaskGroup() as group:  # a connection each: they run at the same time (T23)
            tasks = {name: group.create_task(_answer(database, query, effort)) for name, query in _DASHBOARD.items()}
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the first to fail; its siblings were cancelled
    members = [f'"{name}":{task.result()}' for name, task in tasks.items()]
    return Response(f"{{{','.join(members)}}}", media_type=JSON)


@router.get("/orders.csv")
async def export_orders_csv(_staff: StaffDep, database: DatabaseDep) -> Export:
    """Export all orders as CSV."""
    lines = _export(database, _AS_CSV, header=documents.export_header())
    return Export(await _started(lines), "orders.csv", CSV)


@router.get("/orders.ndjson")
async def export_orders_ndjson(_staff: StaffDep, database: DatabaseDep) -> Export:
    """Export all orders as newline-delimited JSON."""
    return Export(await _started(_export(database, _AS_JSON, finish=_ascii)), "orders.ndjson", NDJSON)


async def _answer(database: Database, query: str, effort: float) -> str:
    async with connected(database) as connection:
        if effort > 0:
            await fetch(connection, "SELECT pg_sleep($1)", effort)
        answer: str = (await fetch(connection, query))[0][0]
        return answer


async def _export(database: Database, line: str, *, header: str = "", finish: Callable[[str], str] = str) -> Lines:
    """Yield nothing once the cursor is open, then the header, then orders."""
    query = text(
        f"SELECT {line} FROM orders JOIN customers AS customer ON customer.id = orders.customer_id ORDER BY orders.id"
    )
    async with connected(database, autocommit=False) as connection:
        batches = (await connection.stream(query, execution_options={"yield_per": BATCH})).scalars()
        yield ""
        if header:
            yield header
        async for lines in batches.partitions(BATCH):  # without the number it would be all of them
            yield finish("\n".join(lines) + "\n")


def _ascii(lines: str) -> str:
    """Return JSON as the `json` module prints it, which escapes what PostgreSQL prints as it is."""
    if lines.isascii() and "\x7f" not in lines:
        return lines
    return _UNUSUAL.sub(lambda found: json.dumps(found[0])[1:-1], lines)


async def _started(lines: Lines) -> Lines:
    await anext(lines)
    return lines
