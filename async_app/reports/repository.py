"""Statements of reports, all of them read-only."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Numeric, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.models import Customer, Item, Order, OrderLine, OrderStatus

REVENUE = func.sum(OrderLine.quantity * OrderLine.unit_price)


async def limit_statements(session: AsyncSession, limit: timedelta) -> None:
    """Let no statement of this transaction run for longer."""
    milliseconds = round(limit.total_seconds() * 1000)
    # SET takes no parameters and `set_config` takes text: asyncpg writes neither into the statement (T14).
    await session.execute(select(func.set_config("statement_timeout", str(milliseconds), True)))  # noqa: FBT003 - SQL


async def toil(session: AsyncSession, effort: float) -> None:
    """Keep the database busy for so many seconds, as a heavier query would."""
    if effort > 0:
        await session.execute(select(func.pg_sleep(effort)))


async def sales_by_day(session: AsyncSession) -> Sequence[tuple[Any, ...]]:
    """Return day (UTC), number and revenue of paid orders, newest first."""
    day = func.timezone("UTC", Order.created_at).cast(Date).label("day")
    orders = func.count(Order.id.distinct()).label("orders")
    query = select(day, orders, REVENUE.label("revenue")).join(Order.lines)
    return (
        await session.execute(query.where(Order.status == OrderStatus.PAID).group_by(day).order_by(day.desc()))
    ).all()


async def count_customers(session: AsyncSession) -> int:
    """Return how many customers there are."""
    return (await session.scalars(select(func.count()).select_from(select(Customer).subquery()))).one()


async def count_orders(session: AsyncSession) -> Sequence[tuple[Any, ...]]:
    """Return how many orders there are of each status, in the order of an order's life."""
    query = select(Order.status, func.count(Order.id).label("orders"))
    return (await session.execute(query.group_by(Order.status).order_by(Order.status))).all()


async def sum_revenue(session: AsyncSession) -> Decimal:
    """Return what paid orders have brought in."""
    query = select(func.coalesce(REVENUE, 0).cast(Numeric(20, 2))).join(OrderLine.order)
    return (await session.execute(query.where(Order.status == OrderStatus.PAID))).one()[0]


async def list_best_sellers(session: AsyncSession) -> Sequence[tuple[Any, ...]]:
    """Return SKU, name and pieces of the five items that were ordered most."""
    pieces = func.sum(OrderLine.quantity).label("pieces")
    query = select(Item.sku, Item.name, pieces).join(OrderLine.item).group_by(Item.id)
    return (await session.execute(query.order_by(pieces.desc(), Item.sku).limit(5))).all()


async def stream_orders(session: AsyncSession, size: int) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """Return all orders as rows of the export, oldest first, so many at a time from a server-side cursor."""
    lines = select(func.count(OrderLine.id)).where(OrderLine.order_id == Order.id).scalar_subquery()
    columns = (Order.public_id, Customer.email, Order.status, lines, Order.total, Order.created_at)
    query = select(*columns).join(Order.customer).order_by(Order.id)
    return (await session.stream(query.execution_options(yield_per=size))).partitions()


async def list_items(session: AsyncSession) -> list[Item]:
    """Return all items that are not deleted, by SKU."""
    return list(await session.scalars(select(Item).filter_by(deleted_at=None).order_by(Item.sku)))
