"""SQLAlchemy sync on psycopg2, in threads."""

import logging
import os
import threading
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, raiseload

from tests.compare.probed.shelf import Book, Shelf

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, echo=False, hide_parameters=False)
kept: list[Session] = []
pool = ThreadPoolExecutor(1)
BEHIND = 0.05  # seconds by which work comes after the answer


def session() -> Iterator[Session]:
    """A session that commits when the answer is out."""
    with Session(engine) as session:
        yield session
        session.commit()


Db = Annotated[Session, Depends(session)]


@app.get("/read/{name}")
def read(name: str, db: Db) -> dict[str, int]:
    """A lookup with a value."""
    return {"found": len(db.scalars(select(Shelf).where(Shelf.name == name)).all())}


@app.post("/late/{name}")
def late(name: str, db: Db) -> dict[str, str]:
    """A write that is committed after the answer."""
    db.add(Shelf(name=name))
    return {"name": name}


@app.post("/many")
def many() -> None:
    """One execution with three sets of values."""
    with engine.begin() as connection:
        sets = [{"name": f"many-{number}"} for number in range(3)]
        connection.execute(text("INSERT INTO shelf (name) VALUES (:name)"), sets)


@app.post("/nested")
def nested() -> None:
    """A savepoint that is released and one that is rolled back."""
    with engine.begin() as connection:
        with connection.begin_nested():
            connection.execute(text("INSERT INTO shelf (name) VALUES ('nested')"))
        inner = connection.begin_nested()
        inner.rollback()


@app.post("/taken")
def taken() -> None:
    """A unique name that is taken."""
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO shelf (name) VALUES ('low')"))


@app.post("/deferred")
def deferred() -> None:
    """A constraint that fails at the commit."""
    with engine.begin() as connection:
        connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        connection.execute(text("INSERT INTO book (shelf_id, title) VALUES (99, 'lost')"))


@app.get("/isolated")
def isolated() -> None:
    """Two isolation levels."""
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        connection.execute(text("SELECT 1"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT 2"))


@app.get("/lazy")
def lazy(db: Db) -> list[str]:
    """A relationship that is loaded when it is touched, and a column that expired."""
    shelf = db.scalars(select(Shelf)).first()
    assert shelf
    titles = [book.title for book in shelf.books]
    db.refresh(shelf)
    db.expire(shelf)
    return [*titles, shelf.name]


@app.get("/refused")
def refused(db: Db) -> None:
    """A relationship that must not be loaded."""
    shelf = db.scalars(select(Shelf).options(raiseload(Shelf.books))).first()
    assert shelf
    _ = shelf.books


@app.get("/on-loop")
async def on_loop() -> None:
    """A driver that blocks, on the event loop."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@app.get("/leaked")
def leaked() -> None:
    """A session that is never closed."""
    db = Session(engine)
    db.scalars(select(Book)).all()
    kept.append(db)


@app.get("/held")
def held() -> None:
    """A connection without a transaction that is never closed."""
    kept.append(engine.connect())  # type: ignore[arg-type]


@app.get("/background")
def background(tasks: BackgroundTasks) -> None:
    """Work after the answer, in a thread."""

    def work() -> None:
        with Session(engine) as db:
            db.scalars(select(Book)).all()

    tasks.add_task(work)


@app.get("/threads")
def threads() -> None:
    """Work in a thread of its own and in an executor, that outlives the answer."""

    def work(title: str) -> None:
        time.sleep(BEHIND)
        with Session(engine) as db:
            db.scalars(select(Book).where(Book.title == title)).all()

    threading.Thread(target=work, args=("thread",), name="own").start()
    pool.submit(work, "pool")


@app.get("/stream")
async def stream() -> StreamingResponse:
    """Three parts."""

    async def parts() -> AsyncIterator[str]:
        for part in "abc":
            yield part

    return StreamingResponse(parts())


@app.get("/logs")
def logs() -> None:
    """A record that counts, one that does not, and a warning."""
    logging.getLogger("shelf").warning("low on %s", "shelves")
    logging.getLogger("shelf").info("nothing")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
