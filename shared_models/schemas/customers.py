"""Customers and their ways to pay."""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import EmailStr, Field, StrictBool, StrictInt, StringConstraints

from shared_models.models import CustomerStatus
from shared_models.schemas.values import Answer, Currency, Name, Payload, Text, UtcDateTime
from shared_models.schemas.wallets import AccountRead

PreferenceValue = StrictBool | Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)] | Text | None
Preferences = Annotated[dict[Name, PreferenceValue], Field(max_length=50)]


class CustomerCreate(Payload):
    """A new customer, who gets one account."""

    email: EmailStr
    name: Name
    password: Annotated[str, StringConstraints(min_length=8, max_length=200)]
    currency: Currency = "EUR"
    birth_date: date | None = None
    delivery_from: time | None = None
    preferences: Preferences = {}


class CustomerPatch(Payload):
    """What may be changed; a key that is left out or null stays as it is. Preferences are merged key by key."""

    name: Name | None = None
    birth_date: date | None = None
    delivery_from: time | None = None
    preferences: Preferences | None = None


class CustomerRead(Answer):
    """A customer, as the customer and the staff may see it."""

    id: UUID = Field(validation_alias="public_id")
    email: str
    name: str
    status: CustomerStatus
    preferences: dict[str, PreferenceValue]
    birth_date: date | None
    delivery_from: time | None
    last_login_ip: str | None
    last_login_at: UtcDateTime | None
    created_at: UtcDateTime
    updated_at: UtcDateTime
    accounts: list[AccountRead]


class CustomerSummary(Answer):
    """A customer as a line in a list."""

    id: UUID = Field(validation_alias="public_id")
    email: str
    name: str
    status: CustomerStatus


class CustomerPage(Answer):
    """One page; `next` is the cursor of the next one, null on the last."""

    customers: list[CustomerSummary]
    next: str | None


class WalletPaymentCreate(Payload):
    """Pay from an account of one's own."""

    kind: Literal["wallet"]
    label: Name
    account: UUID


class CardPaymentCreate(Payload):
    """Pay by card."""

    kind: Literal["card"]
    label: Name
    brand: Name
    last_four: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class InvoicePaymentCreate(Payload):
    """Pay within some days."""

    kind: Literal["invoice"]
    label: Name
    days: Annotated[int, Field(ge=1, le=90)]


PaymentMethodCreate = Annotated[
    WalletPaymentCreate | CardPaymentCreate | InvoicePaymentCreate, Field(discriminator="kind")
]


class WalletPaymentRead(Answer):
    """Pays from an account."""

    id: UUID = Field(validation_alias="public_id")
    kind: Literal["wallet"]
    label: str
    account: AccountRead


class CardPaymentRead(Answer):
    """Pays by card."""

    id: UUID = Field(validation_alias="public_id")
    kind: Literal["card"]
    label: str
    brand: str
    last_four: str


class InvoicePaymentRead(Answer):
    """Pays later."""

    id: UUID = Field(validation_alias="public_id")
    kind: Literal["invoice"]
    label: str
    days: int


PaymentMethodRead = Annotated[WalletPaymentRead | CardPaymentRead | InvoicePaymentRead, Field(discriminator="kind")]
