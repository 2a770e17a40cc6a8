"""Accounts that hold money and transfers that move it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_models.base import Base, Key, Money, Published

if TYPE_CHECKING:
    from shared_models.models.customers import Customer


class Account(Published, Base):
    """A balance in one currency. PostgreSQL itself refuses a negative one."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        UniqueConstraint("customer_id", "currency"),
    )
    audit_key: ClassVar = "public_id"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    balance: Mapped[Money] = mapped_column(default=Decimal("0.00"))

    customer: Mapped[Customer] = relationship(back_populates="accounts")


class Transfer(Published, Base):
    """Money moved from one account to another, once for each idempotency key.

    `source_balance` keeps what the first answer said, so that a replay of the key can say it again.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("source_account_id <> target_account_id", name="accounts_differ"),
    )
    audit_key: ClassVar = "public_id"

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    source_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    target_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    amount: Mapped[Money]
    source_balance: Mapped[Money]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    source: Mapped[Account] = relationship(foreign_keys=[source_account_id])
    target: Mapped[Account] = relationship(foreign_keys=[target_account_id])
