"""SQLAlchemy's engines, pools and sessions of this process, watched through their public events."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from . import connections, loads, statements, transactions
from .current import note
from .imports import when_imported
from .work import uses

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Watch SQLAlchemy as soon as the app imports it; nothing is imported for the app."""
    when_imported("sqlalchemy", _follow)
    when_imported("sqlalchemy.orm", loads.install)


def _follow(_sqlalchemy: Any) -> None:
    from sqlalchemy import event  # noqa: PLC0415 - the app has just imported it
    from sqlalchemy.engine import Engine  # noqa: PLC0415 - as above
    from sqlalchemy.pool import Pool  # noqa: PLC0415 - as above

    engine_events: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", statements.before),
        ("after_cursor_execute", statements.after),
        ("handle_error", statements.failed),
        ("begin", transactions.begin),
        ("begin_twophase", transactions.begin),
        ("commit", transactions.commit),
        ("commit_twophase", transactions.commit_twophase),
        ("rollback", transactions.rollback),
        ("rollback_twophase", transactions.rollback),
    )
    pool_events: tuple[tuple[str, Callable[..., None]], ...] = (
        ("checkout", connections.checkout),
        ("checkin", connections.checkin),
        ("invalidate", connections.invalidate),
        ("detach", connections.detach),
        ("close_detached", connections.close_detached),
    )
    for name, listener in engine_events:
        event.listen(Engine, name, harmless(listener))
    for name, listener in pool_events:
        event.listen(Pool, name, harmless(listener))
    _follow_engines()


def harmless(listener: Callable[..., None]) -> Callable[..., None]:
    """The same listener, which raises nothing into the app: it says once that it failed."""
    told: list[str] = []

    @wraps(listener)
    def call(*args: Any) -> None:
        try:
            listener(*args)
        except Exception as error:  # noqa: BLE001 - the app must go on whatever the probe does
            if not told:
                told.append(listener.__name__)
                note("Logged", level="WARNING", logger="compare.probe", message=f"{listener.__name__}: {error!r}")

    return call


def _follow_engines() -> None:
    """An app uses SQLAlchemy once it makes an engine; other libraries import it for its SQL alone.

    Dialects are told of a new engine. `Engine.__init__` must stay as it is: create_engine reads its parameters.
    """
    from sqlalchemy.engine.interfaces import Dialect  # noqa: PLC0415 - the app has just imported it

    original = Dialect.engine_created

    def engine_created(_dialect: type[Any], engine: Any) -> None:
        uses.add("sqlalchemy")
        original(engine)

    setattr(Dialect, "engine_created", classmethod(engine_created))  # noqa: B010 - a method, to the type checker
