"""Statements on orders and receipts."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, joinedload, selectinload

from shared_models.models import Item, Order, OrderLine, OrderStatus, PaymentMethod, Receipt


def find(session: Session, public_id: UUID) -> Order | None:
    """Return an order with its lines and items."""
    query = session.query(Order).options(selectinload(Order.lines).joinedload(OrderLine.item))
    return query.filter_by(public_id=public_id).one_or_none()


def list_orders(
    session: Session, customer_id: int | None, status: OrderStatus | None, after: int | None, limit: int
) -> list[Order]:
    """Return orders with their lines, items and customers, newest first, from behind the order with the id `after`."""
    query = session.query(Order).options(
        joinedload(Order.customer), selectinload(Order.lines).joinedload(OrderLine.item)
    )
    if customer_id is not None:
        query = query.filter(Order.customer_id == customer_id)
    query = query.filter(text("(:status IS NULL OR orders.status = :status)"))
    query = query.filter(text("(:after IS NULL OR orders.id < :after)"))
    query = query.params(status=status and status.value, after=after)
    return query.order_by(Order.id.desc()).limit(limit).all()


def lock(session: Session, public_id: UUID) -> Order | None:
    """Return an order, locked."""
    return session.query(Order).filter_by(public_id=public_id).with_for_update().one_or_none()


def find_items(session: Session, skus: Iterable[str]) -> list[Item]:
    """Return the items on sale among these."""
    return session.query(Item).filter(Item.sku.in_(skus), Item.deleted_at.is_(None)).all()


def lock_items(session: Session, ids: Iterable[int]) -> list[Item]:
    """Return items, locked one after the other by id; an order line that only refers to one need not wait."""
    return session.query(Item).filter(Item.id.in_(ids)).order_by(Item.id).with_for_update(key_share=True).all()


def find_payment_method(session: Session, public_id: UUID) -> PaymentMethod | None:
    """Return a way to pay."""
    return session.query(PaymentMethod).filter_by(public_id=public_id).one_or_none()


def find_receipt(session: Session, order_id: UUID) -> Receipt | None:
    """Return the receipt of an order."""
    return session.query(Receipt).join(Receipt.order).filter(Order.public_id == order_id).one_or_none()
