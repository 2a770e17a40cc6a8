"""Statements on accounts and transfers."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from shared_models.models import Account, Customer, Transfer

_WITH_ACCOUNTS = (joinedload(Transfer.source), joinedload(Transfer.target))


async def list_accounts(session: AsyncSession, customer_id: int) -> list[Account]:
    """Return the accounts of a customer."""
    return list(await session.scalars(select(Account).filter_by(customer_id=customer_id).order_by(Account.id)))


async def lock_accounts(session: AsyncSession, public_ids: Iterable[UUID]) -> list[Account]:
    """Return accounts, locked one after the other by id: the one order in which no two can wait for each other."""
    query = select(Account).where(Account.public_id.in_(public_ids))
    return list(
        await session.scalars(query.order_by(Account.id).with_for_update().execution_options(populate_existing=True))
    )


async def find_shop_account(session: AsyncSession) -> UUID | None:
    """Return the public id of the account that the shop is paid into."""
    query = select(Account.public_id).join(Account.customer)
    found = (
        await session.execute(query.where(Customer.is_staff, Account.currency == "EUR").order_by(Customer.id).limit(1))
    ).first()
    return found.public_id if found else None


async def find(session: AsyncSession, public_id: UUID) -> Transfer | None:
    """Return a transfer with its accounts."""
    return (
        await session.scalars(select(Transfer).filter_by(public_id=public_id).options(*_WITH_ACCOUNTS))
    ).one_or_none()


async def find_by_key(session: AsyncSession, key: str) -> Transfer | None:
    """Return the transfer that an idempotency key was used for, with its accounts."""
    return (
        await session.scalars(select(Transfer).filter_by(idempotency_key=key).options(*_WITH_ACCOUNTS))
    ).one_or_none()
