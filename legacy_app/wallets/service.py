"""Use cases of wallets."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from legacy_app import errors
from legacy_app.database import retried
from legacy_app.wallets import repository
from shared_models.errors import NotFoundError
from shared_models.models import Account, Customer, Transfer
from shared_models.rules import transfers
from shared_models.schemas.wallets import AccountRead, TransferCreate, TransferRead


def list_accounts(session: Session, asking: Customer) -> list[AccountRead]:
    """Return the accounts of the customer who is asking."""
    return [AccountRead.model_validate(account) for account in repository.list_accounts(session, asking.id)]


@retried
def transfer(session: Session, asking: Customer, key: str, payload: TransferCreate) -> tuple[TransferRead, bool]:
    """Move money, once for each key; the second value tells that an earlier request has moved it."""
    transfers.check_active(asking)
    transfers.check_key(key)
    source, target = _locked(session, payload)
    earlier = repository.find_by_key(session, key)
    if earlier is not None:
        return _replay(asking, earlier, source.id, target.id, payload.amount), True
    transfers.check_owner(source, asking.id)
    transfers.move(source, target, payload.amount)
    made = Transfer(idempotency_key=key, source=source, target=target, amount=payload.amount)
    made.source_balance = source.balance
    session.add(made)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if errors.constraint(error) != "uq_transfers_idempotency_key":
            raise
        earlier = repository.find_by_key(session, key)
        if earlier is None:
            raise
        return _replay(asking, earlier, source.id, target.id, payload.amount), True
    return TransferRead.model_validate(made), False


def read(session: Session, asking: Customer, public_id: UUID) -> TransferRead:
    """Return a transfer to the owner of either account, or to staff."""
    found = repository.find(session, public_id)
    if found is None or not (asking.is_staff or asking in (found.source.customer, found.target.customer)):
        raise NotFoundError("There is no such transfer.")
    return TransferRead.model_validate(found)


def _locked(session: Session, payload: TransferCreate) -> tuple[Account, Account]:
    locked = repository.lock_accounts(session, (payload.source, payload.target))
    accounts = {one.public_id: one for one in locked}
    for public_id in (payload.source, payload.target):
        if public_id not in accounts:
            raise NotFoundError(f"There is no account {public_id}.")
    return accounts[payload.source], accounts[payload.target]


def _replay(asking: Customer, earlier: Transfer, source_id: int, target_id: int, amount: Decimal) -> TransferRead:
    transfers.check_replay(earlier, asking.id, source_id, target_id, amount)
    return TransferRead.model_validate(earlier)
