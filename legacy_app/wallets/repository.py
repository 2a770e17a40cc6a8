"""Statements on accounts and transfers."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from shared_models.models import Account, Customer, Transfer


def list_accounts(session: Session, customer_id: int) -> list[Account]:
    """Return the accounts of a customer."""
    return session.query(Account).filter_by(customer_id=customer_id).order_by(Account.id).all()


def lock_accounts(session: Session, public_ids: Iterable[UUID]) -> list[Account]:
    """Return accounts, locked one after the other by id: the one order in which no two can wait for each other."""
    query = session.query(Account).filter(Account.public_id.in_(public_ids))
    return query.order_by(Account.id).with_for_update().all()


def find_shop_account(session: Session) -> UUID | None:
    """Return the public id of the account that the shop is paid into."""
    query = session.query(Account.public_id).join(Account.customer)
    found = query.filter(Customer.is_staff, Account.currency == "EUR").order_by(Customer.id).first()
    return found.public_id if found else None


def find(session: Session, public_id: UUID) -> Transfer | None:
    """Return a transfer."""
    return session.query(Transfer).filter_by(public_id=public_id).one_or_none()


def find_by_key(session: Session, key: str) -> Transfer | None:
    """Return the transfer that an idempotency key was used for."""
    return session.query(Transfer).filter_by(idempotency_key=key).one_or_none()
