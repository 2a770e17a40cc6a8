"""The tables of both apps."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA = """
    CREATE TABLE shelf (id serial PRIMARY KEY, name text UNIQUE NOT NULL);
    CREATE TABLE book (id serial PRIMARY KEY, shelf_id int NOT NULL REFERENCES shelf DEFERRABLE, title text NOT NULL);
    INSERT INTO shelf (name) VALUES ('low');
    INSERT INTO book (shelf_id, title) VALUES (1, 'one'), (1, 'two');
"""


class Base(DeclarativeBase):
    """Root of the mapping."""


class Shelf(Base):
    """Where books stand."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(order_by="Book.id")


class Book(Base):
    """What stands on a shelf."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    title: Mapped[str]
