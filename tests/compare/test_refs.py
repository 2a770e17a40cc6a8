"""A whole run on two branches of one repository: the same package, two interpreters, two versions of SQLAlchemy."""

import textwrap
from pathlib import Path

import pytest

from compare.config import load
from compare.postgres import Address
from compare.verdict import choose_scenarios, run

from .environments import interpreter
from .repositories import git

SYNC = """
    import os
    import sqlalchemy
    from fastapi import FastAPI
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session
    from shop.models import Lamp

    engine = create_engine(os.environ["DATABASE_URL"])
    app = FastAPI()

    @app.post("/lamps", status_code=201)
    def add(name: str) -> dict[str, object]:
        with Session(engine) as session:
            lamp = Lamp(name=name)
            session.add(lamp)
            session.commit()
            return {"id": lamp.id, "name": lamp.name}

    @app.get("/lamps")
    def every() -> list[str]:
        with Session(engine) as session:
            return list(session.scalars(select(Lamp.name).order_by(Lamp.id)))
"""
ASYNC = """
    import os
    from fastapi import FastAPI
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from shop.models import Lamp

    engine = create_async_engine(os.environ["DATABASE_URL"])
    app = FastAPI()

    @app.post("/lamps", status_code=201)
    async def add(name: str) -> dict[str, object]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            lamp = Lamp(name=name)
            session.add(lamp)
            await session.commit()
            return {"id": lamp.id, "name": lamp.name}

    @app.get("/lamps")
    async def every() -> list[str]:
        async with AsyncSession(engine) as session:
            return list(await session.scalars(select(Lamp.name).order_by(Lamp.id)))
"""
MODELS = """
    import sqlalchemy
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    assert sqlalchemy.__version__.startswith("{version}")

    class Base(DeclarativeBase):
        pass

    class Lamp(Base):
        __tablename__ = "lamps"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
"""
SETUP = """
    import os
    from sqlalchemy import create_engine
    from shop.models import Base
    Base.metadata.create_all(create_engine(os.environ["DATABASE_URL"]))
"""
CONFIG = """
    scenarios = ["lamps.yaml"]
    [database]
    setup = "python -m shop.setup"
    env = {{ DATABASE_URL = "{{sync_url}}" }}
    [legacy]
    app = "shop.main:app"
    ref = "main"
    python = "{main}"
    env = {{ DATABASE_URL = "{{sync_url}}" }}
    [async]
    app = "shop.main:app"
    ref = "async"
    python = "{async}"
    env = {{ DATABASE_URL = "{{async_url}}" }}
"""
SCENARIO = """
    scenario: lamps
    steps:
      - POST /lamps?name=red
      - POST /lamps?name=white
      - GET /lamps
"""
PACKAGES = {
    "main": ("2.0.", "sqlalchemy==2.0.40", "psycopg2-binary==2.9.13"),
    "async": ("2.1.", "sqlalchemy[asyncio]==2.1.9", "asyncpg==0.32.0"),
}


@pytest.fixture(scope="session")
def interpreters() -> dict[str, str]:
    """An interpreter for each branch."""
    return {branch: interpreter("fastapi", "uvicorn", *packages) for branch, (_, *packages) in PACKAGES.items()}


@pytest.fixture
def config(tmp_path: Path, interpreters: dict[str, str]) -> Path:
    """The configuration of a repository whose branch main is sync and whose branch async is not."""
    package = tmp_path / "shop"
    package.mkdir()
    git(tmp_path, "init", "--quiet")
    files = {"setup.py": SETUP, "../lamps.yaml": SCENARIO, "../compare.toml": CONFIG.format(**interpreters)}
    for branch, main in (("main", SYNC), ("async", ASYNC)):
        git(tmp_path, "checkout", "--quiet", "-B", branch)
        models = MODELS.format(version=PACKAGES[branch][0])
        for name, text in (files | {"main.py": main, "models.py": models}).items():
            (package / name).write_text(textwrap.dedent(text))
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "--quiet", "-m", branch)
    (package / "models.py").write_text("raise SystemExit('the files of the checkout are not what is compared')")
    return tmp_path / "compare.toml"


def test_two_branches_with_two_versions_of_sqlalchemy_are_the_same(config: Path, embedded: Address) -> None:
    settings = load(config, {"database.url": embedded.url()})

    verdict = run(settings, choose_scenarios(settings), lambda _event: None)

    assert verdict.stopped is None
    assert [str(finding) for finding in verdict.differences] == []
    assert verdict.exit_code == 0
    assert verdict.apps == {"legacy": "shop.main:app of main", "async": "shop.main:app of async"}
    assert {table.name: (table.legacy, table.async_) for table in verdict.tables} == {"lamps": (2, 2)}
