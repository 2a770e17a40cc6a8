"""Steps 4 and 6, and what an engine is made with: the strict driver, and nothing sync on the loop."""

from pathlib import Path

import pytest

from compare.steps.convert import converted, edges, planned
from compare.steps.engines import asyncpg_arguments
from compare.steps.rewrite import Edits, rewritten
from compare.steps.stopgap import off_the_loop
from compare.steps.strict import by_state
from tests.compare.programs import program


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("isinstance(e.orig, psycopg2.errors.UniqueViolation)", '(getattr(e.orig, "pgcode", None) == "23505")'),
        (
            "isinstance(e.orig, (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure))",
            '(getattr(e.orig, "pgcode", None) in {"40P01", "40001"})',
        ),
        ("isinstance(e.orig, psycopg2.OperationalError)", None),
        ("isinstance(e, psycopg2.errors.UniqueViolation)", None),
    ],
)
def test_a_drivers_class_is_told_by_its_sqlstate(before: str, after: str | None, tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    by_state(
        program(tmp_path, app=f"import psycopg2\nimport psycopg2.errors\n\n\ndef f(e):\n    return {before}\n"), edits
    )

    assert (rewritten(edits["app"]).rpartition("return ")[2].strip() if edits else None) == after


@pytest.mark.parametrize(
    ("imported", "named"),
    [
        ("from psycopg2 import errorcodes", "errorcodes.UNIQUE_VIOLATION"),
        ("from psycopg2.errorcodes import UNIQUE_VIOLATION as TWICE", "TWICE"),
        ("import psycopg2.errorcodes", "psycopg2.errorcodes.UNIQUE_VIOLATION"),
    ],
)
def test_a_named_state_is_written_out(imported: str, named: str, tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    by_state(program(tmp_path, app=f"{imported}\n\n\ndef f(e):\n    return e.orig.pgcode == {named}\n"), edits)

    assert rewritten(edits["app"]).strip() == 'def f(e):\n    return e.orig.pgcode == "23505"'


def test_a_state_in_a_pattern_is_written_out(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    code = "from psycopg2 import errorcodes\n\n\ndef f(e):\n    match e:\n        case None | errorcodes.LOCK_NOT_AVAILABLE:\n            return 1\n"
    by_state(program(tmp_path, app=code), edits)

    assert '        case None | "55P03":\n' in rewritten(edits["app"])
    assert "psycopg2" not in rewritten(edits["app"])


def test_what_is_no_state_is_left(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    code = (
        "from psycopg2 import errorcodes\n\n\ndef f(e):\n    return errorcodes.lookup(e), errorcodes.CLASS_UNHEARD_OF\n"
    )
    by_state(program(tmp_path, app=code), edits)

    assert not edits


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('connect_args={"sslmode": "require", "connect_timeout": 5}', 'connect_args={"ssl": "require", "timeout": 5}'),
        (
            'connect_args={"application_name": "x", "options": "-c timezone=UTC -c a.b=1"}',
            'connect_args={"server_settings": {"application_name": "x", "timezone": "UTC", "a.b": "1"}}',
        ),
        ('connect_args={"keepalives": 1}', "connect_args={}"),
        ('connect_args={"unheard_of": 1}', 'connect_args={"unheard_of": 1}'),
        ('executemany_mode="values_only", pool_size=5', "pool_size=5"),
        ("pool_size=5, poolclass=QueuePool", "pool_size=5"),
    ],
)
def test_an_engine_is_made_in_asyncpgs_words(before: str, after: str, tmp_path: Path) -> None:
    text = f"from sqlalchemy import create_engine\nfrom sqlalchemy.pool import QueuePool\nengine = create_engine(URL, {before})\n"
    plan = planned(program(tmp_path, app=text))
    found = rewritten(converted(plan, making=asyncpg_arguments)["app"])

    assert f"engine = create_async_engine(URL, {after})\n" in found


HEAD = "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\n\n"
LOOP = HEAD + (
    "def count(s: Session):\n    return s.scalar(select(1))\n\n\n"
    "async def route(s: Session):\n    first = s.execute(select(1)).all()\n    if count(s):\n        return first\n"
)


def test_what_blocks_the_loop_runs_in_a_thread(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    left = off_the_loop(program(tmp_path, app=LOOP), edits)
    text = rewritten(edits["app"])

    assert not left
    assert "    first = (await run_in_threadpool(s.execute, select(1))).all()\n" in text
    assert "    if await run_in_threadpool(count, s):\n" in text
    assert "def count(s: Session):\n    return s.scalar(select(1))\n" in text


def test_and_the_later_steps_take_the_threads_away(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    off_the_loop(program(tmp_path / "a", app=LOOP), edits)
    bridged = rewritten(converted(planned(program(tmp_path / "b", app=rewritten(edits["app"])), border=edges))["app"])

    assert "    first = (await s.execute(select(1))).all()\n    if await s.run_sync(count):\n" in bridged

    peeled = rewritten(converted(planned(program(tmp_path / "c", app=bridged)))["app"])

    assert "    if await count(s):\n" in peeled
    assert "run_in_threadpool" not in peeled


def test_a_block_on_the_loop_is_left_and_told(tmp_path: Path) -> None:
    edits: dict[str, Edits] = {}
    left = off_the_loop(
        program(tmp_path, app=HEAD + "async def f(e):\n    with Session(e) as s:\n        return s.new\n"), edits
    )

    assert [(one.line, one.code) for one in left] == [(6, "T08")]
    assert not edits
