"""Steps 0, 1 and 3: drivers, dependencies, an async client for the tests, sessions that keep what they loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from compare.steps import drivers
from compare.steps.clients import clients
from compare.steps.eager import options
from compare.steps.loads import kept_loaded
from compare.steps.rewrite import Edits, rewritten
from compare.steps.settings_files import dependencies, pytest_settings, without
from compare.trace.model import Load, Place, Trace
from tests.compare.programs import MODELS, program, written

APP = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

started = []

@asynccontextmanager
async def lifespan(app):
    started.append(1)
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/")
def read():
    return {"started": len(started)}
"""
TESTS = """
import pytest
from fastapi.testclient import TestClient
from app import app

def path():
    return "/"

@pytest.fixture(scope="module")
def client():
    with TestClient(app) as c:
        yield c

@pytest.fixture
def plain():
    return TestClient(app, raise_server_exceptions=False)

def answer(client: TestClient) -> dict:
    return client.get(path()).json()

def test_it(client: TestClient):
    assert answer(client) == {"started": 1}

def test_started_later(plain):
    with plain:
        assert plain.get("/").json() == {"started": 2}

class TestMore:
    @pytest.mark.parametrize("path", ["/", "/none"])
    def test_them(self, plain, path):
        assert [plain.get(path).status_code for _ in range(2)] in ([200, 200], [404, 404])
"""


def test_a_suite_is_as_green_with_an_async_client(tmp_path: Path) -> None:
    found = program(tmp_path, app=APP, test_app=TESTS)
    plan, edits = clients(found)
    text = rewritten(edits["test_app"])
    (tmp_path / "test_app.py").write_text(text, encoding="utf-8")
    told = pytest_settings(tmp_path)
    assert told is not None
    (tmp_path / told.path).write_text(told.after or "", encoding="utf-8")
    options_ = [
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:xdist",
        "-p",
        "no:compare",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options_], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert not plan.stays
    assert "4 passed" in ran.stdout, ran.stdout + text
    assert "async with app.router.lifespan_context(app), AsyncClient(" in text
    assert "raise_app_exceptions=False" in text
    assert "TestClient" not in text
    assert "\ndef path():" in text


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\naddopts = '-q' # quiet\n",
            "addopts = '-q' # quiet\nasyncio_mode = \"auto\"\n",
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nasyncio_mode = 'strict'\n",
            '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
        ),
        ("pytest.ini", "[pytest]\nasyncio_mode=strict\n", "\nasyncio_mode = auto\n"),
        (
            "pytest.ini",
            "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
            "\nasyncio_default_fixture_loop_scope = session\n",
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n",
            '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "session"\n',
        ),
        ("pyproject.toml", "[project]\nname = 'x'\n", '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'),
        ("pytest.ini", "[pytest]\n# ours\naddopts = -q\n", "[pytest]\nasyncio_mode = auto\n"),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\naddopts = -q\n", "[tool:pytest]\nasyncio_mode = auto\n"),
        ("tox.ini", "[tox]\n[pytest]\naddopts = -q\n", "[pytest]\nasyncio_mode = auto\n"),
    ],
)
def test_pytest_is_told_where_it_is_told_things(name: str, before: str, after: str, tmp_path: Path) -> None:
    written(tmp_path, {name: before})
    change = pytest_settings(tmp_path)

    assert change is not None
    assert (change.path, after in (change.after or "")) == (Path(name), True)
    written(tmp_path, {name: change.after or ""})
    assert pytest_settings(tmp_path) is None


@pytest.mark.parametrize(
    ("files", "after"),
    [
        (
            {"pyproject.toml": '[project]\ndependencies = [\n    "fastapi",  # web\n]\n'},
            '    "fastapi",  # web\n    "asyncpg>=0.30",\n',
        ),
        (
            {"pyproject.toml": '[project]\ndependencies = []\n[dependency-groups]\ntest = ["pytest"]\n'},
            'test = ["pytest", "httpx>=0.28"]',
        ),
        (
            {"setup.cfg": "[options]\ninstall_requires =\n  fastapi\n"},
            "install_requires =\n  asyncpg>=0.30\n  fastapi\n",
        ),
        ({"requirements.txt": "fastapi\n", "requirements-test.txt": "pytest\n"}, "fastapi\nasyncpg>=0.30\n"),
    ],
)
def test_missing_dependencies_are_named(files: dict[str, str], after: str, tmp_path: Path) -> None:
    changes, _ = dependencies(written(tmp_path, files), {"asyncpg": "asyncpg>=0.30"}, {"httpx": "httpx>=0.28"})

    assert any(after in (change.after or "") for change in changes)


def test_dependencies_that_are_there_are_not_named_again(tmp_path: Path) -> None:
    written(tmp_path, {"pyproject.toml": '[project]\ndependencies = ["AsyncPG[gssauth] >= 0.29", "httpx"]\n'})

    assert dependencies(tmp_path, {"asyncpg": "asyncpg>=0.30"}, {"httpx": "httpx>=0.28"}) == ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('URL = "postgresql://u@h/d"\n', 'URL = "postgresql+asyncpg://u@h/d"\n'),
        ("URL = f'postgresql+psycopg2://{1}'\n", "URL = f'postgresql+asyncpg://{1}'\n"),
        ('u = build(scheme="postgresql+psycopg")\n', 'u = build(scheme="postgresql+asyncpg")\n'),
        ('u = build(kind="postgresql")\n', None),
        ('u = "postgresql+asyncpg://h/d"\n', None),
        ('import psycopg2\nc = psycopg2.connect("postgresql://h/d")\n', None),
    ],
)
def test_the_driver_is_named_in_every_url(before: str, after: str | None, tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    drivers.named(program(tmp_path, app=before), edits, drivers.ASYNC, frozenset({"", "psycopg2", "psycopg"}))

    assert (rewritten(edits["app"]) if edits else None) == after


@pytest.mark.parametrize(
    ("listed", "driver"),
    [("psycopg2-binary\n", drivers.SYNC), ("psycopg[binary]>=3\n", drivers.SYNC_3), ("fastapi\n", drivers.SYNC)],
)
def test_the_sync_driver_is_the_one_that_is_listed(listed: str, driver: str, tmp_path: Path) -> None:
    assert drivers.sync_driver(written(tmp_path, {"requirements.txt": listed})) == driver


def test_the_apps_own_dependencies_may_be_a_group(tmp_path: Path) -> None:
    """A tool that has its app beside it for its tests needs no driver itself."""
    text = (
        '[project]\ndependencies = ["rich"]\n'
        '[dependency-groups]\napp = ["psycopg2-binary", "sqlalchemy[asyncio]", "asyncpg"]\ntest = ["httpx"]\n'
    )
    written(tmp_path, {"pyproject.toml": text})
    wanted = {"asyncpg": "asyncpg>=0.30", "greenlet": "greenlet>=3"}
    assert dependencies(tmp_path, wanted, {"httpx": "httpx>=0.28"}) == ([], [])

    written(tmp_path, {"pyproject.toml": text.replace(', "asyncpg"', "")})
    changes, _ = dependencies(tmp_path, wanted, {"httpx": "httpx>=0.28"})
    assert '"sqlalchemy[asyncio]", "asyncpg>=0.30"]' in (changes[0].after or "")
    assert 'dependencies = ["rich"]' in (changes[0].after or "")


def test_rows_that_are_locked_are_read_again(tmp_path: Path) -> None:
    text = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, sessionmaker\nmake = sessionmaker({})\n\n\n"
        "def f(s: Session):\n    return s.scalars(select(int).with_for_update(skip_locked=True)).all()\n"
    )
    edits: dict[str, Edits] = {}
    kept_loaded(program(tmp_path / "a", app=text.format("")), edits)
    assert "with_for_update(skip_locked=True).execution_options(populate_existing=True)" in rewritten(edits["app"])

    again: dict[str, Edits] = {}
    kept_loaded(program(tmp_path / "b", app=text.format("expire_on_commit=False")), again)
    assert not again


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("make = sessionmaker(engine)\n", "make = sessionmaker(engine, expire_on_commit=False)\n"),
        (
            "make = sessionmaker(\n    engine,\n    autoflush=False,\n)\n",
            "    autoflush=False,\n    expire_on_commit=False,\n)\n",
        ),
        ("make = sessionmaker(expire_on_commit=True)\n", None),
        ("s = Session(engine)\n", "s = Session(engine, expire_on_commit=False)\n"),
        (
            "with engine.connect() as c:\n    make = sessionmaker(bind=c)\n",
            "    make = sessionmaker(bind=c, expire_on_commit=False)\n",
        ),
    ],
)
def test_sessions_keep_what_they_have_loaded(before: str, after: str | None, tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    kept_loaded(program(tmp_path, app=f"{ENGINE}{before}"), edits)

    assert after is None if not edits else after is not None and after in rewritten(edits["app"])


ENGINE = "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session, sessionmaker\nengine = create_engine('x')\n"
QUERY = (
    "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\nfrom models import Order\n\n\n"
    "def find(s: Session):\n    query = select(Order)\n    return s.scalars(query.where(Order.id == 1)).one()\n"
)


FOUND = Place("app.py", "find", 6, 8)


def loaded(owner: str, name: str, *path: str, root: Place | None = FOUND) -> Trace:
    """The trace of one lazy load."""
    return Trace((Load("lazy", owner, name, False, Place("app.py", "show", 1, 1), (), root, path),))  # noqa: FBT003 - not inside


@pytest.mark.parametrize(
    ("trace", "after"),
    [
        (loaded("models.Order", "customer"), ".options(joinedload(Order.customer))).one()"),
        (
            loaded("models.Customer", "orders", "models.Order.customer"),
            ".options(joinedload(Order.customer).selectinload(Customer.orders))).one()",
        ),
    ],
)
def test_what_was_loaded_lazily_is_loaded_by_its_query(trace: Trace, after: str, tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    left = options(program(tmp_path, models=MODELS, app=QUERY), trace, edits)
    text = rewritten(edits["app"])

    assert not left
    assert after in text
    assert ("Customer" in text) == ("from models import Customer, Order\n" in text)


def test_what_no_query_brought_is_left_with_a_proposal(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    left = options(program(tmp_path, models=MODELS, app=QUERY), loaded("models.Order", "customer", root=None), edits)

    assert [(one.code, "refresh" in one.reason) for one in left] == [("T01", True)]
    assert not edits


def test_what_is_loaded_while_an_answer_is_serialised_is_told_of_its_class(tmp_path: Path) -> None:
    trace = Trace(
        (Load("lazy", "models.Order", "customer", inside=False, at=None, stack=(), root=None, path=(), tests=("t",)),)
    )

    left = options(program(tmp_path, models=MODELS, app=QUERY), trace, {})

    assert [(one.code, str(one.path), "(seen in t)" in one.reason) for one in left] == [("T07", "models.py", True)]
    assert (tmp_path / "models.py").read_text(encoding="utf-8").splitlines()[left[0].line - 1].startswith("class Order")


def test_the_old_driver_is_taken_out(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "pyproject.toml": '[project]\ndependencies = [\n    "fastapi",\n    "psycopg2-binary>=2.9",  # driver\n    "asyncpg",\n]\n',
            "requirements.txt": "psycopg2==2.9\nasyncpg\n",
        },
    )
    changes = without(tmp_path, frozenset({"psycopg2", "psycopg2-binary"}))

    assert ["psycopg2" in (change.after or "") for change in changes] == [False, False]
    assert all("asyncpg" in (change.after or "") for change in changes)


def test_sessions_of_tests_stay_as_they_are(tmp_path: Path) -> None:
    """Rows that come piece by piece, and objects that hold a session, are of the steps that make sessions async."""
    code = """
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from app import app

def asked(client: TestClient, session: Session):
    return client.get("/")

class Shop:
    def __init__(self, client: TestClient, session: Session):
        self.client = client
        self.session = session

    @property
    def answer(self):
        return asked(self.client, self.session)

    def saved(self):
        return asked(self.client, self.session)

def test_shop(session: Session):
    client = TestClient(app)
    shop = Shop(client, session)
    client.get("/")
    for row in session.scalars(select(1).execution_options(yield_per=10)):
        print(row, shop.session.get(int, 1))
"""
    found = program(tmp_path, app="from fastapi import FastAPI\napp = FastAPI()\n", test_shop=code)
    text = rewritten(clients(found)[1]["test_shop"])

    assert "    for row in session.scalars(select(1).execution_options(yield_per=10)):\n" in text
    assert "        self.session = session\n" in text
    assert "shop.session.get(int, 1)" in text
