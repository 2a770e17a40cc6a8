"""One small resource on each stack that teams come from or go to: the same, and found out with a defect."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from compare.config import Config, load
from compare.postgres import Address, Server, fill
from compare.verdict import Verdict, choose_scenarios, run
from compare.verdict.run import Run
from compare.verdict.sides import opened

from .environments import interpreter

CONFIG = Path(__file__).parent / "stacks" / "compare.toml"
SERVED = ("fastapi==0.165.0", "uvicorn==0.54.0")
PARTS = {f"DATABASE_{part}": f"{{{part.lower()}}}" for part in ("HOST", "PORT", "USER", "PASSWORD")}


@dataclass(frozen=True)
class Stack:
    """How a stack is served, and by what its defect is found.

    `packages` are those of its own interpreter; without any, this project's is used.
    """

    module: str
    bug: str
    code: str
    route: str
    env: dict[str, str] = field(default_factory=lambda: {"DATABASE_URL": "{url}"})
    packages: tuple[str, ...] = ()
    sqlalchemy: bool = False


FIRST = "SQLAlchemy in threads on psycopg2"
STACKS = {
    FIRST: Stack("sqlalchemy_sync", "status", "RES001", "POST /buoys", {"DATABASE_URL": "{sync_url}"}, sqlalchemy=True),
    "SQLAlchemy on asyncpg": Stack(
        "sqlalchemy_async", "commit", "ROW008", "PUT /buoys/{buoy_id}", {"DATABASE_URL": "{async_url}"}, sqlalchemy=True
    ),
    "SQLAlchemy on psycopg 3": Stack(
        "sqlalchemy_async",
        "again",
        "SQL002",
        "GET /buoys",
        {"DATABASE_URL": "{psycopg_url}"},
        ("sqlalchemy[asyncio]==2.1.9", "psycopg[binary]==3.3.9"),
        sqlalchemy=True,
    ),
    "asyncpg": Stack("raw_asyncpg", "split", "TXN003", "PUT /buoys/{buoy_id}"),
    "databases": Stack(
        "plain_databases", "value", "ROW003", "PUT /buoys/{buoy_id}", packages=("databases[asyncpg]==0.9.0",)
    ),
    "Tortoise ORM": Stack(
        "tortoise_orm", "row", "ROW002", "PUT /buoys/{buoy_id}", packages=("tortoise-orm[asyncpg]==1.1.9",)
    ),
    "Django ORM in threads": Stack(
        "django_orm",
        "conflict",
        "ERR005",
        "POST /buoys",
        PARTS | {"DATABASE_NAME": "{database}"},
        ("django==5.2.19", "psycopg[binary]==3.3.9"),
    ),
}


def configured(stack: Stack, server: Address, bug: str = "") -> Config:
    """The first stack against another."""
    own = {"async.python": interpreter(*SERVED, *stack.packages)} if stack.packages else {}
    changes = {"async.app": f"stacks.{stack.module}:app", "async.env": stack.env | {"STACK_BUG": bug}}
    return load(CONFIG, {"database.url": server.url(), **changes, **own})


@pytest.fixture(scope="module")
def filled(embedded: Address) -> Iterator[Server]:
    """A server whose template holds two buoys."""
    server = Server(embedded)
    server.build_template(partial(fill, configured(STACKS[FIRST], embedded)))
    yield server
    server.close()


def compared(config: Config, server: Server) -> Verdict:
    """A run without its first part, in which each side is compared with itself: it takes two apps, not six."""
    with opened(server, config, config.sides) as sides:
        scenarios = choose_scenarios(config).scenarios(sides.legacy.subject)
        going = Run.of(config, sides, scenarios, lambda _event: None)
        return going.verdict(scenarios, time.monotonic(), whole=True)


def means(verdict: Verdict) -> dict[str, tuple[str, str]]:
    """How each layer could be seen on either side, legacy first."""
    seen = {(sight.layer, sight.side): sight.means for sight in verdict.sights}
    return {layer: (seen[layer, "legacy"], seen[layer, "async"]) for layer, _ in seen}


@pytest.mark.parametrize("name", [name for name in STACKS if name != FIRST])
def test_a_stack_is_the_same_as_the_first(name: str, embedded: Address) -> None:
    """A whole run, so the first is compared with itself each time."""
    stack = STACKS[name]
    config = configured(stack, embedded)

    verdict = run(config, choose_scenarios(config), lambda _event: None)

    assert [str(finding) for finding in verdict.differences] == []
    assert (verdict.exit_code, verdict.stopped, verdict.unexercised, verdict.unstable) == (0, None, (), ())
    rows = {table.name: (table.legacy, table.async_) for table in verdict.tables}
    assert rows == {"buoys": (2, 2), "soundings": (3, 3)}
    assert means(verdict) == {
        "response": ("wire", "wire"),
        "error": ("probe", "probe"),
        "rows": ("log", "log"),
        "statements": ("probe", "probe" if stack.sqlalchemy else ""),
        "transactions": ("probe", "probe" if stack.sqlalchemy else "log"),
        "runtime": ("probe", "probe"),
    }


@pytest.mark.parametrize("name", STACKS)
def test_a_defect_of_a_stack_is_named_with_its_route(name: str, embedded: Address, filled: Server) -> None:
    stack = STACKS[name]

    verdict = compared(configured(stack, embedded, stack.bug), filled)

    primary = [group.primary for group in verdict.groups if group.severity == "difference"]
    assert [(finding.code, finding.route) for finding in primary] == [(stack.code, stack.route)]
    assert verdict.exit_code == 1
