"""Statements on login tokens."""

from sqlalchemy.orm import Session

from shared_models.models import Customer, LoginToken


def find_customer(session: Session, email: str) -> Customer | None:
    """Return the customer with this e-mail address."""
    return session.query(Customer).filter(Customer.email == email).one_or_none()


def find_token(session: Session, token_hash: bytes) -> LoginToken | None:
    """Return the token that is stored under a hash."""
    return session.query(LoginToken).filter(LoginToken.token_hash == token_hash).one_or_none()


def delete_token(session: Session, token_hash: bytes) -> None:
    """Forget a token."""
    session.query(LoginToken).filter(LoginToken.token_hash == token_hash).delete()
