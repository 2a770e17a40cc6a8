"""Making functions async: what is awaited, what is not, and what stays with a reason."""

from pathlib import Path

import pytest

from compare.steps.convert import converted, edges, planned
from compare.steps.rewrite import rewritten
from tests.compare.programs import program

HEAD = "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\n\n"
ASYNC = "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n\n"

CASES = {
    "a write": (
        "def f(s: Session):\n    s.add(1)\n    s.commit()\n",
        "async def f(s: AsyncSession):\n    s.add(1)\n    await s.commit()\n",
    ),
    "what binds tighter": (
        "def f(s: Session):\n    return s.scalars(select(1)).all()[0]\n",
        "async def f(s: AsyncSession):\n    return (await s.scalars(select(1))).all()[0]\n",
    ),
    "what stands in parentheses": (
        "def f(s: Session):\n    return (  # all\n        s.scalars(select(1))\n    ).all()\n",
        "async def f(s: AsyncSession):\n    return (  # all\n        await s.scalars(select(1))\n    ).all()\n",
    ),
    "a condition": (
        "def f(s: Session):\n    if not s.get(int, 1):\n        return 2\n",
        "async def f(s: AsyncSession):\n    if not await s.get(int, 1):\n        return 2\n",
    ),
    "a caller": (
        "def g(s: Session):\n    s.flush()\n\n\ndef f(s: Session):\n    return g(s)\n",
        "async def g(s: AsyncSession):\n    await s.flush()\n\n\nasync def f(s: AsyncSession):\n    return await g(s)\n",
    ),
    "a comprehension": (
        "def g(s: Session, x):\n    s.flush()\n\n\ndef f(s: Session, xs):\n    return [g(s, x) for x in xs]\n",
        "async def g(s: AsyncSession, x):\n    await s.flush()\n\n\n"
        "async def f(s: AsyncSession, xs):\n    return [await g(s, x) for x in xs]\n",
    ),
    "a block": (
        "def f(e):\n    with Session(e) as s, open(e):\n        s.flush()\n",
        "async def f(e):\n    async with AsyncSession(e) as s:\n        with open(e):\n            await s.flush()\n",
    ),
    "a transaction": (
        "def f(s: Session):\n    with s.begin():\n        s.flush()\n",
        "async def f(s: AsyncSession):\n    async with s.begin():\n        await s.flush()\n",
    ),
    "a method and its override": (
        "class A:\n    def f(self, s: Session):\n        raise NotImplementedError\n\n\n"
        "class B(A):\n    def f(self, s: Session):\n        s.flush()\n",
        "class A:\n    async def f(self, s: AsyncSession):\n        raise NotImplementedError\n\n\n"
        "class B(A):\n    async def f(self, s: AsyncSession):\n        await s.flush()\n",
    ),
    "a function that does not wait": (
        "def g(x):\n    return x\n\n\ndef f(s: Session):\n    s.flush()\n    return g(1)\n",
        "def g(x):\n    return x\n\n\nasync def f(s: AsyncSession):\n    await s.flush()\n    return g(1)\n",
    ),
}


def changed(folder: Path, text: str, *, bridge: bool = False) -> tuple[str, list[str]]:
    """The text of a program of one file, converted, and the reasons for what stays sync."""
    found = program(folder, app=text)
    plan = planned(found, border=edges) if bridge else planned(found)
    edits = converted(plan)
    return rewritten(edits["app"]) if "app" in edits else text, [stay.reason for stay in plan.stays]


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_awaited_is(before: str, after: str, tmp_path: Path) -> None:
    text, stays = changed(tmp_path, HEAD + before)

    assert text == ASYNC + after
    assert not stays


STAYS = {
    "a property": "class A:\n    def __init__(self, s: Session):\n        self.s = s\n\n    @property\n    def f(self):\n        return self.s.get(int, 1)\n",
    "a dunder method": "class A:\n    def __init__(self, s: Session):\n        self.s = s\n\n    def __len__(self):\n        return self.s.scalar(select(1))\n",
    "a callback": "def key(s: Session):\n    return s.get(int, 1)\n\n\ndef f(xs):\n    return sorted(xs, key=key)\n",
    "a cache": "from functools import lru_cache\n\n\n@lru_cache\ndef f(s: Session):\n    return s.get(int, 1)\n",
    "a thread": "import threading\n\n\ndef f(s: Session):\n    return s.get(int, 1)\n\n\ndef g(s: Session):\n    threading.Thread(target=f, args=(s,)).start()\n",
    "the query API": "def f(s: Session):\n    return s.query(int).all()\n",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS.keys())
def test_what_cannot_await_stays_with_a_reason(text: str, tmp_path: Path) -> None:
    after, stays = changed(tmp_path, HEAD + text)

    assert "await" not in after
    assert stays


def test_what_is_below_a_function_that_stays_stays_too_and_is_called_over_the_bridge(tmp_path: Path) -> None:
    text = (
        "def load(s: Session):\n    return s.get(int, 1)\n\n\nclass A:\n    def __init__(self, s: Session):\n        self.s = s\n\n"
        "    @property\n    def f(self):\n        return load(self.s)\n\n\ndef route(s: Session):\n    return load(s)\n"
    )
    after, _ = changed(tmp_path, HEAD + text)

    assert "\ndef load(s: Session):\n    return s.get(int, 1)\n" in after
    assert "async def route(s: AsyncSession):\n    return await s.run_sync(load)\n" in after


def test_the_bridge_is_built_where_sessions_begin_and_the_peel_takes_it_away(tmp_path: Path) -> None:
    text = HEAD + (
        "def save(s: Session, x):\n    s.add(x)\n    s.flush()\n\n\ndef named(*, x, s: Session):\n    s.flush()\n\n\n"
        "def f(e):\n    with Session(e) as s:\n        save(s, 1)\n        named(x=2, s=s)\n"
    )
    bridged, _ = changed(tmp_path / "a", text, bridge=True)

    assert "        await s.run_sync(save, 1)\n        await s.run_sync(lambda s: named(x=2, s=s))\n" in bridged
    assert "def save(s: Session, x):\n    s.add(x)\n    s.flush()\n" in bridged

    peeled, _ = changed(tmp_path / "b", bridged)

    assert "        await save(s, 1)\n        await named(x=2, s=s)\n" in peeled
    assert "run_sync" not in peeled


def test_a_thread_becomes_the_bridge_and_then_a_call(tmp_path: Path) -> None:
    text = HEAD + (
        "from starlette.concurrency import run_in_threadpool\n\n\ndef save(s: Session, x):\n    s.flush()\n\n\n"
        "async def f(s: Session):\n    await run_in_threadpool(save, s, 1)\n"
    )
    bridged, _ = changed(tmp_path / "a", text, bridge=True)
    peeled, _ = changed(tmp_path / "b", bridged)

    assert "    await s.run_sync(save, 1)\n" in bridged
    assert "    await save(s, 1)\n" in peeled
    assert "run_in_threadpool" not in bridged


def test_a_script_runs_on_a_loop(tmp_path: Path) -> None:
    text = HEAD + 'def main(s: Session):\n    s.flush()\n\n\nif __name__ == "__main__":\n    main(Session())\n'
    after, _ = changed(tmp_path, text)

    assert '\nif __name__ == "__main__":\n    asyncio.run(main(AsyncSession()))\n' in after
    assert "import asyncio\n" in after


def test_a_command_stays_and_runs_a_coroutine(tmp_path: Path) -> None:
    text = HEAD + (
        "import typer\n\napp = typer.Typer()\n\n\n@app.command()\ndef seed(count: int = 3, *, dry: bool = False) -> None:\n"
        '    """Fill it."""\n    with Session() as s:\n        s.flush()\n'
    )
    after, _ = changed(tmp_path, text)

    assert "async def _seed(count: int, *, dry: bool) -> None:" in after
    assert '    """Fill it."""\n    asyncio.run(_seed(count, dry=dry))\n' in after


def test_mocks_of_sessions_follow(tmp_path: Path) -> None:
    found = program(
        tmp_path,
        app=HEAD + "def f(e):\n    with Session(e) as s:\n        s.flush()\n",
        test_app=(
            "from unittest.mock import MagicMock, patch\nfrom app import f\n\n\ndef test_f():\n    m = MagicMock()\n"
            '    m.__enter__.return_value = m\n    with patch("app.Session", return_value=m):\n        f(1)\n'
        ),
    )
    text = rewritten(converted(planned(found))["test_app"])

    assert "    m = MagicMock(spec=AsyncSession)\n    m.__aenter__.return_value = m\n" in text
    assert 'patch("app.AsyncSession", return_value=m):\n        await f(1)\n' in text


def test_alembics_environment_runs_its_block_in_the_connection(tmp_path: Path) -> None:
    text = (
        "from alembic import context\nfrom sqlalchemy import engine_from_config\n\n\ndef run():\n    engine = engine_from_config({})\n\n"
        "    with engine.connect() as connection:\n        context.configure(connection=connection)\n\n\nrun()\n"
    )
    after, _ = changed(tmp_path, text)

    assert "    def do_run_migrations(connection):\n        context.configure(connection=connection)\n" in after
    assert (
        "    async with engine.connect() as connection:\n        await connection.run_sync(do_run_migrations)\n"
        in after
    )
    assert "\nasyncio.run(run())\n" in after
