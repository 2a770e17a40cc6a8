"""The probe in interpreters of other versions than compare's own: all layers are seen, and the same is the same."""

from pathlib import Path

import pytest

from compare.config import load
from compare.postgres import Address
from compare.verdict import Verdict, choose_scenarios, run

from .environments import interpreter, other_python

APPS = """
import os
from datetime import datetime, timezone
from uuid import uuid4

from fastapi import FastAPI, HTTPException
from sqlalchemy import Column, DateTime, Integer, String, create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
URL, BUG = os.environ["DATABASE_URL"], os.environ.get("APPS_BUG")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    token = Column(String, nullable=False)
    text = Column(String)
    made = Column(DateTime(timezone=True))


def new(body):
    return Note(token=str(uuid4()), text=body["text"], made=datetime.now(timezone.utc))


def told(note):
    if note is None:
        raise HTTPException(404, "no such note")
    return {"id": note.id, "token": note.token, "text": note.text, "made": note.made}


legacy, aio = FastAPI(), FastAPI()
if "+asyncpg" in URL:
    engine = create_async_engine(URL)

    @aio.post("/notes", status_code=201)
    async def write(body: dict):
        async with AsyncSession(engine, expire_on_commit=False) as session:
            note = new(body)
            session.add(note)
            await session.flush()
            if BUG != "commit":
                await session.commit()
            return told(note)

    @aio.get("/notes/{number}")
    async def read(number: int):
        async with AsyncSession(engine) as session:
            return told(await session.get(Note, number))

else:
    engine = create_engine(URL)

    @legacy.post("/notes", status_code=201)
    def write(body: dict):
        with Session(engine, expire_on_commit=False) as session:
            note = new(body)
            session.add(note)
            session.commit()
            return told(note)

    @legacy.get("/notes/{number}")
    def read(number: int):
        with Session(engine) as session:
            return told(session.get(Note, number))
"""
SCENARIO = """
scenario: notes
steps:
- POST /notes: {json: {text: hello}, capture: {id: /id, token: /token}}
- GET /notes/${id}:
- GET /notes/99: {status: 404}
- POST /notes: {json: {text: "${token}"}, repeat: 3}
"""
CONFIG = """
sample = 0
scenarios = ["notes.yaml"]
[database]
url = "{url}"
setup = ['python -c "import apps; apps.Base.metadata.create_all(apps.engine)"']
env = {{ DATABASE_URL = "{{sync_url}}" }}
[legacy]
app = "apps:legacy"
python = "{python}"
env = {{ DATABASE_URL = "{{sync_url}}" }}
[async]
app = "apps:aio"
python = "{python}"
env = {{ DATABASE_URL = "{{async_url}}" }}
"""
PACKAGES = ("fastapi", "uvicorn", "psycopg2-binary", "asyncpg", "greenlet")
VERSIONS = [
    ("3.10", "sqlalchemy>=1.4,<2"),
    ("3.10", "sqlalchemy>=2.0,<2.1"),
    ("3.12", "sqlalchemy>=2.0,<2.1"),
    ("3.13", "sqlalchemy>=2.1,<2.2"),
    ("3.14", "sqlalchemy>=2.1,<2.2"),
]
SEEN = {"response", "error", "rows", "statements", "transactions", "runtime"}


def _compared(folder: Path, embedded: Address, python: str) -> Verdict:
    (folder / "apps.py").write_text(APPS)
    (folder / "notes.yaml").write_text(SCENARIO)
    (folder / "compare.toml").write_text(CONFIG.format(url=embedded.url(), python=python))
    config = load(folder / "compare.toml")
    return run(config, choose_scenarios(config), lambda _event: None)


@pytest.mark.parametrize(("version", "sqlalchemy"), VERSIONS)
def test_all_layers_are_seen_and_nothing_is_found_or_a_lost_commit(
    tmp_path: Path, embedded: Address, monkeypatch: pytest.MonkeyPatch, version: str, sqlalchemy: str
) -> None:
    python = interpreter(*PACKAGES, sqlalchemy, python=other_python(version))
    same = _compared(tmp_path, embedded, python)
    assert [group.primary for group in same.groups if group.severity == "difference"] == []
    assert {sight.layer for sight in same.sights if sight.means} == SEEN
    assert same.attribution == "transaction id"
    monkeypatch.setenv("APPS_BUG", "commit")
    (group, *_) = [one for one in _compared(tmp_path, embedded, python).groups if one.severity == "difference"]
    assert group.primary.code in {"ROW008", "TXN002"}
