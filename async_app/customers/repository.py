"""Statements on customers and their ways to pay."""

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectin_polymorphic, selectinload

from shared_models.models import Account, CardPayment, Customer, InvoicePayment, PaymentMethod, WalletPayment


async def find(session: AsyncSession, public_id: UUID) -> Customer | None:
    """Return a customer."""
    return (
        await session.scalars(select(Customer).filter_by(public_id=public_id).options(selectinload(Customer.accounts)))
    ).one_or_none()


async def search(session: AsyncSession, text: str, after: tuple[str, int] | None, limit: int) -> list[Customer]:
    """Return customers whose name or e-mail address contains `text`, by name, from behind the row `after`."""
    query = select(Customer).where(
        Customer.name.icontains(text, autoescape=True) | Customer.email.icontains(text, autoescape=True)
    )
    if after is not None:
        query = query.where(tuple_(Customer.name, Customer.id) > after)
    return list(await session.scalars(query.order_by(Customer.name, Customer.id).limit(limit)))


async def list_payment_methods(session: AsyncSession, customer_id: int) -> list[PaymentMethod]:
    """Return all ways to pay of a customer, each with the columns of its own class."""
    query = (
        select(PaymentMethod)
        .where(PaymentMethod.customer_id == customer_id)
        .order_by(PaymentMethod.id)
        .options(
            selectin_polymorphic(PaymentMethod, [CardPayment, InvoicePayment, WalletPayment]),
            selectinload(WalletPayment.account),
        )
    )
    return list(await session.scalars(query))


async def find_account(session: AsyncSession, public_id: UUID) -> Account | None:
    """Return an account."""
    return (await session.scalars(select(Account).filter_by(public_id=public_id))).one_or_none()
