"""Who calls a function: the framework, also through the program's own classes; a list that it was put into; an import."""

from pathlib import Path

import pytest

from compare.steps.project import Project, StepSettings
from compare.steps.transforms import bridge
from tests.compare.programs import written

HEAD = """
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql://")
begin = sessionmaker(engine)


def work():
    with begin() as session:
        session.execute(text("SELECT 1"))


"""


def bridged(folder: Path, code: str) -> tuple[str, list[tuple[int, str]]]:
    """The program after the bridge, without its head, and what is left."""
    found = bridge(Project(written(folder, {"app.py": HEAD + code}), StepSettings()))
    after = found.changes[0].after if found.changes else ""
    return str(after).partition('await session.execute(text("SELECT 1"))\n')[2], [
        (one.line, one.reason) for one in found.remaining
    ]


@pytest.mark.parametrize("base", ["APIRouter", "FastAPI"])
def test_a_class_that_derives_from_the_frameworks_takes_routes(base: str, tmp_path: Path) -> None:
    code = f"""
from fastapi import APIRouter, FastAPI

class Own({base}):
    def __init__(self, **options):
        super().__init__(**options)

class Further(Own):
    pass

router = Further(prefix="/x")

@router.get("/a")
def route(session: Session):
    return session.get(int, 1)
"""
    after, left = bridged(tmp_path, code)

    assert "async def route(session: AsyncSession):\n    return await session.get(int, 1)\n" in after
    assert left == []


@pytest.mark.parametrize(
    "code",
    [
        "kept = []\nkept.append(work)\n\n\ndef run():\n    for each in kept:\n        each()\n",
        "class Registry:\n    kept: list = []\n\n    @staticmethod\n    def register(*given):\n        for one in given:\n"
        "            Registry.kept.append(one)\n\n\nRegistry.register(work)\n\n\ndef run():\n"
        "    for each in Registry.kept:\n        each()\n",
        "class Queue:\n    def __init__(self):\n        self.kept = []\n\n    def put(self, one):\n"
        "        self.kept.append(one)\n\n    def run(self):\n        for each in self.kept:\n            each()\n\n\n"
        "Queue().put(work)\n",
        "here: list = []\n\n\ndef put(name, there, given):\n    for one in given:\n        there.append(one)\n\n\n"
        "put('x', here, [work])\n\n\ndef run():\n    for each in here:\n        each()\n",
    ],
    ids=["list", "class", "object", "by another name"],
)
def test_what_is_called_from_where_it_was_put_is_awaited_there(code: str, tmp_path: Path) -> None:
    after, left = bridged(tmp_path, code)

    assert "async def run(" in after
    assert "await each()\n" in after
    assert left == []


@pytest.mark.parametrize(
    "code",
    [
        "from elsewhere import kept\n\nhere = []\nhere.append(work)\nkept.run(here)\n",
        "from elsewhere import kept\n\nhere = []\nhere.append(work)\nkept.run(here)\n\n\ndef test_work():\n    work()\n",
        "from elsewhere import others\n\ndef put(there: list, one):\n    there.append(one)\n\n\nput(others(), work)\n\n\n"
        "def test_work():\n    work()\n",
        "from elsewhere import made\n\nscheduler = made().scheduler\nscheduler.every(10, work)\n",
    ],
    ids=["elsewhere", "and a test", "by another name", "given away"],
)
def test_what_somebody_unknown_may_call_stays(code: str, tmp_path: Path) -> None:
    _, left = bridged(tmp_path, code)

    assert left[0][1].startswith("`work` stays sync: `")


def test_what_runs_while_a_module_is_loaded_is_named(tmp_path: Path) -> None:
    code = "work()\nfor _ in range(2):\n    work()\n\nif __name__ == '__main__':\n    work()\n"
    _, left = bridged(tmp_path, code)

    reason = "`work()` runs while the module is loaded, where nothing can be awaited: call it at start-up"
    assert left == [(13, reason), (15, reason)]


PROVIDER = """
import abc
from typing import Generic, TypeVar

T = TypeVar("T")

class Provider(Generic[T], metaclass=abc.ABCMeta):
    def __init__(self, session: Session, data: T) -> None:
        self.session = session

    @abc.abstractmethod
    def check(self) -> int: ...

class Real(Provider[int]):
    def check(self) -> int:
        return self.session.get(int, 1)

def provider(session: Session) -> Provider:
    return Real(session, 1)

def route(session: Session):
    return provider(session).check()
"""


def test_what_stands_for_one_another_is_awaited_alike_at_the_bridge(tmp_path: Path) -> None:
    after, left = bridged(tmp_path, PROVIDER)

    assert after.count("    async def check(self) -> int:") == 2
    assert "    return await provider(session).check()\n" in after
    assert left == []


def test_what_may_be_a_coroutine_that_nobody_awaits_is_named(tmp_path: Path) -> None:
    code = """
from sqlalchemy.orm import sessionmaker as maker

class Held:
    def __init__(self):
        self.session = begin()

    def __len__(self):
        self.session.commit()
        found = self.session.get(int, 1)
        a, b = self.session.get(int, 2)
        kept = self.session.get(int, 3)
        print(kept)
        return found.total
"""
    _, left = bridged(tmp_path, code)

    assert [reason for _, reason in left if "see whether" in reason] == [
        "`self.session.commit()` is not awaited: it does nothing, if it waits from now on: see whether it does",
        "`self.session.get()` is not awaited, nor is what it is assigned to, if it waits from now on: see whether it does",
        "`self.session.get()` is not awaited, nor is what it is assigned to, if it waits from now on: see whether it does",
    ]


def test_what_the_framework_calls_as_well_is_no_matter_for_the_bridge(tmp_path: Path) -> None:
    code = """
from fastapi import APIRouter, BackgroundTasks, Depends

router = APIRouter()


def user(session: Session):
    return session.get(int, 1)


def admin(session: Session):
    return user(session)


def later(session: Session):
    session.commit()


def now(session: Session):
    later(session)


@router.get("/a")
def route(session: Session, tasks: BackgroundTasks, one=Depends(user), other=Depends(admin)):
    now(session)
    tasks.add_task(later, session)
    return session.get(int, 1)


@router.get("/b")
def other(session: Session):
    return route(session, None)
"""
    after, left = bridged(tmp_path, code)

    assert left == []
    for name in ("user", "admin", "later", "now", "route", "other"):
        assert f"async def {name}(session: AsyncSession" in after
    assert "run_sync" not in after


def test_what_stays_below_and_runs_in_a_thread_of_fastapis_is_named(tmp_path: Path) -> None:
    code = """
from fastapi import BackgroundTasks


def later(session: Session):
    session.commit()


class Found:
    def __init__(self, session: Session):
        self.session = session

    @property
    def saved(self):
        later(self.session)
        return 1


def route(session: Session, tasks: BackgroundTasks):
    tasks.add_task(later, session)
    return Found(session).saved
"""
    _, left = bridged(tmp_path, code)

    assert any(line == 17 and reason.startswith("`later` stays sync, below what does") for line, reason in left)


FOUND = """
class Found:
    def __init__(self, session: Session):
        self.session = session

    def get(self, n):
        return self.session.get(int, n)

    @property
    def first(self):
        return self.get(1)
"""


def test_what_stays_and_was_handed_to_a_thread_runs_in_a_greenlet(tmp_path: Path) -> None:
    code = f"""
from starlette.concurrency import run_in_threadpool

{FOUND}

async def route(session: Session):
    found = Found(session)
    return await run_in_threadpool(found.get, 2), await run_in_threadpool(lambda: found.first)
"""
    after, _ = bridged(tmp_path, code)

    assert "await greenlet_spawn(found.get, 2), await greenlet_spawn(lambda: found.first)\n" in after
    assert "run_in_threadpool" not in after


def test_what_stands_for_what_stays_below_stays_too(tmp_path: Path) -> None:
    code = f"""
{FOUND}

class Users(Found):
    def get(self, n):
        return super().get(n + 1)


def repository(session: Session) -> Found:
    return Users(session)


def route(session: Session):
    return repository(session).get(2)
"""
    after, _ = bridged(tmp_path, code)

    assert "async def get(" not in after
    assert "    return await greenlet_spawn(repository(session).get, 2)\n" in after


@pytest.mark.parametrize("makes", [True, False])
def test_alembics_commands_do_not_run_on_a_loop(*, makes: bool, tmp_path: Path) -> None:
    engine = "engine_from_config({})" if makes else "config.attributes['engine']"
    env = f"from alembic import context\nfrom sqlalchemy import engine_from_config\n\n\ndef run():\n    with {engine}.connect() as c:\n"
    written(tmp_path, {"alembic/env.py": f"{env}        context.configure(connection=c)\n\n\nrun()\n"})
    code = "from alembic import command\n\n\ndef start(config):\n    work()\n    command.upgrade(config, 'head')\n"
    _, left = bridged(tmp_path, code)

    assert any("`command.upgrade()` runs Alembic's environment" in reason for _, reason in left) == makes


@pytest.mark.parametrize("session", ["Session", "AsyncSession"])
def test_threads_that_share_a_session_do_not_become_tasks(session: str, tmp_path: Path) -> None:
    code = f"""
import asyncio
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool


def one(session: Session):
    return session.get(int, 1)


async def route(session: {session}):
    return await asyncio.gather(run_in_threadpool(one, session), run_in_threadpool(one, session))
"""
    after, _ = bridged(tmp_path, code)

    assert after.count("run_in_threadpool(one, session)") == 2
