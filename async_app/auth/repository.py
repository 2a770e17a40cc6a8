"""Statements on login tokens."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from shared_models.models import Customer, LoginToken


async def find_customer(session: AsyncSession, email: str) -> Customer | None:
    """Return the customer with this e-mail address."""
    return (await session.scalars(select(Customer).where(Customer.email == email))).one_or_none()


async def find_token(session: AsyncSession, token_hash: bytes) -> LoginToken | None:
    """Return the token that is stored under a hash, with its customer."""
    query = select(LoginToken).where(LoginToken.token_hash == token_hash).options(joinedload(LoginToken.customer))
    return (await session.scalars(query)).one_or_none()


async def delete_token(session: AsyncSession, token_hash: bytes) -> None:
    """Forget a token."""
    await session.execute(delete(LoginToken).where(LoginToken.token_hash == token_hash))
