"""SQLAlchemy async on asyncpg."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from tests.compare.probed.shelf import Book, Shelf

app = FastAPI()
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=5)
kept: list[Any] = []
released = asyncio.Event()
BEHIND = 0.05  # seconds by which work comes after the answer


async def session() -> AsyncIterator[AsyncSession]:
    """A session that commits when the answer is out."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
        await session.commit()


Db = Annotated[AsyncSession, Depends(session)]


async def look(title: str) -> None:
    """One statement, in a session of its own, after the answer if nobody waits for it."""
    await asyncio.sleep(BEHIND)
    async with AsyncSession(engine) as db:
        (await db.scalars(select(Book).where(Book.title == title))).all()


@app.get("/read/{name}")
async def read(name: str, db: Db) -> dict[str, int]:
    """A lookup with a value."""
    return {"found": len((await db.scalars(select(Shelf).where(Shelf.name == name))).all())}


@app.post("/late/{name}")
async def late(name: str, db: Db) -> dict[str, str]:
    """A write that is committed after the answer."""
    db.add(Shelf(name=name))
    return {"name": name}


@app.post("/taken")
async def taken() -> None:
    """A unique name that is taken."""
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO shelf (name) VALUES ('low')"))


@app.get("/lazy")
async def lazy(db: Db) -> list[str]:
    """A relationship that cannot be loaded when it is touched."""
    shelf = (await db.scalars(select(Shelf))).first()
    assert shelf
    return [book.title for book in shelf.books]


@app.get("/background")
async def background(tasks: BackgroundTasks) -> None:
    """Work after the answer."""
    tasks.add_task(look, "background")


@app.get("/broken-background")
async def broken_background(tasks: BackgroundTasks) -> None:
    """Work after the answer that fails."""

    async def work() -> None:
        raise LookupError("late")

    tasks.add_task(work)


@app.get("/task")
async def task() -> None:
    """Work that nobody waits for."""
    kept.append(asyncio.create_task(look("task")))


@app.get("/broken-task")
async def broken_task() -> None:
    """Work that nobody waits for, and that fails."""

    async def work() -> None:
        await asyncio.sleep(BEHIND)
        raise LookupError("nobody")

    asyncio.create_task(work())  # type: ignore[unused-awaitable]  # noqa: RUF006 - that it is dropped is the point


@app.get("/broken")
async def broken() -> None:
    """An exception with a cause leaves the app."""
    raise LookupError("outer") from KeyError("inner")


@app.get("/endless")
async def endless() -> None:
    """Something that is started in passing and does not end by itself."""

    async def tick() -> None:
        await released.wait()
        logging.getLogger("shelf").warning("released")

    kept.append(asyncio.create_task(tick()))


@app.get("/release")
async def release() -> None:
    """The end of what did not end by itself."""
    released.set()
    await asyncio.wait([task for task in kept if isinstance(task, asyncio.Task)])
    released.clear()


@app.get("/gather")
async def gather() -> None:
    """Two tasks at a time."""
    await asyncio.gather(look("left"), look("right"))


@app.get("/gather-on-one")
async def gather_on_one() -> None:
    """Two tasks at a time, on one connection."""
    async with AsyncSession(engine) as db:
        _ = await db.connection()
        await asyncio.gather(*(db.scalars(select(Book.id).where(Book.title == title)) for title in ("left", "right")))


@app.post("/several")
async def several() -> None:
    """Several rows by one INSERT, which gives their keys back."""
    async with AsyncSession(engine) as db:
        db.add_all([Shelf(name=f"several-{number}") for number in range(3)])
        await db.flush()


@app.get("/executor")
async def executor() -> None:
    """A call in the loop's executor."""
    await asyncio.get_running_loop().run_in_executor(None, len, "work")


@app.post("/forgotten")
async def forgotten(db: Db) -> None:
    """A flush that is never awaited, twice on one line."""
    for _ in range(2):
        db.flush()  # type: ignore[unused-coroutine]


@app.get("/leaked")
async def leaked() -> None:
    """A session that is never closed."""
    db = AsyncSession(engine)
    (await db.scalars(select(Book))).all()
    kept.append(db)
