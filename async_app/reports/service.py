"""Use cases of reports."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from anyio import CancelScope
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.concurrency import run_in_threadpool

from async_app.reports import repository
from shared_models.rules import documents
from shared_models.schemas.reports import BestSeller, Dashboard, SalesDay, SalesReport, StatusCount

T = TypeVar("T")
Sessions = async_sessionmaker[AsyncSession]
Lines = AsyncGenerator[str, None]

#: Orders read from the cursor, and sent to the client, at a time.
BATCH = 500


async def sales(session: AsyncSession, effort: float, limit: timedelta) -> SalesReport:
    """Return sales by day, unless the database needs longer than the limit."""
    await repository.limit_statements(session, limit)
    await repository.toil(session, effort)
    days = await repository.sales_by_day(session)
    return SalesReport(days=[SalesDay.model_validate(day) for day in days])


async def dashboard(sessions: Sessions, effort: float) -> Dashboard:
    """Return the answers of four queries that have nothing to do with one another."""
    try:
        async with asyncio.TaskGroup() as group:  # a session each: one for all would break under them (T23)
            customers = group.create_task(_answer(sessions, repository.count_customers, effort))
            orders = group.create_task(_answer(sessions, repository.count_orders, effort))
            revenue = group.create_task(_answer(sessions, repository.sum_revenue, effort))
            best_sellers = group.create_task(_answer(sessions, repository.list_best_sellers, effort))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the first to fail; its siblings were cancelled
    return Dashboard(
        customers=customers.result(),
        orders=[StatusCount.model_validate(count) for count in orders.result()],
        revenue=revenue.result(),
        best_sellers=[BestSeller.model_validate(item) for item in best_sellers.result()],
    )


async def export_csv(sessions: Sessions) -> Lines:
    """Return all orders as CSV, piece by piece. The query runs already: what fails at once, fails here."""
    return await _started(_export(sessions, documents.export_csv, documents.export_header()))


async def export_ndjson(sessions: Sessions) -> Lines:
    """Return all orders as newline-delimited JSON, piece by piece. The query runs already, as in `export_csv`."""
    return await _started(_export(sessions, documents.export_ndjson))


async def price_list(session: AsyncSession) -> str:
    """Return the price list as HTML."""
    items = await repository.list_items(session)
    await session.close()  # rendering takes long and needs no connection
    return await run_in_threadpool(documents.price_list, items)  # CPU: sync it was and sync it stays (T54)


@asynccontextmanager
async def _opened(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Give a session, closed also when the task is cancelled (T29)."""
    session = sessions()
    try:
        yield session
    finally:
        with CancelScope(shield=True):
            await session.close()


async def _answer(sessions: Sessions, query: Callable[[AsyncSession], Awaitable[T]], effort: float) -> T:
    async with _opened(sessions) as session:
        await repository.toil(session, effort)
        return await query(session)


async def _export(sessions: Sessions, line: Callable[[Sequence[object]], str], header: str = "") -> Lines:
    """Yield nothing once the cursor is open, then the header, then orders."""
    async with _opened(sessions) as session:
        batches = await repository.stream_orders(session, BATCH)
        yield ""
        if header:
            yield header
        async for rows in batches:
            yield "".join(line(row) for row in rows)


async def _started(lines: Lines) -> Lines:
    await anext(lines)
    return lines
