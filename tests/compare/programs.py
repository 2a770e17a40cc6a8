"""Small programs to be read: files by name, written into a folder."""

from pathlib import Path
from textwrap import dedent

from compare.source import Program, read

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
"""


def written(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of a program."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def program(folder: Path, **files: str) -> Program:
    """Read a program whose files are `a_b="…"` for `a/b.py`."""
    return read(written(folder, {f"{name.replace('__', '/')}.py": text for name, text in files.items()}))
