"""The harbour's mapped classes, for both apps."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKey, func
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, ENUM, INET, JSONB, REAL, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import Numeric, Text

Zoned = TIMESTAMP(timezone=True)


class Base(DeclarativeBase):
    """What the harbour's tables are registered with."""


class Ship(Base):
    """A ship that calls here."""

    __tablename__ = "ships"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(ENUM("ferry", "tanker", "tug", name="ship_kind", create_type=False))
    draught: Mapped[float] = mapped_column(REAL)
    tonnage: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    dues: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default=FetchedValue())
    radio: Mapped[Any] = mapped_column(INET, deferred=True)
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=FetchedValue())
    papers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    crest: Mapped[bytes | None] = mapped_column(BYTEA, deferred=True)
    story: Mapped[str] = mapped_column(Text, server_default=FetchedValue(), deferred=True)
    launched: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=False))
    changed_at: Mapped[datetime] = mapped_column(Zoned, server_default=FetchedValue(), onupdate=func.now())
    visits: Mapped[list[Visit]] = relationship(
        back_populates="ship", order_by="Visit.id", passive_deletes=True, cascade="all, delete-orphan"
    )

    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - SQLAlchemy's own attribute


class Visit(Base):
    """A ship's stay at a berth."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    ship_id: Mapped[int] = mapped_column(ForeignKey("ships.id"))
    berth: Mapped[int] = mapped_column(ForeignKey("berths.number"))
    fee: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    note: Mapped[str] = mapped_column(Text)
    arrived_at: Mapped[datetime] = mapped_column(Zoned, server_default=FetchedValue())
    left_at: Mapped[datetime | None] = mapped_column(Zoned)
    ship: Mapped[Ship] = relationship(back_populates="visits")


class Berth(Base):
    """A place at the quay."""

    __tablename__ = "berths"

    number: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[Decimal] = mapped_column(Numeric(6, 1))
    calls: Mapped[int] = mapped_column(default=0)
    depth: Mapped[Decimal] = mapped_column(Numeric(12, 8))


class Invoice(Base):
    """What a visit costs."""

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 2))


class Crew(Base):
    """Somebody on board."""

    __tablename__ = "crew"

    id: Mapped[int] = mapped_column(primary_key=True)
    ship_id: Mapped[int] = mapped_column(ForeignKey("ships.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "deckhand"}  # noqa: RUF012 - as above


class Master(Crew):
    """Somebody on board who may steer."""

    licence: Mapped[str | None] = mapped_column(Text)

    __mapper_args__ = {"polymorphic_identity": "master"}  # noqa: RUF012 - as above
