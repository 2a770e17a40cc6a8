"""Ways to pay: a hierarchy in joined tables, so a subclass column costs a load of its own (T27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_models.base import Base, Key, Published

if TYPE_CHECKING:
    from shared_models.models.customers import Customer
    from shared_models.models.wallets import Account


class PaymentMethod(Published, Base):
    """What every way to pay has in common."""

    __tablename__ = "payment_methods"
    audit_key: ClassVar = "public_id"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str]
    label: Mapped[str]

    customer: Mapped[Customer] = relationship(back_populates="payment_methods")

    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012 - the declarative API reads it so


class WalletPayment(PaymentMethod):
    """Pays from an account of the shop, at once."""

    __tablename__ = "wallet_payments"
    __mapper_args__ = {"polymorphic_identity": "wallet"}  # noqa: RUF012 - the declarative API reads it so

    id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)

    account: Mapped[Account] = relationship()


class CardPayment(PaymentMethod):
    """Pays by card; the shop keeps the last four digits only."""

    __tablename__ = "card_payments"
    __mapper_args__ = {"polymorphic_identity": "card"}  # noqa: RUF012 - the declarative API reads it so

    id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"), primary_key=True)
    brand: Mapped[str]
    last_four: Mapped[str] = mapped_column(CHAR(4))


class InvoicePayment(PaymentMethod):
    """Pays later, against an invoice."""

    __tablename__ = "invoice_payments"
    __mapper_args__ = {"polymorphic_identity": "invoice"}  # noqa: RUF012 - the declarative API reads it so

    id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"), primary_key=True)
    days: Mapped[int]
