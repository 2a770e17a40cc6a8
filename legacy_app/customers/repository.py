"""Statements on customers and their ways to pay."""

from uuid import UUID

from sqlalchemy import tuple_
from sqlalchemy.orm import Session

from shared_models.models import Account, Customer


def find(session: Session, public_id: UUID) -> Customer | None:
    """Return a customer."""
    return session.query(Customer).filter_by(public_id=public_id).one_or_none()


def search(session: Session, text: str, after: tuple[str, int] | None, limit: int) -> list[Customer]:
    """Return customers whose name or e-mail address contains `text`, by name, from behind the row `after`."""
    query = session.query(Customer).filter(
        Customer.name.icontains(text, autoescape=True) | Customer.email.icontains(text, autoescape=True)
    )
    if after is not None:
        query = query.filter(tuple_(Customer.name, Customer.id) > after)
    return query.order_by(Customer.name, Customer.id).limit(limit).all()


def find_account(session: Session, public_id: UUID) -> Account | None:
    """Return an account."""
    return session.query(Account).filter_by(public_id=public_id).one_or_none()
