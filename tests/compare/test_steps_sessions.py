"""Step 5: what is handed over with a session begins one of its own, and answers and writes what it did before."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from compare.postgres import Address
from compare.steps.model import Outcome
from compare.steps.project import Project, StepSettings
from compare.steps.sessions.effects import COMMITS, KEEPS, WRITES, Effects
from compare.steps.transforms import bridge, peel, sessions
from tests.compare.programs import MODELS, program, written

STORE = """
import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ.get("DATABASE", "postgresql:///none"))
begin = sessionmaker(engine, autoflush=False)


def get_db() -> Iterator[Session]:
    with begin() as session:
        yield session


Db = Annotated[Session, Depends(get_db)]
"""
WORK = """
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer


def rename(db: Session, customer_id: int, *, name: str = "nobody") -> None:
    customer = db.get(Customer, customer_id)
    customer.name = name
    db.commit()


def add(db: Session, name: str) -> Customer:
    customer = Customer(name=name)
    db.add(customer)
    db.commit()
    db.refresh(customer)
    return customer


def count(db: Session, name: str) -> int:
    return len(db.scalars(select(Customer).where(Customer.name == name)).all())


def names(db: Session, since: int) -> Iterator[str]:
    for customer in db.scalars(select(Customer).where(Customer.id >= since).order_by(Customer.id)):
        yield f"{customer.name};"
"""
APP = """
import asyncio
import json

import httpx
from fastapi import BackgroundTasks, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

import work
from store import Db
from work import count, names

app = FastAPI()


@app.post("/customers")
def create(db: Db, tasks: BackgroundTasks, name: str) -> dict[str, int]:
    customer = work.add(db, name)
    tasks.add_task(work.rename, db, customer.id, name=name.upper())
    return {"id": customer.id}


@app.get("/counts")
async def counts(db: Db) -> list[int]:
    return await asyncio.gather(
        run_in_threadpool(count, db, "ADA"), run_in_threadpool(count, db, "ada"), run_in_threadpool(count, db, "BOB")
    )


@app.get("/names")
def all_names(db: Db) -> StreamingResponse:
    return StreamingResponse(names(db, 1))


async def asked() -> list[object]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        found = [(await client.post("/customers", params={"name": name})).json() for name in ("ada", "bob")]
        return [*found, (await client.get("/counts")).json(), (await client.get("/names")).text]
"""
FOUND = [{"id": 1}, {"id": 2}, [1, 0, 1], "ADA;BOB;"]
FILES = {"models.py": MODELS, "store.py": STORE, "work.py": WORK, "app.py": APP}


TABLES = """
DROP TABLE IF EXISTS orders, customers;
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id serial PRIMARY KEY, total int NOT NULL, customer_id int NOT NULL REFERENCES customers)
"""
ASKED = "import asyncio, json, app; print(json.dumps(asyncio.run(app.asked())))"


@pytest.fixture
def shop(embedded: Address) -> Iterator[Address]:
    """A database of the test's own."""
    address = embedded.on("own_sessions")
    executed(embedded, 'DROP DATABASE IF EXISTS "own_sessions"', 'CREATE DATABASE "own_sessions"')
    yield address
    executed(embedded, 'DROP DATABASE "own_sessions" (FORCE)')


def executed(address: Address, *statements: str) -> None:
    """Run statements, each by itself."""
    connection = psycopg2.connect(address.url())
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def answered(folder: Path, shop: Address, driver: str) -> object:
    """What the app answers on empty tables, with warnings as errors."""
    executed(shop, TABLES)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASKED],
        cwd=folder,
        env={**os.environ, "DATABASE": shop.url(driver)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def changed(folder: Path, step: Callable[[Project], Outcome]) -> list[str]:
    """Do a step; return what it leaves."""
    found = step(Project(folder, StepSettings()))
    for change in found.changes:
        (folder / change.path).write_text(change.after or "", encoding="utf-8")
    return [one.reason for one in found.remaining]


def text(folder: Path, name: str) -> str:
    """A file of the program."""
    return (folder / name).read_text(encoding="utf-8")


def test_work_in_a_session_of_its_own_answers_as_before(tmp_path: Path, shop: Address) -> None:
    folder = written(tmp_path, FILES)
    assert answered(folder, shop, "psycopg2") == FOUND

    assert changed(folder, sessions) == []
    app = text(folder, "app.py")
    assert "tasks.add_task(work.rename_in_own_session, db.bind, customer.id, name=name.upper())" in app
    assert app.count("run_in_threadpool(count_in_own_session, db.bind,") == 3
    assert "StreamingResponse(names_in_own_session(db.bind, 1))" in app
    assert text(folder, "work.py").count("with begin(bind=bind) as db:") == 3
    assert answered(folder, shop, "psycopg2") == FOUND

    assert changed(folder, sessions) == []
    assert text(folder, "app.py") == app

    for step in (bridge, peel):
        assert changed(folder, step) == []
        assert answered(folder, shop, "asyncpg") == FOUND
    assert text(folder, "app.py").count("count_in_own_session(db.bind,") == 3
    assert "run_in_threadpool" not in text(folder, "app.py")
    assert text(folder, "work.py").count("async with begin(bind=bind) as db:") == 3


ROUTES = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from fastapi import BackgroundTasks, FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

import work
from models import Customer
from store import Db

app = FastAPI()


def helper(db, tasks: BackgroundTasks):
    tasks.add_task(work.rename, db, 1)


def tell(db: Db, word):
    pass


def pending(db: Db, name: str):
    db.add(Customer(name=name))


def first(db: Db) -> Customer:
    return db.get(Customer, 1)


class Sender:
    def send(self, db: Db, n: int): ...


@app.post("/")
def route(db: Db, tasks: BackgroundTasks, n: int):
"""
LEFT = {
    "an object": ("customer = work.add(db, 'ada')\n    tasks.add_task(tell, db, customer)", "`customer` may belong"),
    "unknown": ("tasks.add_task(tell, db, n.whatever)", "`n.whatever` may belong"),
    "not committed": ("db.add(Customer())\n    tasks.add_task(work.rename, db, n)", "may not be committed by then"),
    "set after": (
        "customer = work.add(db, 'ada')\n    tasks.add_task(work.rename, db, n)\n    customer.name = 'bob'",
        "may not be committed by then",
    ),
    "in a branch": (
        "customer = work.add(db, 'ada')\n    if n:\n        customer.name = 'bob'\n    tasks.add_task(work.rename, db, n)",
        "may not be committed by then",
    ),
    "locked": (
        "db.get(Customer, n, with_for_update=True)\n    tasks.add_task(work.rename, db, n)",
        "may not be committed by then",
    ),
    "plain SQL": (
        "db.execute(text('SELECT 1'))\n    tasks.add_task(work.rename, db, n)",
        "may not be committed by then",
    ),
    "leaves something": ("tasks.add_task(pending, db, 'ada')", "`pending` may leave something"),
    "a method": ("tasks.add_task(Sender().send, db, n)", "`send` is no function of a module"),
    "a thread": (
        "Thread(target=work.rename, args=(db, n)).start()\n    db.commit()",
        "a thread of its own cannot await",
    ),
    "a pool": ("ThreadPoolExecutor().submit(work.rename, db, n)\n    db.commit()", "a thread of its own cannot await"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_may_need_the_other_session_is_left(name: str, tmp_path: Path) -> None:
    body, why = LEFT[name]
    folder = written(tmp_path, {**FILES, "app.py": f"{ROUTES}    {body}\n"})
    before = text(folder, "app.py")

    left = changed(folder, sessions)

    assert any(why in one for one in left), left
    assert text(folder, "app.py") == before


def test_what_others_call_is_left(tmp_path: Path) -> None:
    folder = written(tmp_path, {**FILES, "app.py": f"{ROUTES}    db.add(Customer())\n    helper(db, tasks)\n"})

    assert any("`helper` is called by others" in one for one in changed(folder, sessions))


OTHER_MAKERS = {
    "two ways": ("other = sessionmaker(engine)\n\n\ndef one():\n    return other()\n", "in more than one way"),
    "several engines": ("many = sessionmaker(binds={})\n", "several engines"),
}


@pytest.mark.parametrize("name", OTHER_MAKERS)
def test_sessions_that_are_made_otherwise_are_left(name: str, tmp_path: Path) -> None:
    added, why = OTHER_MAKERS[name]
    folder = written(tmp_path, {**FILES, "store.py": f"{STORE}\n{added}"})

    assert all(why in one for one in changed(folder, sessions))


def test_a_factory_that_imports_the_work_is_left(tmp_path: Path) -> None:
    folder = written(tmp_path, {**FILES, "store.py": f"{STORE}\nimport work\n"})

    left = changed(folder, sessions)

    assert len(left) == 3
    assert all("store.py imports it" in one for one in left)


EFFECTS = {
    "db.get(Customer, 1)": KEEPS,
    "db.scalars(select(Customer)).all()": KEEPS,
    "db.query(Customer).filter_by(id=1).first()": KEEPS,
    "db.query(Customer).filter_by(id=1).delete()": WRITES,
    "db.execute(update(Customer))": WRITES,
    "db.add(Customer())": WRITES,
    "db.add(Customer()); db.commit()": COMMITS,
    "db.add(Customer()); db.rollback()": COMMITS,
    "db.commit(); db.add(Customer())": WRITES,
    "db.commit(); db.get(Customer, 1)": COMMITS,
    "other.commit()": KEEPS,
    "other.add(Customer()); other.commit()": WRITES,  # whose it is is not looked into
    "customer = db.get(Customer, 1); customer.name = 'x'": WRITES,
    "customer = db.get(Customer, 1); customer.orders.append(1)": WRITES,
    "customer = db.get(Customer, 1); setattr(customer, 'name', 'x')": WRITES,
    "customer = db.get(Customer, 1); stranger(customer)": WRITES,
    "found = {}; found['a'] = 1": KEEPS,
    "if n:\n    db.commit()": KEEPS,
    "if n:\n    db.add(Customer())\n    db.commit()\nelse:\n    db.commit()": COMMITS,
    "db.add(Customer())\nif n:\n    db.commit()": WRITES,
    "for _ in range(n):\n    db.add(Customer())\n    db.commit()": KEEPS,
    "for _ in range(n):\n    db.commit()\n    db.add(Customer())": WRITES,
    "for _ in range(n):\n    db.add(Customer())\n    if n:\n        break\n    db.commit()": WRITES,
    "try:\n    db.add(Customer())\n    db.commit()\nexcept ValueError:\n    db.rollback()": COMMITS,
    "try:\n    db.add(Customer())\n    db.commit()\nexcept ValueError:\n    pass": WRITES,
    "try:\n    db.add(Customer())\nfinally:\n    db.commit()": COMMITS,
    "with db.begin():\n    db.add(Customer())": COMMITS,
    "with other.begin():\n    other.add(Customer())": WRITES,
    "add(db)": COMMITS,
    "add(other)": WRITES,
    "pending(db)": WRITES,
    "again(db)": COMMITS,
    "customer = add(db)\ncustomer.name = 'x'\ndb.commit()": COMMITS,
    "db.add(Customer())\nif n:\n    return 1\ndb.commit()": WRITES,
}
AROUND = """
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Customer
from elsewhere import stranger


def add(session: Session):
    customer = Customer()
    session.add(customer)
    session.commit()
    return customer


def pending(session: Session):
    session.add(Customer())


def again(session: Session):
    again(session)
    session.commit()


def work(db: Session, other: Session, n: int):
"""


@pytest.mark.parametrize("body", EFFECTS)
def test_what_a_function_leaves_in_its_session(body: str, tmp_path: Path) -> None:
    indented = "\n".join(f"    {line}" for line in body.replace("; ", "\n").split("\n"))
    found = program(tmp_path, models=MODELS, work=f"{AROUND}{indented}\n")

    assert Effects(found).of("work:work", "db") == EFFECTS[body]


@pytest.mark.parametrize(
    ("does", "left"),
    [("db.add(Customer(name='ada'))", True), ("db.add(Customer(name='ada'))\n    db.commit()", False), ("pass", False)],
)
def test_a_dependency_that_hands_out_something_uncommitted(does: str, *, left: bool, tmp_path: Path) -> None:
    app = ROUTES.replace(
        "def route(db: Db, tasks: BackgroundTasks, n: int):",
        "def route(db: Db, tasks: BackgroundTasks, n=Depends(seen)):",
    )
    app = app.replace("from fastapi import ", "from fastapi import Depends, ")
    app = app.replace("\n@app.post", f"\ndef seen(db: Db) -> int:\n    {does}\n    return 1\n\n\n@app.post")
    folder = written(tmp_path, {**FILES, "app.py": f"{app}    tasks.add_task(work.rename, db, n)\n"})

    assert any("`seen` may hand out something" in one for one in changed(folder, sessions)) == left
