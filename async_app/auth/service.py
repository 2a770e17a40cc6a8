"""Use cases of logging in and out."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from async_app.auth import repository
from shared_models.errors import UnauthorizedError
from shared_models.models import Customer, CustomerStatus, LoginToken
from shared_models.rules import passwords
from shared_models.schemas.auth import Login, LoginRead

#: A token's last use is written down at most this often, so that reading does not become writing.
USE_RESOLUTION = timedelta(minutes=10)


async def log_in(session: AsyncSession, login: Login, lifetime: timedelta, ip: str | None) -> LoginRead:
    """Hand out a token for an e-mail address and its password."""
    customer = await repository.find_customer(session, login.email)
    if customer is None or customer.status is CustomerStatus.CLOSED:
        raise UnauthorizedError("E-mail address and password do not fit.")
    if not await run_in_threadpool(passwords.verify_password, login.password, customer.password_hash):
        raise UnauthorizedError("E-mail address and password do not fit.")
    bearer = passwords.new_token()
    token = LoginToken(customer=customer, token_hash=passwords.hash_token(bearer), lifetime=lifetime)
    session.add(token)
    customer.last_login_at = datetime.now(UTC)
    customer.last_login_ip = ip
    await session.commit()
    return LoginRead(token=bearer, expires_at=token.expires_at, customer=token.customer.public_id)


async def log_out(session: AsyncSession, bearer: str) -> None:
    """Make a token worthless."""
    await repository.delete_token(session, passwords.hash_token(bearer))
    await session.commit()


async def authenticate(session: AsyncSession, bearer: str) -> Customer:
    """Return the customer behind a token, and end the transaction: a use case begins its own."""
    token = await repository.find_token(session, passwords.hash_token(bearer))
    now = datetime.now(UTC)
    if token is None or token.expires_at <= now or token.customer.status is CustomerStatus.CLOSED:
        raise UnauthorizedError("This token opens nothing. Log in again.")
    if token.last_used_at is None or now - token.last_used_at > USE_RESOLUTION:
        token.last_used_at = now
    customer = token.customer
    await session.commit()
    session.expunge(customer)  # the rollback of a use case must not expire it (T24)
    return customer
