"""Use cases of wallets."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from async_app import errors
from async_app.database import retried
from async_app.wallets import repository
from shared_models.errors import NotFoundError
from shared_models.models import Account, Customer, Transfer
from shared_models.rules import transfers
from shared_models.schemas.wallets import AccountRead, TransferCreate, TransferRead


async def list_accounts(session: AsyncSession, asking: Customer) -> list[AccountRead]:
    """Return the accounts of the customer who is asking."""
    return [AccountRead.model_validate(account) for account in await repository.list_accounts(session, asking.id)]


@retried
async def transfer(
    session: AsyncSession, asking: Customer, key: str, payload: TransferCreate
) -> tuple[TransferRead, bool]:
    """Move money, once for each key; the second value tells that an earlier request has moved it."""
    transfers.check_active(asking)
    transfers.check_key(key)
    source, target = await _locked(session, payload)
    source_id, target_id = source.id, target.id  # copied: a rollback expires the accounts (T24)
    earlier = await repository.find_by_key(session, key)
    if earlier is not None:
        return _replay(asking, earlier, source_id, target_id, payload.amount), True
    transfers.check_owner(source, asking.id)
    transfers.move(source, target, payload.amount)
    made = Transfer(idempotency_key=key, source=source, target=target, amount=payload.amount)
    made.source_balance = source.balance
    session.add(made)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if errors.constraint(error) != "uq_transfers_idempotency_key":
            raise
        earlier = await repository.find_by_key(session, key)
        if earlier is None:
            raise
        return _replay(asking, earlier, source_id, target_id, payload.amount), True
    return TransferRead.model_validate(made), False


async def read(session: AsyncSession, asking: Customer, public_id: UUID) -> TransferRead:
    """Return a transfer to the owner of either account, or to staff."""
    found = await repository.find(session, public_id)
    if found is None or not (asking.is_staff or asking.id in (found.source.customer_id, found.target.customer_id)):
        raise NotFoundError("There is no such transfer.")
    return TransferRead.model_validate(found)


async def _locked(session: AsyncSession, payload: TransferCreate) -> tuple[Account, Account]:
    locked = await repository.lock_accounts(session, (payload.source, payload.target))
    accounts = {one.public_id: one for one in locked}
    for public_id in (payload.source, payload.target):
        if public_id not in accounts:
            raise NotFoundError(f"There is no account {public_id}.")
    return accounts[payload.source], accounts[payload.target]


def _replay(asking: Customer, earlier: Transfer, source_id: int, target_id: int, amount: Decimal) -> TransferRead:
    transfers.check_replay(earlier, asking.id, source_id, target_id, amount)
    return TransferRead.model_validate(earlier)
