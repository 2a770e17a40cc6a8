"""The mapped classes of the SQLAlchemy stacks."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, ForeignKey, Numeric, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the tables are gathered in."""


class Buoy(Base):
    """A buoy as it lies."""

    __tablename__ = "buoys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    depth_m: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    laid_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Sounding(Base):
    """A depth that was measured at a buoy."""

    __tablename__ = "soundings"

    id: Mapped[int] = mapped_column(primary_key=True)
    buoy_id: Mapped[int] = mapped_column(ForeignKey("buoys.id", ondelete="CASCADE"))
    depth_m: Mapped[Decimal] = mapped_column(Numeric(6, 2))
