"""The promise of a trace: it names, before anything is converted, every MissingGreenlet that the conversion then raises."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from compare.postgres.embedded import embedded_server
from compare.source import read
from compare.steps import drivers
from compare.steps.convert import converted, planned
from compare.steps.rewrite import rewritten
from compare.trace.run import traced
from tests.compare.programs import written

MODELS = """
from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="", deferred=True)
    changed: Mapped[str | None] = mapped_column(onupdate=func.to_char(func.now(), "YYYY"))
    books: Mapped[list["Book"]] = relationship(back_populates="author", cascade="all, delete-orphan")

class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}

class Audio(Book):
    __tablename__ = "audios"
    id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    voice: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "audio"}
"""
SHOP = """
import os
from sqlalchemy import create_engine, select
from sqlalchemy.orm import joinedload, selectinload, sessionmaker
from models import Audio, Author, Book

engine = create_engine(os.environ["DATABASE"])
make = sessionmaker(engine)

def lazy_collection():
    with make() as session:
        author = session.get(Author, 1)
        return len(author.books)

def lazy_parent_in_a_helper():
    with make() as session:
        return described(session.scalars(select(Book).order_by(Book.id)).first())

def described(book):
    return book.author.name

def collection_appended():
    with make() as session:
        author = session.get(Author, 1)
        author.books.append(Book(id=10))
        session.commit()

def expired_by_commit():
    with make() as session:
        author = session.get(Author, 1)
        session.commit()
        return author.name

def expired_by_rollback():
    with make() as session:
        author = session.get(Author, 1)
        session.rollback()
        return author.name

def made_on_update():
    with make() as session:
        author = session.get(Author, 1)
        author.name = "other"
        session.flush()
        return author.changed

def deferred_column():
    with make() as session:
        return session.get(Author, 1).note

def subclass_column():
    with make() as session:
        book = session.scalars(select(Book).where(Book.id == 2)).one()
        return book.voice

def eager():
    with make() as session:
        author = session.scalars(select(Author).options(selectinload(Author.books))).one()
        return [book.id for book in author.books]

def eager_parent():
    with make() as session:
        return session.scalars(select(Book).options(joinedload(Book.author)).order_by(Book.id)).first().author.name

def refreshed():
    with make() as session:
        author = session.get(Author, 1)
        session.commit()
        session.refresh(author)
        return author.name

def deleted_with_its_books():
    with make() as session:
        session.delete(session.get(Author, 1))
        session.flush()
        session.rollback()

def made_here():
    with make() as session:
        author = Author(id=9, name="new")
        author.books.append(Book(id=90))
        session.add(author)
        session.flush()
        return author.id
"""
NAMES = [
    line.split("(")[0].removeprefix("def ")
    for line in SHOP.splitlines()
    if line.startswith("def ") and "described" not in line
]
SYNC = f"""
import shop
for name in {NAMES!r}:
    getattr(shop, name)()
"""
# Runs each function of the converted program, and tells of each MissingGreenlet the innermost line of the program.
ASYNC = f"""
import asyncio, json, traceback
import shop

async def main():
    raised = []
    for name in {NAMES!r}:
        try:
            await getattr(shop, name)()
        except Exception as error:
            assert type(error).__name__ == "MissingGreenlet", repr(error)
            frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.endswith("shop.py")]
            raised.append([frames[-1].name, frames[-1].line])
    await shop.engine.dispose()
    print(json.dumps(raised))

asyncio.run(main())
"""


def fill(url: str, folder: Path) -> None:
    """Make the tables of the program, with one author and two books."""
    scope: dict[str, object] = {}
    exec(MODELS, scope)  # noqa: S102 - the models above
    engine = create_engine(url)
    with engine.begin() as connection:
        scope["Base"].metadata.drop_all(connection)  # type: ignore[attr-defined] # the base class above
        scope["Base"].metadata.create_all(connection)  # type: ignore[attr-defined] # the base class above
        connection.exec_driver_sql("INSERT INTO authors (id, name, note) VALUES (1, 'a', '')")
        connection.exec_driver_sql("INSERT INTO books (id, kind, author_id) VALUES (1, 'plain', 1), (2, 'audio', 1)")
        connection.exec_driver_sql("INSERT INTO audios (id, voice) VALUES (2, 'v')")
    engine.dispose()
    written(folder, {"models.py": MODELS, "shop.py": SHOP, "main.py": SYNC, "run.py": ASYNC})


def plain(line: str) -> str:
    """A line without what the conversion puts into it."""
    return line.replace("await ", "").replace("(", "").replace(")", "").strip()


def test_every_missing_greenlet_of_the_naive_conversion_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded_server() as address:
        url = f"://{address.user}:{address.password}@{address.host}:{address.port}/{address.database}"
        fill(f"postgresql+psycopg2{url}", tmp_path)
        monkeypatch.setenv("DATABASE", f"postgresql+psycopg2{url}")
        status, trace = traced([sys.executable, "main.py"], tmp_path)
        assert status == 0

        program = read(tmp_path)
        edits = converted(planned(program))
        drivers.named(program, edits, drivers.ASYNC, frozenset({"psycopg2"}))
        (tmp_path / "shop.py").write_text(rewritten(edits["shop"]), encoding="utf-8")
        fill(f"postgresql+psycopg2{url}", tmp_path / "again")
        environment = {**os.environ, "DATABASE": f"postgresql+asyncpg{url}"}
        ran = subprocess.run(
            [sys.executable, "run.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr

    lines = SHOP.lstrip("\n").splitlines()
    named = {(one.at.function, plain(lines[one.at.line - 1])) for one in trace.loads if one.at and not one.inside}
    raised = {(name, plain(line)) for name, line in json.loads(ran.stdout)}

    assert len(raised) == 8
    assert named == raised
