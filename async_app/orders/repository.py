"""Statements on orders and receipts."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectin_polymorphic, selectinload

from shared_models.models import (
    CardPayment,
    InvoicePayment,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    PaymentMethod,
    Receipt,
    WalletPayment,
)


async def find(session: AsyncSession, public_id: UUID) -> Order | None:
    """Return an order with all that belongs to it, as the database has it now."""
    query = select(Order).options(selectinload(Order.lines).joinedload(OrderLine.item))
    query = query.filter_by(public_id=public_id).options(
        joinedload(Order.customer),
        selectinload(Order.history),
        selectinload(Order.payment_method).options(
            selectin_polymorphic(PaymentMethod, [CardPayment, InvoicePayment, WalletPayment]),
            joinedload(WalletPayment.account),
        ),
    )
    # Use cases read again what they have changed: nothing has expired it (T06).
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def list_orders(
    session: AsyncSession, customer_id: int | None, status: OrderStatus | None, after: int | None, limit: int
) -> list[Order]:
    """Return orders with their lines, items and customers, newest first, from behind the order with the id `after`."""
    query = select(Order).options(joinedload(Order.customer), selectinload(Order.lines).joinedload(OrderLine.item))
    if customer_id is not None:
        query = query.where(Order.customer_id == customer_id)
    if status is not None:  # a bind that may be NULL has no type that asyncpg could know (T19)
        query = query.where(Order.status == status)
    if after is not None:
        query = query.where(Order.id < after)
    return list(await session.scalars(query.order_by(Order.id.desc()).limit(limit)))


async def lock(session: AsyncSession, public_id: UUID) -> Order | None:
    """Return an order, locked."""
    return (
        await session.scalars(
            select(Order)
            .filter_by(public_id=public_id)
            .with_for_update()
            .execution_options(populate_existing=True)
            .options(selectinload(Order.lines))
        )
    ).one_or_none()


async def find_items(session: AsyncSession, skus: Iterable[str]) -> list[Item]:
    """Return the items on sale among these."""
    return list(await session.scalars(select(Item).where(Item.sku.in_(skus), Item.deleted_at.is_(None))))


async def lock_items(session: AsyncSession, ids: Iterable[int]) -> list[Item]:
    """Return items, locked one after the other by id; an order line that only refers to one need not wait."""
    return list(
        await session.scalars(
            select(Item)
            .where(Item.id.in_(ids))
            .order_by(Item.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


async def find_payment_method(session: AsyncSession, public_id: UUID) -> PaymentMethod | None:
    """Return a way to pay."""
    return (
        await session.scalars(
            select(PaymentMethod)
            .filter_by(public_id=public_id)
            .options(selectin_polymorphic(PaymentMethod, [WalletPayment]), joinedload(WalletPayment.account))
        )
    ).one_or_none()


async def find_receipt(session: AsyncSession, order_id: UUID) -> Receipt | None:
    """Return the receipt of an order."""
    return (
        await session.scalars(
            select(Receipt).join(Receipt.order).where(Order.public_id == order_id).options(joinedload(Receipt.order))
        )
    ).one_or_none()
