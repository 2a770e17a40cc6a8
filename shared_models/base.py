"""The declarative base: naming convention, column types by annotation, and the columns that many tables share."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, DateTime, Identity, Interval, MetaData, Numeric, Text, Time, Uuid, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Named constraints are what errors are recognised by, on both drivers (T22), and what migrations can drop.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
Money = Annotated[Decimal, mapped_column(Numeric(14, 2))]


class Base(DeclarativeBase):
    """Every mapped class. Time columns are `timestamptz` without exception (T16 to T18)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {
        str: Text(),
        datetime: DateTime(timezone=True),
        date: Date(),
        time: Time(),
        timedelta: Interval(),
        UUID: Uuid(),
    }


class Published:
    """A row that clients name by a random id, so that the counting primary key stays inside."""

    public_id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)


class Dated:
    """When the row was made and last changed, by the database's clock.

    `updated_at` is computed inside UPDATE, so after a flush the object does not know it: a sync session reads it back
    without a word, an async one has to ask (T25).
    """

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
