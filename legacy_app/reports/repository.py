"""Statements of reports, all of them read-only."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Numeric, func, select, text
from sqlalchemy.orm import Session

from shared_models.models import Customer, Item, Order, OrderLine, OrderStatus

REVENUE = func.sum(OrderLine.quantity * OrderLine.unit_price)


def limit_statements(session: Session, limit: timedelta) -> None:
    """Let no statement of this transaction run for longer."""
    milliseconds = round(limit.total_seconds() * 1000)
    session.execute(text("SET LOCAL statement_timeout = :milliseconds"), {"milliseconds": milliseconds})


def toil(session: Session, effort: float) -> None:
    """Keep the database busy for so many seconds, as a heavier query would."""
    if effort > 0:
        session.execute(text("SELECT pg_sleep(:effort)"), {"effort": effort})


def sales_by_day(session: Session) -> Sequence[tuple[Any, ...]]:
    """Return day (UTC), number and revenue of paid orders, newest first."""
    day = func.timezone("UTC", Order.created_at).cast(Date).label("day")
    orders = func.count(Order.id.distinct()).label("orders")
    query = session.query(day, orders, REVENUE.label("revenue")).join(Order.lines)
    return query.filter(Order.status == OrderStatus.PAID).group_by(day).order_by(day.desc()).all()


def count_customers(session: Session) -> int:
    """Return how many customers there are."""
    return session.query(Customer).count()


def count_orders(session: Session) -> Sequence[tuple[Any, ...]]:
    """Return how many orders there are of each status, in the order of an order's life."""
    query = session.query(Order.status, func.count(Order.id).label("orders"))
    return query.group_by(Order.status).order_by(Order.status).all()


def sum_revenue(session: Session) -> Decimal:
    """Return what paid orders have brought in."""
    query = session.query(func.coalesce(REVENUE, 0).cast(Numeric(20, 2))).join(OrderLine.order)
    return query.filter(Order.status == OrderStatus.PAID).one()[0]


def list_best_sellers(session: Session) -> Sequence[tuple[Any, ...]]:
    """Return SKU, name and pieces of the five items that were ordered most."""
    pieces = func.sum(OrderLine.quantity).label("pieces")
    query = session.query(Item.sku, Item.name, pieces).join(OrderLine.item).group_by(Item.id)
    return query.order_by(pieces.desc(), Item.sku).limit(5).all()


def stream_orders(session: Session, size: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Return all orders as rows of the export, oldest first, so many at a time from a server-side cursor."""
    lines = select(func.count(OrderLine.id)).where(OrderLine.order_id == Order.id).scalar_subquery()
    columns = (Order.public_id, Customer.email, Order.status, lines, Order.total, Order.created_at)
    query = select(*columns).join(Order.customer).order_by(Order.id)
    return session.execute(query.execution_options(yield_per=size)).partitions()


def list_items(session: Session) -> list[Item]:
    """Return all items that are not deleted, by SKU."""
    return session.query(Item).filter_by(deleted_at=None).order_by(Item.sku).all()
