"""Orders and receipts."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared_models.models import OrderStatus, ReceiptStatus
from shared_models.schemas.customers import CustomerSummary, PaymentMethodRead
from shared_models.schemas.values import Answer, Payload, Sku, UtcDateTime


class OrderLineCreate(Payload):
    """So many of one item."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1_000)]


class OrderCreate(Payload):
    """A new order; each item once."""

    lines: Annotated[list[OrderLineCreate], Field(min_length=1, max_length=100)]


class OrderPay(Payload):
    """The way to pay, one of the customer's own."""

    payment_method: UUID


class OrderItemRead(Answer):
    """An item as an order line shows it."""

    sku: str
    name: str


class OrderLineRead(Answer):
    """A line of an order."""

    item: OrderItemRead
    quantity: int
    unit_price: Decimal
    amount: Decimal


class OrderStatusChangeRead(Answer):
    """A step in the life of an order."""

    status: OrderStatus
    at: UtcDateTime


class OrderRead(Answer):
    """An order with all that belongs to it."""

    id: UUID = Field(validation_alias="public_id")
    status: OrderStatus
    total: Decimal
    customer: CustomerSummary
    payment_method: PaymentMethodRead | None
    lines: list[OrderLineRead]
    history: list[OrderStatusChangeRead]
    created_at: UtcDateTime
    updated_at: UtcDateTime


class OrderSummary(Answer):
    """An order as an entry in a list, with its customer and items."""

    id: UUID = Field(validation_alias="public_id")
    status: OrderStatus
    total: Decimal
    customer: CustomerSummary
    lines: list[OrderLineRead]
    created_at: UtcDateTime


class OrderPage(Answer):
    """One page; `next` is the cursor of the next one, null on the last."""

    orders: list[OrderSummary]
    next: str | None


class ReceiptRead(Answer):
    """The receipt, or where its making stands."""

    status: ReceiptStatus
    body: str | None
    failure: str | None
    updated_at: UtcDateTime


class OrderExportRow(Answer):
    """One line of the export."""

    id: UUID
    customer: str
    status: OrderStatus
    lines: int
    total: Decimal
    created_at: UtcDateTime
