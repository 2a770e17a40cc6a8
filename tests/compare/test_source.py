"""What a name is follows from the program, through all of its modules, and never from how it is called."""

from pathlib import Path

import pytest

from compare.source import library, read, waiting
from compare.source.waiting import asks
from tests.compare.programs import MODELS, program, written

WAYS = {
    "an annotation": "from sqlalchemy.orm import Session\ndef f(x: Session):\n    x.commit()\n",
    "an alias": "import sqlalchemy.orm as o\ndef f(x: o.Session):\n    x.commit()\n",
    "a string": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Session\ndef f(x: 'Session'):\n    x.commit()\n",
    "an optional": "from sqlalchemy.orm import Session\ndef f(x: Session | None):\n    x.commit()\n",
    "a call": "from sqlalchemy.orm import Session\ndef g(x):\n    x.commit()\ndef f():\n    g(Session())\n",
    "three calls": (
        "from sqlalchemy.orm import Session\ndef c(z):\n    z.commit()\ndef b(y):\n    c(y)\ndef a(x):\n    b(x)\na(Session())\n"
    ),
    "a keyword": "from sqlalchemy.orm import Session\ndef g(*, x=None):\n    x.commit()\ng(x=Session())\n",
    "a factory": "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\ndef f():\n    x = make()\n    x.commit()\n",
    "a with": "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\nwith make.begin() as x:\n    x.commit()\n",
    "a return": "from sqlalchemy.orm import Session\ndef g():\n    return Session()\ndef f():\n    g().commit()\n",
    "an attribute": (
        "from sqlalchemy.orm import Session\nclass R:\n    def __init__(self, s):\n        self.it = s\n"
        "    def f(self):\n        self.it.commit()\nR(Session())\n"
    ),
    "a base class's attribute": (
        "from sqlalchemy.orm import Session\nclass B:\n    def __init__(self, s: Session):\n        self.it = s\n"
        "class R(B):\n    def f(self):\n        self.it.commit()\n"
    ),
    "a dataclass": (
        "from dataclasses import dataclass\nfrom sqlalchemy.orm import Session\n@dataclass\nclass R:\n    it: Session\n"
        "    def f(self):\n        self.it.commit()\n"
    ),
    "a dependency": (
        "from fastapi import Depends\nfrom sqlalchemy.orm import Session\ndef give():\n    with Session() as s:\n        yield s\n"
        "def f(x=Depends(give)):\n    x.commit()\n"
    ),
    "an annotated dependency": (
        "from typing import Annotated\nfrom fastapi import Depends\nfrom sqlalchemy.orm import Session\n"
        "def give():\n    with Session() as s:\n        yield s\nIt = Annotated[object, Depends(give)]\ndef f(x: It):\n    x.commit()\n"
    ),
    "the request's state": (
        "from fastapi import Request\nfrom sqlalchemy.orm import Session\ndef put(request: Request):\n    request.state.it = Session()\n"
        "def f(request: Request):\n    request.state.it.commit()\n"
    ),
    "a context manager of one's own": (
        "from contextlib import contextmanager\nfrom sqlalchemy.orm import Session\n@contextmanager\ndef scope():\n    yield Session()\n"
        "def f():\n    with scope() as x:\n        x.commit()\n"
    ),
    "a unit of work": (
        "from sqlalchemy.orm import Session\nclass U:\n    def __enter__(self):\n        self.it = Session()\n        return self\n"
        "    def __exit__(self, *a):\n        pass\ndef f():\n    with U() as u:\n        u.it.commit()\n"
    ),
    "a subclass": "from sqlalchemy.orm import Session\nclass Mine(Session):\n    pass\ndef f(x: Mine):\n    x.commit()\n",
    "SQLModel": "from sqlmodel import Session\ndef f(x: Session):\n    x.commit()\n",
    "a fixture": (
        "import pytest\nfrom sqlalchemy.orm import Session\n@pytest.fixture\ndef it():\n    yield Session()\n"
        "def test_f(it):\n    it.commit()\n"
    ),
    "a parametrised test": (
        "import pytest\nfrom sqlalchemy.orm import Session\ndef one(s):\n    s.commit()\n"
        "@pytest.mark.parametrize('use', [pytest.param(one, id='x')])\ndef test_f(use):\n    use(Session())\n"
    ),
    "a decorator that gives one": (
        "from functools import wraps\nfrom sqlalchemy.orm import Session\ndef given(g):\n    @wraps(g)\n    def inner(*a):\n"
        "        return g(Session(), *a)\n    return inner\n@given\ndef f(x):\n    x.commit()\n"
    ),
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS.keys())
def test_a_session_is_known_by(text: str, tmp_path: Path) -> None:
    found = program(tmp_path, app=text)

    assert any(call.target == "sqlalchemy.orm.Session.commit" for call in found.calls)


LOOKALIKES = {
    "requests": "import requests\ndef f():\n    db = requests.Session()\n    db.commit()\n",
    "a class of one's own": "class Session:\n    def commit(self):\n        pass\ndef f(session: Session):\n    session.commit()\n",
    "a name alone": "def f(db, session):\n    db.commit()\n    session.query(1).all()\n",
    "an async session": "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(db: AsyncSession):\n    await db.commit()\n",
}


@pytest.mark.parametrize("text", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_no_session_is_seen_in(text: str, tmp_path: Path) -> None:
    assert not [call for call in program(tmp_path, app=text).calls if asks(call)]


def test_sessions_are_followed_through_modules(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from .database import *\n",
        "shop/database.py": "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\n",
        "shop/rows.py": "def save(it):\n    it.commit()\n",
        "main.py": "import shop\nfrom shop import rows as r\n\ndef f():\n    r.save(shop.make())\n",
    }
    found = read(written(tmp_path, files))

    assert {call.unit for call in found.calls_to["sqlalchemy.orm.Session.commit"]} == {"shop.rows:save"}
    assert set(waiting(found).functions) == {"shop.rows:save", "main:f"}


def test_what_waits_is_told_with_the_way_to_the_database(tmp_path: Path) -> None:
    text = "from sqlalchemy.orm import Session\ndef c(s: Session):\n    s.flush()\ndef b(s):\n    c(s)\ndef a(s):\n    b(s)\n"
    waits = waiting(program(tmp_path, app=text))

    assert [call.target for call in waits.chain("app:a")] == ["app:b", "app:c", "sqlalchemy.orm.Session.flush"]


def test_what_overrides_a_function_that_waits_is_taken_to_wait(tmp_path: Path) -> None:
    text = (
        "from sqlalchemy.orm import Session\nclass A:\n    def save(self, s: Session):\n        raise NotImplementedError\n"
        "class B(A):\n    def save(self, s):\n        s.commit()\n"
    )

    assert set(waiting(program(tmp_path, app=text)).functions) == {"app:A.save", "app:B.save"}


def test_a_thread_and_the_bridge_do_not_make_their_caller_wait(tmp_path: Path) -> None:
    text = (
        "from starlette.concurrency import run_in_threadpool\nfrom sqlalchemy.orm import Session\n"
        "def work(s: Session):\n    s.commit()\nasync def f(s):\n    await run_in_threadpool(work, s)\n"
    )

    assert set(waiting(program(tmp_path, app=text)).functions) == {"app:work"}


@pytest.mark.parametrize(
    ("query", "loaded"),
    [
        ("select(Customer)", {""}),
        ("select(Customer).options(selectinload(Customer.orders))", {"", "orders"}),
        (
            "select(Order).options(joinedload(Order.customer).selectinload(Customer.orders))",
            {"", "customer", "customer.orders"},
        ),
    ],
)
def test_objects_carry_what_they_were_loaded_with(query: str, loaded: set[str], tmp_path: Path) -> None:
    text = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, joinedload, selectinload\nfrom models import *\n"
        f"def get(s: Session):\n    return s.scalars({query}).one()\ndef f(s: Session):\n    found = get(s)\n    return found\n"
    )
    found = program(tmp_path, models=MODELS, app=text)
    name = next(node for node in found.values if getattr(node, "id", "") == "found" and getattr(node, "lineno", 0) > 7)

    assert {mark for value in found.of(name) for mark in library.marks_of(value)} == loaded


def test_a_file_that_is_no_python_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    found = program(tmp_path, old="print 'hello'\n", app="x = 1\n")

    assert [(str(one.path), one.line) for one in found.broken] == [("old.py", 1)]
    assert set(found.modules) == {"app"}
