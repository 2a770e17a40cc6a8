"""Which connections the fast app's pool pings before it hands them out."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from async_app.fast import idle_ping


class Connection(SimpleNamespace):
    """One that says whether the server has closed it."""

    def __init__(self, *, closed: bool = False) -> None:
        super().__init__(driver_connection=SimpleNamespace(is_closed=lambda: closed))


@pytest.fixture
def pinged() -> list[object]:
    """The connections that the dialect itself pinged."""
    return []


@pytest.fixture
def engine(pinged: list[object]) -> AsyncEngine:
    """With the lever, and a dialect whose pings go nowhere."""
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1/nothing")

    def ping(connection: object) -> bool:
        pinged.append(connection)
        return True

    engine.dialect.do_ping = ping  # type: ignore[method-assign,assignment]  # of this engine's dialect alone
    idle_ping.install(engine)
    return engine


def returned(engine: AsyncEngine, connection: object) -> None:
    """As the pool says it."""
    engine.sync_engine.pool.dispatch.checkin(connection, None)


def test_a_connection_that_has_just_answered_is_not_pinged(engine: AsyncEngine, pinged: list[object]) -> None:
    connection: Any = Connection()
    returned(engine, connection)
    assert engine.dialect.do_ping(connection)
    assert pinged == []


def test_one_that_the_server_has_closed_meanwhile_is_found_dead(engine: AsyncEngine, pinged: list[object]) -> None:
    connection: Any = Connection(closed=True)
    returned(engine, connection)
    assert not engine.dialect.do_ping(connection)
    assert pinged == []


def test_one_that_was_idle_is_pinged(
    engine: AsyncEngine, pinged: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection: Any = Connection()
    returned(engine, connection)
    monkeypatch.setattr(idle_ping, "IDLE", 0.0)
    assert engine.dialect.do_ping(connection)
    assert pinged == [connection]


def test_one_that_nobody_has_used_is_pinged(engine: AsyncEngine, pinged: list[object]) -> None:
    connection: Any = Connection()
    assert engine.dialect.do_ping(connection)
    assert pinged == [connection]
