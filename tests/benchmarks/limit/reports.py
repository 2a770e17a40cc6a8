"""The dashboard and the exports; PostgreSQL prints every line."""

import asyncio

from fastapi import APIRouter, Response

from async_app.reports.router import CSV, NDJSON, Effort, Export
from async_app.reports.service import BATCH, Lines
from shared_models.rules import documents
from tests.benchmarks.limit.answers import JSON, ascii_json, moment
from tests.benchmarks.limit.auth import TokenHash, check_staff
from tests.benchmarks.limit.database import Database, DatabaseDep

router = APIRouter(prefix="/reports")

_CUSTOMERS = "SELECT count(*)::text FROM customers"
_ORDERS = """
SELECT array_to_json(ARRAY(
    SELECT row_to_json(line) FROM (SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status) line
))::text"""
_REVENUE = """
SELECT to_json(coalesce(sum(quantity * unit_price), 0)::numeric(20, 2)::text)::text
  FROM order_lines JOIN orders ON orders.id = order_id WHERE status = 'paid'"""
_BEST_SELLERS = """
SELECT array_to_json(ARRAY(
    SELECT row_to_json(line) FROM (
        SELECT sku, name, sum(quantity) AS pieces FROM items JOIN order_lines ON items.id = item_id
         GROUP BY items.id ORDER BY pieces DESC, sku LIMIT 5
    ) line))::text"""

#: What quotes a field of the CSV in this Python: whether a carriage return does, depends on its version.
_SPECIAL = "".join(one for one in ',"\n\r' if documents.export_csv((one, "")).startswith('"'))


def _export(line: str) -> str:
    """Return the statement that gives one line an order, oldest first."""
    return f"""
    SELECT {line} FROM orders JOIN customers ON customers.id = customer_id
     CROSS JOIN LATERAL (
        SELECT count(*) AS lines, coalesce(sum(quantity * unit_price), 0)::numeric(20, 2) AS total
          FROM order_lines WHERE order_id = orders.id
     ) bought
     ORDER BY orders.id"""


_LINES_CSV = _export(f"""
    orders.public_id || ','
    || CASE WHEN translate(email, $1, '') = email THEN email ELSE '"' || replace(email, '"', '""') || '"' END
    || ',' || orders.status || ',' || lines || ',' || total || ',' || {moment("orders.created_at")} || E'\\n'""")
_LINES_NDJSON = _export(f"""
    '{{"id":"' || orders.public_id || '","customer":' || {ascii_json("email")} || ',"status":"' || orders.status
    || '","lines":' || lines || ',"total":"' || total || '","created_at":"' || {moment("orders.created_at")}
    || E'"}}\\n'""")


@router.get("/dashboard")
async def show_dashboard(database: DatabaseDep, token: TokenHash, effort: Effort = 0) -> Response:
    """Show four numbers at once."""
    await _check_staff(database, token)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_answer(database, query, effort))
                for query in (_CUSTOMERS, _ORDERS, _REVENUE, _BEST_SELLERS)
            ]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the first to fail; its siblings were cancelled
    customers, orders, revenue, best_sellers = (task.result() for task in tasks)
    body = f'{{"customers":{customers},"orders":{orders},"revenue":{revenue},"best_sellers":{best_sellers}}}'
    return Response(body, media_type=JSON)


@router.get("/orders.csv")
async def export_orders_csv(database: DatabaseDep, token: TokenHash) -> Export:
    """Export all orders as CSV."""
    await _check_staff(database, token)
    lines = await _started(_streamed(database, documents.export_header(), _LINES_CSV, _SPECIAL))
    return Export(lines, "orders.csv", CSV)


@router.get("/orders.ndjson")
async def export_orders_ndjson(database: DatabaseDep, token: TokenHash) -> Export:
    """Export all orders as newline-delimited JSON."""
    await _check_staff(database, token)
    return Export(await _started(_streamed(database, "", _LINES_NDJSON)), "orders.ndjson", NDJSON)


async def _check_staff(database: Database, token: bytes) -> None:
    async with database.connection() as connection:
        await check_staff(connection, token)


async def _answer(database: Database, query: str, effort: float) -> str:
    async with database.connection() as connection:
        if effort > 0:
            await connection.execute("SELECT pg_sleep($1)", effort)
        answer: str = await connection.fetchval(query)
        return answer


async def _streamed(database: Database, header: str, query: str, *arguments: object) -> Lines:
    """Yield nothing once the first rows are there, then the header, then so many orders at a time.

    A cursor, not COPY: statement_timeout is for a batch, however long the client takes to read them all.
    """
    async with database.connection() as connection, connection.transaction():
        cursor = await connection.cursor(query, *arguments)
        rows = await cursor.fetch(BATCH)
        yield ""
        if header:
            yield header
        while rows:
            yield "".join([line for (line,) in rows])
            rows = await cursor.fetch(BATCH) if len(rows) == BATCH else []


async def _started(lines: Lines) -> Lines:
    await anext(lines)
    return lines
