"""Making functions async: what is awaited, what is not, and what stays with a reason."""

from pathlib import Path

import pytest

from compare.steps.convert import beginning, converted, edges, planned
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
    "what is unpacked": (
        "def g(s: Session, x):\n    s.flush()\n\n\ndef f(s: Session, xs):\n    a, b = (g(s, x) for x in xs)\n    return a\n",
        "async def g(s: AsyncSession, x):\n    await s.flush()\n\n\n"
        "async def f(s: AsyncSession, xs):\n    a, b = [await g(s, x) for x in xs]\n    return a\n",
    ),
    "a block": (
        "def f(e):\n    with Session(e) as s, open(e):\n        s.flush()\n",
        "async def f(e):\n    async with AsyncSession(e) as s:\n        with open(e):\n            await s.flush()\n",
    ),
    "a transaction": (
        "def f(s: Session):\n    with s.begin():\n        s.flush()\n",
        "async def f(s: AsyncSession):\n    async with s.begin():\n        await s.flush()\n",
    ),
    "a transaction that is not entered": (
        "def f(s: Session):\n    t = s.begin()\n    s.flush()\n    t.rollback()\n",
        "async def f(s: AsyncSession):\n    t = await s.begin()\n    await s.flush()\n    await t.rollback()\n",
    ),
    "a savepoint": (
        "def f(s: Session):\n    t = s.begin_nested()\n    s.flush()\n    t.commit()\n",
        "async def f(s: AsyncSession):\n    t = await s.begin_nested()\n    await s.flush()\n    await t.commit()\n",
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


def test_a_connections_transaction_that_a_fixture_holds_is_begun_and_rolled_back(tmp_path: Path) -> None:
    code = "from sqlalchemy import Engine\n\n\ndef f(e: Engine):\n    c = e.connect()\n    t = c.begin()\n    yield c\n    t.rollback()\n"
    text, _ = changed(tmp_path, code)

    assert "    c = await e.connect()\n    t = await c.begin()\n    yield c\n    await t.rollback()\n" in text


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


def test_a_block_that_ends_with_what_it_gives_runs_in_the_connection(tmp_path: Path) -> None:
    text = (
        "from alembic import migration\nfrom sqlalchemy import create_engine\n\n\ndef heads(url):\n"
        "    with create_engine(url).begin() as connection:\n"
        "        context = migration.MigrationContext.configure(connection)\n        return context.get_current_heads()\n"
    )
    after, _ = changed(tmp_path, text)

    assert "    def work(connection):\n        context = migration.MigrationContext.configure(connection)\n" in after
    assert "        return context.get_current_heads()\n" in after
    assert after.endswith("        return await connection.run_sync(work)\n")


@pytest.mark.parametrize(
    ("used", "stays"),
    [
        ("return inspect(engine).has_table('a')", True),
        ("return engine.dialect.name", True),
        ("return engine", False),
        ("return sessionmaker(engine)", False),
        ("return kept(engine)", False),
    ],
)
def test_an_engine_that_a_sync_function_makes_for_itself_stays(used: str, *, stays: bool, tmp_path: Path) -> None:
    text = (
        "from sqlalchemy import create_engine, inspect\nfrom sqlalchemy.orm import sessionmaker\n\n\n"
        f"def kept(engine):\n    return engine\n\n\ndef f(url):\n    engine = create_engine(url)\n    {used}\n"
    )
    after, _ = changed(tmp_path, text)

    assert ("create_async_engine" not in after) == stays


def test_a_revision_of_alembics_stays_as_it_is(tmp_path: Path) -> None:
    revision = (
        "from alembic import op\nfrom sqlalchemy import create_engine, inspect, select\nfrom sqlalchemy.orm import Session\n\n"
        "from shop import total\n\nrevision: str = 'b'\ndown_revision: str | None = 'a'\n\n\n"
        "def move(url):\n    session = Session(bind=op.get_bind())\n    session.execute(select(1))\n    total(session)\n"
        "    return inspect(create_engine(url))\n\n\ndef upgrade() -> None:\n    move('postgresql://')\n"
    )
    found = program(
        tmp_path,
        versions_b=revision,
        shop=HEAD
        + "def total(s: Session):\n    return s.scalar(select(1))\n\n\ndef route(s: Session):\n    return total(s)\n",
    )
    plan = planned(found)
    edits = converted(plan)

    assert "versions.b" not in edits
    assert "async def route(s: AsyncSession):\n    return await s.run_sync(total)\n" in rewritten(edits["shop"])
    assert [stay.for_good for stay in plan.stays] == [True, True]
    assert beginning(plan) == []


def test_a_loop_of_its_own_goes_where_one_runs_from_now_on(tmp_path: Path) -> None:
    text = HEAD + (
        "import asyncio\n\n\nasync def g():\n    return [1]\n\n\ndef h(s: Session):\n    s.commit()\n    return [2]\n\n\n"
        "def f(s: Session):\n    s.commit()\n    asyncio.run(g())\n"
        "    return asyncio.get_event_loop().run_until_complete(g())[0]\n\n\n"
        "def stays():\n    return asyncio.run(g())\n"
    )
    after, _ = changed(tmp_path, text)

    assert "    await s.commit()\n    await g()\n    return (await g())[0]\n" in after
    assert "def stays():\n    return asyncio.run(g())\n" in after


STREAMS = {
    "an option of the statement": (
        "def f(s: Session):\n    for x in s.scalars(select(1).execution_options(yield_per=10)):\n        print(x)\n",
        "    async for x in await s.stream_scalars(select(1).execution_options(yield_per=10)):\n        print(x)\n",
    ),
    "an option of the call": (
        "def f(s: Session):\n    for x in s.execute(select(1), execution_options={'yield_per': 10}).mappings():\n        print(x)\n",
        "    async for x in (await s.stream(select(1), execution_options={'yield_per': 10})).mappings():\n        print(x)\n",
    ),
    "a method of the result": (
        "def f(s: Session):\n    for x in s.execute(select(1)).yield_per(10).scalars():\n        print(x)\n",
        "    async for x in (await s.stream(select(1))).yield_per(10).scalars():\n        print(x)\n",
    ),
    "a statement of its own": (
        "def f(s: Session):\n    q = select(1).execution_options(stream_results=True)\n    for x in s.execute(q):\n        print(x)\n",
        "    async for x in await s.stream(q):\n        print(x)\n",
    ),
    "all at once": (
        "def f(s: Session):\n    for x in s.scalars(select(1)).all():\n        print(x)\n",
        "    for x in (await s.scalars(select(1))).all():\n        print(x)\n",
    ),
    "all of a stream": (
        "def f(s: Session):\n    for x in s.scalars(select(1).execution_options(yield_per=10)).all():\n        print(x)\n",
        "    for x in (await s.scalars(select(1).execution_options(yield_per=10))).all():\n        print(x)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), STREAMS.values(), ids=STREAMS.keys())
def test_rows_that_come_piece_by_piece_are_streamed(before: str, after: str, tmp_path: Path) -> None:
    text, stays = changed(tmp_path, HEAD + before)

    assert after in text
    assert not stays


TABLES = {
    "a base class": (
        "class Base(DeclarativeBase):\n    pass\n\n\ndef f(e: Engine):\n    # all of them\n    Base.metadata.create_all(e)\n",
        "async def f(e: AsyncEngine):\n    # all of them\n    async with e.begin() as connection:\n"
        "        await connection.run_sync(Base.metadata.create_all)\n",
    ),
    "a metadata of its own": (
        "meta = MetaData()\n\n\ndef f(e: Engine):\n    meta.drop_all(bind=e, checkfirst=False)\n",
        "async def f(e: AsyncEngine):\n    async with e.begin() as connection:\n"
        "        await connection.run_sync(meta.drop_all, checkfirst=False)\n",
    ),
    "what somebody imported": (
        "from elsewhere import Base\n\n\ndef f():\n    e = create_engine('x')\n    if e:\n        Base.metadata.reflect(e, only=['a'])\n",
        "    if e:\n        async with e.begin() as connection:\n"
        "            await connection.run_sync(Base.metadata.reflect, only=['a'])\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("bridge", [True, False])
def test_tables_are_made_over_a_connection(before: str, after: str, bridge: bool, tmp_path: Path) -> None:  # noqa: FBT001 - both steps
    head = "from sqlalchemy import Engine, MetaData, create_engine\nfrom sqlalchemy.orm import DeclarativeBase\n\n\n"
    text, stays = changed(tmp_path, head + before, bridge=bridge)

    assert after in text
    assert not stays


def test_a_connection_that_is_there_already_keeps_its_name(tmp_path: Path) -> None:
    text, _ = changed(
        tmp_path,
        "from sqlalchemy import Engine, MetaData, text\n\n\ndef f(meta: MetaData, engine: Engine):\n"
        "    with engine.connect() as connection:\n        meta.reflect(engine)\n"
        "        return connection.execute(text('SELECT 1'))\n",
    )

    assert (
        "        async with engine.begin() as connection_:\n            await connection_.run_sync(meta.reflect)\n"
        in text
    )
    assert "        return await connection.execute(" in text


def test_what_is_no_metadata_makes_its_tables_itself(tmp_path: Path) -> None:
    code = "from sqlalchemy import Engine\n\n\nclass Own:\n    def create_all(self, e):\n        return e\n\n\ndef f(e: Engine):\n    Own().create_all(e)\n"
    text, _ = changed(tmp_path, code)

    assert "    Own().create_all(e)\n" in text


GENERATORS = {
    "a variable": (
        "def g(s: Session):\n    for x in s.scalars(select(1)):\n        yield x\n\n\n"
        "def f(s: Session):\n    xs = g(s)\n    for x in xs:\n        print(x)\n",
        "async def f(s: AsyncSession):\n    xs = g(s)\n    async for x in xs:\n        print(x)\n",
    ),
    "next": (
        "def g(s: Session):\n    yield s.get(int, 1)\n\n\ndef f(s: Session):\n    return next(g(s), None)\n",
        "async def f(s: AsyncSession):\n    return await anext(g(s), None)\n",
    ),
    "a list": (
        "def g(s: Session):\n    yield s.get(int, 1)\n\n\ndef f(s: Session):\n    return list(g(s)) + sorted(g(s))\n",
        "async def f(s: AsyncSession):\n    return [each async for each in g(s)] + sorted([each async for each in g(s)])\n",
    ),
    "a text": (
        "def g(s: Session):\n    yield s.get(str, 1)\n\n\ndef f(s: Session):\n    return ','.join(g(s))\n",
        "async def f(s: AsyncSession):\n    return ','.join([each async for each in g(s)])\n",
    ),
    "one in another": (
        "def g(s: Session):\n    yield s.get(int, 1)\n\n\ndef f(s: Session):\n    yield from g(s)\n",
        "async def f(s: AsyncSession):\n    async for each in g(s):\n        yield each\n",
    ),
    "closing": (
        "def g(s: Session):\n    yield s.get(int, 1)\n\n\ndef f(s: Session):\n    xs = g(s)\n    xs.close()\n",
        "async def f(s: AsyncSession):\n    xs = g(s)\n    await xs.aclose()\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), GENERATORS.values(), ids=GENERATORS.keys())
def test_what_goes_through_a_generator_follows_it(before: str, after: str, tmp_path: Path) -> None:
    text, stays = changed(tmp_path, HEAD + before)

    assert "async def g(s: AsyncSession):" in text
    assert text.endswith(after)
    assert not stays


def test_what_only_makes_a_generator_does_not_wait_and_what_cannot_go_through_it_keeps_it_sync(tmp_path: Path) -> None:
    made = HEAD + (
        "from starlette.responses import StreamingResponse\n\n\ndef g(s: Session):\n    yield s.get(str, 1)\n\n\n"
        "def f(s: Session):\n    return StreamingResponse(g(s))\n"
    )
    text, stays = changed(tmp_path / "a", made)
    assert "async def g(" in text
    assert "\ndef f(s: AsyncSession):\n    return StreamingResponse(g(s))\n" in text
    assert not stays

    zipped = HEAD + "def g(s: Session):\n    yield s.get(int, 1)\n\n\ndef f(s: Session):\n    return zip(g(s), g(s))\n"
    text, stays = changed(tmp_path / "b", zipped)
    assert "await" not in text
    assert any("no async form" in reason for reason in stays)


def test_annotations_of_generators_follow_through_an_alias(tmp_path: Path) -> None:
    text, _ = changed(
        tmp_path,
        "from collections.abc import Generator, Iterator\n"
        + HEAD
        + "Lines = Generator[str, None, None]\n\n\ndef g(s: Session) -> Lines:\n    yield s.get(str, 1)\n\n\n"
        "def f(s: Session) -> Iterator[str]:\n    return g(s)\n",
    )

    assert "Lines = AsyncGenerator[str, None]\n" in text
    assert "def f(s: AsyncSession) -> AsyncIterator[str]:" in text


def test_a_session_class_of_the_programs_own_stays_sync_and_the_async_session_is_made_of_it(tmp_path: Path) -> None:
    text, stays = changed(
        tmp_path,
        "from sqlalchemy import create_engine, event\n"
        "from sqlalchemy.orm import Session, sessionmaker\n\n\n"
        "class Audited(Session):\n    def kept(self, x):\n        self.add(x)\n        self.flush()\n\n\n"
        "@event.listens_for(Audited, 'after_flush')\ndef trail(session: Session, _context):\n    session.execute('x')\n\n\n"
        "engine = create_engine('postgresql+psycopg2://')\nfactory: sessionmaker[Audited] = sessionmaker(engine, class_=Audited)\n\n\n"
        "def f(x):\n    with factory() as s:\n        s.kept(x)\n        s.commit()\n\n\n"
        "def g(s: Audited):\n    s.commit()\n\n\ndef h():\n    with Audited(engine) as s:\n        s.commit()\n",
    )

    assert "class Audited(Session):\n    def kept(self, x):\n        self.add(x)\n        self.flush()\n" in text
    assert (
        "@event.listens_for(Audited, 'after_flush')\ndef trail(session: Session, _context):\n    session.execute"
        in text
    )
    assert "factory: async_sessionmaker[AsyncSession] = async_sessionmaker(engine, sync_session_class=Audited)" in text
    assert "        await s.run_sync(lambda s: s.kept(x))\n        await s.commit()\n" in text
    assert "async def g(s: AsyncSession):" in text
    assert "async with AsyncSession(engine, sync_session_class=Audited) as s:" in text
    assert len(stays) == 2


def test_an_event_of_an_engine_is_one_of_the_sync_engine_in_it(tmp_path: Path) -> None:
    text, _ = changed(
        tmp_path,
        "from sqlalchemy import create_engine, event\n\nengine = create_engine('postgresql+psycopg2://')\n\n\n"
        "@event.listens_for(engine, 'connect')\ndef connected(connection, _record):\n    pass\n\n\n"
        "def f():\n    with engine.begin() as connection:\n        connection.execute('x')\n",
    )

    assert "@event.listens_for(engine.sync_engine, 'connect')" in text
    again, _ = changed(tmp_path / "again", text)
    assert "sync_engine.sync_engine" not in again


def test_a_decorators_types_say_that_what_it_wraps_is_awaited(tmp_path: Path) -> None:
    text, _ = changed(
        tmp_path,
        "import time\nfrom collections.abc import Callable\nfrom functools import wraps\n"
        + HEAD
        + "def retried(unit: Callable[[Session], int]) -> Callable[[Session], int]:\n    @wraps(unit)\n"
        "    def run(s: Session) -> int:\n        time.sleep(1)\n        return unit(s)\n\n    return run\n\n\n"
        "@retried\ndef f(s: Session) -> int:\n    s.flush()\n    return 1\n\n\ndef g(s: Session):\n    return f(s)\n",
    )

    assert (
        "def retried(unit: Callable[[AsyncSession], Awaitable[int]]) -> Callable[[AsyncSession], Awaitable[int]]:"
        in text
    )
    assert (
        "    async def run(s: AsyncSession) -> int:\n        await asyncio.sleep(1)\n        return await unit(s)\n"
        in text
    )
    assert "import time" not in text
    assert "\nasync def g(s: AsyncSession):\n    return await f(s)\n" in text


def test_what_a_library_asks_through_is_handed_to_it_on_the_sync_side(tmp_path: Path) -> None:
    text, stays = changed(
        tmp_path,
        "from alembic import command\nfrom alembic.config import Config\nfrom sqlalchemy import Connection, create_engine\n"
        "from fastapi_pagination.ext.sqlalchemy import paginate\n"
        + HEAD
        + "engine = create_engine('postgresql+psycopg2://')\n\n\n"
        "def config(connection: Connection):\n    made = Config()\n    made.attributes['connection'] = connection\n    return made\n\n\n"
        "def upgrade(connection: Connection):\n    command.upgrade(config(connection), 'head')\n\n\n"
        "def migrate():\n    with engine.begin() as connection:\n        upgrade(connection)\n    engine.dispose()\n\n\n"
        "def page(s: Session):\n    return paginate(s, select(1))\n",
    )

    assert "\ndef config(connection: Connection):\n" in text
    assert "\ndef upgrade(connection: Connection):\n    command.upgrade(config(connection), 'head')\n" in text
    assert "        await connection.run_sync(upgrade)\n    await engine.dispose()\n" in text
    assert "async def page(s: AsyncSession):\n    return await s.run_sync(paginate, select(1))\n" in text
    assert all("a library is given the connection here" in reason for reason in stays)


def test_a_connection_that_nobody_wants_is_dropped_by_name(tmp_path: Path) -> None:
    text, _ = changed(tmp_path, HEAD + "def f(s: Session):\n    s.connection()\n    return s.connection()\n")

    assert "    _ = await s.connection()\n    return await s.connection()\n" in text


def test_what_stays_sync_and_begins_a_session_of_its_own_is_told(tmp_path: Path) -> None:
    found = program(
        tmp_path,
        app="import threading\nfrom sqlalchemy.orm import sessionmaker\n\nfactory = sessionmaker()\n\n\n"
        "def work():\n    with factory() as s:\n        s.commit()\n\n\n"
        "def start():\n    threading.Thread(target=work).start()\n\n\n"
        "def route():\n    with factory() as s:\n        s.commit()\n",
    )

    assert {call.unit for call in beginning(planned(found))} == {"app:work"}


def test_what_runs_on_the_sync_side_for_a_library_stays_there(tmp_path: Path) -> None:
    text = (
        "import asyncio\nfrom alembic import context\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
        "engine = create_async_engine('postgresql+asyncpg://')\n\n\n"
        "async def online():\n    def run(connection):\n        context.configure(connection=connection)\n"
        "        context.run_migrations()\n\n    async with engine.connect() as connection:\n"
        "        await connection.run_sync(run)\n\n\nasyncio.run(online())\n"
    )

    assert changed(tmp_path, text)[0] == text


def test_a_generator_expression_that_gets_company_gets_parentheses(tmp_path: Path) -> None:
    text = HEAD + (
        "class A:\n    def __init__(self, s: Session):\n        self.s = s\n\n    @property\n    def f(self):\n"
        "        return total(x for x in self.s.scalars(select(1)))\n\n\n"
        "def total(xs, s: Session | None = None):\n    return 0\n\n\n"
        "def g(s: Session, xs):\n    return kept(x for x in xs)\n\n\n"
        "def kept(xs):\n    s = Session()\n    s.flush()\n    return any(xs)\n\n\n"
        "class B:\n    @property\n    def f(self):\n        return kept([])\n"
    )
    after, _ = changed(tmp_path, text)

    assert "(x for x in xs)" in after
    compile(after, "app.py", "exec")
