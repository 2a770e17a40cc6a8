"""Orders with their lines, their history and their receipt."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, Enum, ForeignKey, Index, Numeric, UniqueConstraint, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_models.base import Base, Dated, Key, Published

if TYPE_CHECKING:
    from shared_models.models.customers import Customer
    from shared_models.models.items import Item
    from shared_models.models.payments import PaymentMethod


class OrderStatus(StrEnum):
    """The life of an order; rules.ordering says which step may follow which."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class ReceiptStatus(StrEnum):
    """Where the background task stands."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


_ORDER_STATUS = Enum(OrderStatus, name="order_status", values_callable=lambda kinds: [kind.value for kind in kinds])


class Order(Published, Dated, Base):
    """What a customer wants to have."""

    __tablename__ = "orders"
    __table_args__ = (Index(None, "customer_id", "id"),)
    audit_key: ClassVar = "public_id"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    payment_method_id: Mapped[int | None] = mapped_column(ForeignKey("payment_methods.id"))
    status: Mapped[OrderStatus] = mapped_column(_ORDER_STATUS, default=OrderStatus.PENDING)

    customer: Mapped[Customer] = relationship(back_populates="orders")
    payment_method: Mapped[PaymentMethod | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", order_by="OrderLine.position", cascade="all, delete-orphan"
    )
    history: Mapped[list[OrderStatusChange]] = relationship(
        back_populates="order", order_by="OrderStatusChange.id", cascade="all, delete-orphan"
    )
    receipt: Mapped[Receipt | None] = relationship(back_populates="order")

    @hybrid_property
    def total(self) -> Decimal:
        """The sum of all lines; on an instance it needs the lines, in a query it is a subquery."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @total.inplace.expression
    @classmethod
    def _total_expression(cls) -> ColumnElement[Decimal]:
        amounts = func.coalesce(func.sum(OrderLine.quantity * OrderLine.unit_price), 0)
        return select(amounts.cast(Numeric(20, 2))).where(OrderLine.order_id == cls.id).scalar_subquery()


class OrderLine(Base):
    """So many of one item, at the price it had when it was ordered."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        UniqueConstraint("order_id", "position"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    order: Mapped[Order] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()

    @property
    def amount(self) -> Decimal:
        """What the line costs."""
        return self.quantity * self.unit_price


class OrderStatusChange(Base):
    """One step in the life of an order."""

    __tablename__ = "order_status_changes"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    status: Mapped[OrderStatus] = mapped_column(_ORDER_STATUS)
    at: Mapped[datetime] = mapped_column(server_default=func.now())

    order: Mapped[Order] = relationship(back_populates="history")


class Receipt(Dated, Base):
    """The receipt of a paid order, written by a background task after the answer has left."""

    __tablename__ = "receipts"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    status: Mapped[ReceiptStatus] = mapped_column(
        Enum(ReceiptStatus, name="receipt_status", values_callable=lambda kinds: [kind.value for kind in kinds]),
        default=ReceiptStatus.PENDING,
    )
    body: Mapped[str | None]
    failure: Mapped[str | None]

    order: Mapped[Order] = relationship(back_populates="receipt")
