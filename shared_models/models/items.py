"""What the shop sells, and the tree of categories it is found in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import REAL, CheckConstraint, Column, ForeignKey, LargeBinary, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_models.base import Base, Dated, Key

item_categories = Table(
    "item_categories",
    Base.metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("category_id", ForeignKey("categories.id"), primary_key=True, index=True),
)


class Category(Base):
    """A node of the category tree."""

    __tablename__ = "categories"

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]

    parent: Mapped[Category | None] = relationship(back_populates="children", remote_side="Category.id")
    children: Mapped[list[Category]] = relationship(back_populates="parent", order_by="Category.slug")
    items: Mapped[list[Item]] = relationship(secondary=item_categories, back_populates="categories")


class Item(Dated, Base):
    """Something for sale. `version` counts changes: a writer who read an older one is refused."""

    __tablename__ = "items"
    __table_args__ = (CheckConstraint("stock >= 0", name="stock_not_negative"),)
    audit_key: ClassVar = "sku"
    audit_secrets: ClassVar = frozenset({"thumbnail"})

    id: Mapped[Key]
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    weight: Mapped[float | None] = mapped_column(REAL)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    stock: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    deleted_at: Mapped[datetime | None]

    categories: Mapped[list[Category]] = relationship(
        secondary=item_categories, back_populates="items", order_by="Category.slug"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the declarative API reads it so
