"""What a run shows around answers: routes that nobody called, commits after the answer, connections not given back."""

import sys
from pathlib import Path

import pytest

from compare.trace.model import Route, Trace, load, save
from compare.trace.report import report
from compare.trace.run import traced
from tests.compare.programs import written

SHOP = """
from typing import Annotated
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

class Base(DeclarativeBase):
    pass

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[list["Part"]] = relationship()

class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("things.id"))

class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int

class ShownThing(Shown):
    parts: list[Shown]

engine = create_engine("sqlite:///things.db")
Base.metadata.create_all(engine)
make = sessionmaker(engine)

def late():
    with make() as session:
        yield session
        session.commit()

def in_time():
    with make() as session:
        yield session

Late = Annotated[Session, Depends(late)]
app = FastAPI()
router = APIRouter(prefix="/things")

@router.post("/late")
def add_late(session: Late):
    session.add(Thing())

@router.get("/late")
def read_late(session: Late):
    return len(session.query(Thing).all())

@router.post("/")
def add(session: Annotated[Session, Depends(in_time)], tasks: BackgroundTasks):
    session.add(Thing())
    session.commit()
    tasks.add_task(audit)

def audit():
    with make() as session:
        session.add(Thing())
        session.commit()

InTime = Annotated[Session, Depends(in_time)]

@router.get("/shown", response_model=list[ShownThing])
def shown(session: InTime):
    return session.query(Thing).all()

@router.get("/shown/async", response_model=list[ShownThing])
async def shown_async(session: InTime):
    return session.query(Thing).all()

@router.delete("/")
def remove():
    pass

app.include_router(router, prefix="/api")
"""
TESTS = """
import asyncio, gc
import httpx, pytest
from sqlalchemy.orm import Session
import shop

@pytest.fixture(params=["real", "savepoint"])
def database(request):
    if request.param == "real":
        yield
        return
    with shop.engine.connect() as connection:
        outer = connection.begin()
        shop.make.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield
        shop.make.configure(bind=shop.engine, join_transaction_mode="conditional_savepoint")
        outer.rollback()

async def call(method, path):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://shop") as client:
        return (await client.request(method, path)).status_code

@pytest.mark.parametrize("path", ["/api/things/shown", "/api/things/shown/async"])
def test_shown(path):
    with shop.make.begin() as session:
        session.add(shop.Thing(parts=[shop.Part()]))
    assert asyncio.run(call("GET", path)) == 200

@pytest.mark.parametrize("way", [("POST", "/api/things/late"), ("GET", "/api/things/late"), ("POST", "/api/things/")])
def test_all(way, database):
    assert asyncio.run(call(*way)) == 200

def forgotten():
    session = shop.make()
    session.query(shop.Thing).all()

def test_forgotten():
    forgotten()
    gc.collect()

def test_kept():
    shop.kept = shop.engine.connect()

def test_closed():
    with shop.make() as session:
        session.query(shop.Thing).all()
"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    folder = written(tmp_path_factory.mktemp("answers"), {"shop.py": SHOP, "test_shop.py": TESTS})
    status, found = traced([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], folder)
    assert status == 0
    save(found, folder / "trace.json")
    return load(folder / "trace.json")


def test_a_commit_after_the_answer_is_told_with_its_route(trace: Trace) -> None:
    assert [(one.at.function if one.at else "", one.route, one.count) for one in trace.late] == [
        ("late", "shop:add_late", 2)  # on a transaction of its own, and inside a test's
    ]
    assert "Commits after the answer had begun: 1 places." in report(trace)
    assert "(late), for shop:add_late  ×2" in report(trace)


def test_routes_that_were_not_called_are_named(trace: Trace) -> None:
    assert [one for one in trace.routes if not one.called] == [Route("DELETE", "/api/things/", "shop:remove")]
    assert len(trace.routes) == 6
    assert "DELETE /api/things/ (shop:remove)" in report(trace)


def test_what_is_loaded_while_an_answer_is_made_is_told_with_its_route_and_query(trace: Trace) -> None:
    found = {(one.name, one.during, one.route, one.root.function if one.root else "", one.at) for one in trace.loads}
    assert found == {
        ("parts", "answer", "shop:shown", "shown", None),  # a sync route's answer is made in a thread
        ("parts", "answer", "shop:shown_async", "shown_async", None),
    }


def test_connections_that_nobody_gave_back_are_told_apart(trace: Trace) -> None:
    found = {(one.at.function if one.at else "", one.how) for one in trace.left_open}
    assert found == {("forgotten", "collected"), ("test_kept", "never")}
    assert all("test_shop.py::test_" in one.tests[0] for one in trace.left_open)
    assert "(forgotten): the garbage collector gave it back" in report(trace)


def test_what_is_traced_answers_as_it_did(tmp_path: Path) -> None:
    """The wrapper around an app leaves what it raises alone."""
    code = """
import asyncio, httpx
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
def read():
    raise KeyError("mine")
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        await client.get("/")
try:
    asyncio.run(main())
except KeyError:
    raise SystemExit(7)
"""
    status, found = traced([sys.executable, "main.py"], written(tmp_path, {"main.py": code}))
    assert status == 7
    assert [one.called for one in found.routes] == [True]
