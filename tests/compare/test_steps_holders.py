"""Objects that hold a session, at the bridge and after the peel: what they answer on asyncpg is what they answered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compare.postgres import Address
from compare.source import read
from compare.steps import drivers
from compare.steps.convert import converted, edges, planned
from compare.steps.engines import asyncpg_arguments
from compare.steps.project import Project, StepSettings
from compare.steps.rewrite import rewritten
from compare.steps.transforms import bridge
from tests.compare.programs import written

PROGRAM = """
import json
import os

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE"])
make = sessionmaker(engine)


def number(session: Session, n: int) -> int:
    return session.scalar(text("SELECT :n + 0").bindparams(n=n))


class Free:
    def __init__(self, session: Session):
        self.session = session

    def one(self) -> int:
        return self.session.scalar(text("SELECT 1"))

    def two(self) -> int:
        return number(self.session, 2)

    def three(self) -> int:
        return self.one() + self.two()


class Base:
    def __init__(self, session: Session):
        self.db: Session = session

    def four(self) -> int:
        return self.db.scalar(text("SELECT 4"))


class Bound(Base):
    @property
    def five(self) -> int:
        return self.db.scalar(text("SELECT 5"))

    def six(self) -> int:
        return self.five + 1

    def named(self) -> int:
        db = self.db
        return db.scalar(text("SELECT 6"))

    def saved(self) -> None:
        self.db.execute(text("CREATE TEMP TABLE IF NOT EXISTS kept (n int)"))
        self.db.commit()


class Eager:
    def __init__(self, session: Session, n: int):
        self.mine = session
        self.n = number(session, n)

    def eight(self) -> int:
        return self.mine.scalar(text("SELECT 8"))


class Wired:
    def __init__(self, connection: Connection):
        self.wire = connection

    def __len__(self) -> int:
        return self.wire.scalar(text("SELECT 9"))

    def ten(self) -> int:
        return self.wire.scalar(text("SELECT 10"))


def doubled(db: Session) -> int:
    return sum(db.scalars(text("SELECT n FROM kept")).all())


def reached(bound: Bound) -> Session:
    return bound.db


def counted(bound: Bound) -> list[int]:
    return list(reached(bound).scalars(text("SELECT n FROM kept")).all())


def work(session: Session) -> list[int]:
    free, bound, eager = Free(session), Bound(session), Eager(session, 7)
    found = [free.one(), free.two(), free.three(), bound.four(), bound.five, bound.named(), eager.n, eager.eight()]
    bound.saved()
    bound.db.execute(text("INSERT INTO kept VALUES (11)"))
    found.append(bound.db.scalar(text("SELECT n FROM kept")))
    db = bound.db
    db.execute(text("INSERT INTO kept VALUES (12)"))
    found.append(bound.six() + number(bound.db, 12) + doubled(bound.db) + len(counted(bound)))
    found.append(sum(number(session, n) for n in found[:3]))
    found.append(sum([each.five for each in (bound, bound)]))
    found += list(Base(session).four() + n for n in (1, 2))
    return found


def wired(connection: Connection) -> int:
    return Wired(connection).ten()


def main() -> None:
    with make() as session:
        found = work(session)
    with engine.connect() as connection:
        found.append(wired(connection))
    engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""
FOUND = [1, 2, 3, 4, 5, 6, 7, 8, 11, 43, 6, 10, 5, 6, 10]


def answered(folder: Path, url: str) -> object:
    command = [sys.executable, "-W", "error", "shop.py"]
    environment = {**os.environ, "DATABASE": url}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (folder / "shop.py").read_text(encoding="utf-8") + ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("steps", [("bridge",), ("peel",), ("bridge", "peel"), ("bridge", "bridge")])
def test_what_holds_a_session_answers_as_before(steps: tuple[str, ...], tmp_path: Path, embedded: Address) -> None:
    folder = written(tmp_path, {"shop.py": PROGRAM})
    assert answered(folder, embedded.url("psycopg2")) == FOUND
    texts = []
    for step in steps:
        program = read(folder)
        plan = planned(program, border=edges) if step == "bridge" else planned(program)
        edits = converted(plan, making=asyncpg_arguments)
        drivers.named(program, edits, drivers.ASYNC, frozenset({"psycopg2"}))
        if "shop" in edits:
            (folder / "shop.py").write_text(rewritten(edits["shop"]), encoding="utf-8")
        texts.append((folder / "shop.py").read_text(encoding="utf-8"))
        assert answered(folder, embedded.url("asyncpg")) == FOUND
    text = texts[-1]
    assert "    async def one(self) -> int:\n        return await self.session.scalar(" in text
    assert '        self.db: Session = getattr(session, "sync_session", session)\n' in text
    assert '        self.wire = getattr(connection, "sync_connection", connection)\n' in text
    assert "        return await greenlet_spawn(lambda: self.five) + 1\n" in text
    if steps == ("bridge", "bridge"):
        assert texts[0] == texts[1]


def test_what_is_held_by_a_dataclass_is_left_to_a_hand(tmp_path: Path) -> None:
    code = """
from dataclasses import dataclass
from sqlalchemy.orm import Session

@dataclass
class Repo:
    db: Session

    @property
    def one(self):
        return self.db.get(int, 1)

    def two(self):
        return self.db.get(int, 2)
"""
    found = bridge(Project(written(tmp_path, {"app.py": code}), StepSettings()))

    assert [one.line for one in found.remaining if "give it the sync side" in one.reason] == [9, 12]
