"""Use cases of customers."""

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from legacy_app import errors
from legacy_app.customers import repository
from shared_models.errors import DuplicateError, ForbiddenError, NotFoundError
from shared_models.models import Account, CardPayment, Customer, InvoicePayment, PaymentMethod, WalletPayment
from shared_models.rules import cursors, passwords
from shared_models.schemas.customers import (
    CardPaymentCreate,
    CustomerCreate,
    CustomerPage,
    CustomerPatch,
    CustomerRead,
    CustomerSummary,
    InvoicePaymentCreate,
    PaymentMethodCreate,
    PaymentMethodRead,
    WalletPaymentCreate,
)

_PAYMENT_METHOD: TypeAdapter[PaymentMethodRead] = TypeAdapter(PaymentMethodRead)


def create(session: Session, payload: CustomerCreate) -> CustomerRead:
    """Make a customer with one account."""
    values = payload.model_dump(exclude={"password", "currency"})
    customer = Customer(**values, password_hash=passwords.hash_password(payload.password))
    customer.accounts.append(Account(currency=payload.currency))
    session.add(customer)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if errors.constraint(error) == "uq_customers_email":
            raise DuplicateError(f"There is a customer with the address {payload.email}.") from error
        raise
    return CustomerRead.model_validate(customer)


def read(session: Session, asking: Customer, public_id: UUID) -> CustomerRead:
    """Return a customer to that customer, or to staff."""
    return CustomerRead.model_validate(_visible(session, asking, public_id))


def change(session: Session, asking: Customer, public_id: UUID, payload: CustomerPatch) -> CustomerRead:
    """Change what the payload names; preferences are merged key by key."""
    customer = _visible(session, asking, public_id)
    values = payload.model_dump(exclude_unset=True, exclude_none=True)
    customer.preferences.update(values.pop("preferences", {}))
    for field, value in values.items():
        setattr(customer, field, value)
    session.commit()
    return CustomerRead.model_validate(customer)


def search(session: Session, text: str, cursor: str | None, limit: int) -> CustomerPage:
    """Return one page of customers, by name."""
    name, key = cursors.decode(cursor, str, int) if cursor else (None, None)
    after = None if cursor is None else (str(name), int(key or 0))
    customers = repository.search(session, text, after, limit + 1)
    page = customers[:limit]
    following = cursors.encode(page[-1].name, page[-1].id) if len(customers) > limit else None
    return CustomerPage(customers=[CustomerSummary.model_validate(one) for one in page], next=following)


def add_payment_method(
    session: Session, asking: Customer, public_id: UUID, payload: PaymentMethodCreate
) -> PaymentMethodRead:
    """Give a customer one more way to pay."""
    customer = _visible(session, asking, public_id)
    method: PaymentMethod
    match payload:
        case WalletPaymentCreate():
            account = repository.find_account(session, payload.account)
            if account is None or account.customer is not customer:
                raise NotFoundError("This customer has no such account.")
            method = WalletPayment(label=payload.label, account=account)
        case CardPaymentCreate():
            method = CardPayment(label=payload.label, brand=payload.brand, last_four=payload.last_four)
        case InvoicePaymentCreate():
            method = InvoicePayment(label=payload.label, days=payload.days)
    customer.payment_methods.append(method)
    session.commit()
    return _PAYMENT_METHOD.validate_python(method)


def list_payment_methods(session: Session, asking: Customer, public_id: UUID) -> list[PaymentMethodRead]:
    """Return all ways to pay of a customer."""
    customer = _visible(session, asking, public_id)
    return [_PAYMENT_METHOD.validate_python(method) for method in customer.payment_methods]


def _visible(session: Session, asking: Customer, public_id: UUID) -> Customer:
    customer = repository.find(session, public_id)
    if customer is None:
        raise NotFoundError("There is no such customer.")
    if asking.id != customer.id and not asking.is_staff:
        raise ForbiddenError("Only the customer and the staff may see this.")
    return customer
