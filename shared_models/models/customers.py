"""Customers and their login tokens."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Enum, ForeignKey, LargeBinary, func
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_models.base import Base, Dated, Key, Published

if TYPE_CHECKING:
    from shared_models.models.orders import Order
    from shared_models.models.payments import PaymentMethod
    from shared_models.models.wallets import Account


class CustomerStatus(StrEnum):
    """What a customer may do: a suspended one may look, a closed one may not even log in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Customer(Published, Dated, Base):
    """A person with a wallet. Staff is a customer who may also keep the shop."""

    __tablename__ = "customers"
    audit_key: ClassVar = "public_id"
    audit_secrets: ClassVar = frozenset({"password_hash"})

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    password_hash: Mapped[str]
    is_staff: Mapped[bool] = mapped_column(default=False)
    status: Mapped[CustomerStatus] = mapped_column(
        Enum(CustomerStatus, name="customer_status", values_callable=lambda kinds: [kind.value for kind in kinds]),
        default=CustomerStatus.ACTIVE,
    )
    preferences: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(JSONB), default=dict)
    birth_date: Mapped[date | None]
    delivery_from: Mapped[time | None]
    # Text on both drivers: asyncpg would hand out `ipaddress` objects (T48), see the engine's native_inet_types.
    last_login_ip: Mapped[str | None] = mapped_column(INET)
    last_login_at: Mapped[datetime | None]

    accounts: Mapped[list[Account]] = relationship(back_populates="customer", order_by="Account.id")
    tokens: Mapped[list[LoginToken]] = relationship(back_populates="customer", cascade="all, delete-orphan")
    payment_methods: Mapped[list[PaymentMethod]] = relationship(back_populates="customer", order_by="PaymentMethod.id")
    orders: Mapped[list[Order]] = relationship(back_populates="customer", order_by="Order.id")


class LoginToken(Base):
    """A bearer token, stored as the SHA-256 of what the client holds."""

    __tablename__ = "login_tokens"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lifetime: Mapped[timedelta]
    last_used_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(back_populates="tokens")

    @property
    def expires_at(self) -> datetime:
        """The moment from which on the token no longer opens anything."""
        return self.created_at + self.lifetime
