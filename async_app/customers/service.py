"""Use cases of customers."""

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from async_app import errors
from async_app.customers import repository
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


async def create(session: AsyncSession, payload: CustomerCreate) -> CustomerRead:
    """Make a customer with one account."""
    values = payload.model_dump(exclude={"password", "currency"})
    password_hash = await run_in_threadpool(passwords.hash_password, payload.password)
    customer = Customer(**values, password_hash=password_hash)
    customer.accounts.append(Account(currency=payload.currency))
    session.add(customer)
    try:
        await session.flush()
    except IntegrityError as error:
        await session.rollback()
        if errors.constraint(error) == "uq_customers_email":
            raise DuplicateError(f"There is a customer with the address {payload.email}.") from error
        raise
    # As PostgreSQL keeps them: JSONB has an order of its own, and a time of day loses the zone that was sent with it.
    await session.refresh(customer, ["preferences", "delivery_from"])
    await session.commit()
    return CustomerRead.model_validate(customer)


async def read(session: AsyncSession, asking: Customer, public_id: UUID) -> CustomerRead:
    """Return a customer to that customer, or to staff."""
    return CustomerRead.model_validate(await _visible(session, asking, public_id))


async def change(session: AsyncSession, asking: Customer, public_id: UUID, payload: CustomerPatch) -> CustomerRead:
    """Change what the payload names; preferences are merged key by key."""
    customer = await _visible(session, asking, public_id)
    values = payload.model_dump(exclude_unset=True, exclude_none=True)
    customer.preferences.update(values.pop("preferences", {}))
    for field, value in values.items():
        setattr(customer, field, value)
    await session.flush()
    await session.refresh(customer, ["preferences", "delivery_from", "updated_at"])
    await session.commit()
    return CustomerRead.model_validate(customer)


async def search(session: AsyncSession, text: str, cursor: str | None, limit: int) -> CustomerPage:
    """Return one page of customers, by name."""
    name, key = cursors.decode(cursor, str, int) if cursor else (None, None)
    after = None if cursor is None else (str(name), int(key or 0))
    customers = await repository.search(session, text, after, limit + 1)
    page = customers[:limit]
    following = cursors.encode(page[-1].name, page[-1].id) if len(customers) > limit else None
    return CustomerPage(customers=[CustomerSummary.model_validate(one) for one in page], next=following)


async def add_payment_method(
    session: AsyncSession, asking: Customer, public_id: UUID, payload: PaymentMethodCreate
) -> PaymentMethodRead:
    """Give a customer one more way to pay."""
    customer = await _visible(session, asking, public_id)
    method: PaymentMethod
    match payload:
        case WalletPaymentCreate():
            account = await repository.find_account(session, payload.account)
            if account is None or account.customer_id != customer.id:
                raise NotFoundError("This customer has no such account.")
            method = WalletPayment(label=payload.label, account=account)
        case CardPaymentCreate():
            method = CardPayment(label=payload.label, brand=payload.brand, last_four=payload.last_four)
        case InvoicePaymentCreate():
            method = InvoicePayment(label=payload.label, days=payload.days)
    method.customer_id = customer.id
    session.add(method)
    await session.commit()
    return _PAYMENT_METHOD.validate_python(method)


async def list_payment_methods(session: AsyncSession, asking: Customer, public_id: UUID) -> list[PaymentMethodRead]:
    """Return all ways to pay of a customer."""
    customer = await _visible(session, asking, public_id)
    methods = await repository.list_payment_methods(session, customer.id)
    return [_PAYMENT_METHOD.validate_python(method) for method in methods]


async def _visible(session: AsyncSession, asking: Customer, public_id: UUID) -> Customer:
    customer = await repository.find(session, public_id)
    if customer is None:
        raise NotFoundError("There is no such customer.")
    if asking.id != customer.id and not asking.is_staff:
        raise ForbiddenError("Only the customer and the staff may see this.")
    return customer
