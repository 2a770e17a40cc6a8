"""What each lever of the async app gains by itself: `uv run python -m tests.benchmarks levers`.

The app with all levers against the same app without one, in turns, on the route that the lever is there for. What a
lever is, `async_app.fast` says; what stands in its place, the factories below say.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from async_app import fast
from async_app.auth import service
from async_app.fast import autocommit, callers, idle_ping, items, orders, reports
from async_app.settings import Settings
from compare.bench.sender import sending
from compare.bench.taking import machine
from tests.benchmarks.requests import an_order, exported, get, imported
from tests.benchmarks.stage import alternating, configured, filled, one_by_one, up
from tests.benchmarks.table import of, ratio, table


def without_idle_ping(settings: Settings | None = None) -> FastAPI:
    """The pool pings each connection before it hands it out."""
    idle_ping.install = lambda engine: None  # noqa: ARG005 - its name is part of the signature
    return fast.create_app(settings)


def without_autocommit(settings: Settings | None = None) -> FastAPI:
    """A read begins and ends a transaction."""
    autocommit._single = partial(autocommit._single, pooled=True)  # type: ignore[assignment]  # noqa: SLF001
    return fast.create_app(settings)


def without_callers(settings: Settings | None = None) -> FastAPI:
    """Who asks is an entity, read in a session before the answer is."""
    app = fast.create_app(settings)
    database = app.state.database

    async def authenticated(connection: AsyncConnection, statement: str, bearer: str, *values: object) -> Sequence[Any]:
        async with database.sessions(bind=connection) as session:
            _ = await service.authenticate(session, bearer)
        return await whole(connection, statement, bearer, *values)

    whole = callers.authenticated
    vars(orders)["authenticated"] = authenticated
    return app


def without_orders(settings: Settings | None = None) -> FastAPI:
    """Orders are read and listed through the ORM, as the plain routes do it."""
    orders.router = APIRouter()
    return fast.create_app(settings)


def without_items(settings: Settings | None = None) -> FastAPI:
    """An import goes through the unit of work."""
    items.router = APIRouter()
    return fast.create_app(settings)


def without_reports(settings: Settings | None = None) -> FastAPI:
    """An export's lines are made of rows, and the dashboard's queries have sessions."""
    reports.router = APIRouter()
    return fast.create_app(settings)


def main() -> None:
    """Measure and print."""
    print(machine())
    config = configured()
    with sending() as sender, filled(config) as server:
        loaded = partial(alternating, sender, clients=16)
        reading = "read an order", partial(loaded, load=lambda app, _: [an_order(app)])
        for lever, (route, measured) in {
            without_idle_ping: reading,
            without_autocommit: reading,
            without_callers: reading,
            without_orders: ("list 20 orders", partial(loaded, load=lambda app, _: [get(app, "/orders?limit=20")])),
            without_items: ("import 10,000 items", partial(one_by_one, work=imported)),
            without_reports: ("export as CSV", partial(one_by_one, work=lambda app, _: exported(app, "csv", least=0))),
        }.items():
            name = f"{__name__}:{lever.__name__}"
            print(f"\n{lever.__name__}: {lever.__doc__} Measured: {route}.")
            with up(config, server, ("async", name)) as apps:
                taken = measured(apps=apps)
            table(taken)
            ratio("requests for a CPU second, with it to without", 1 / of(taken, "cpu", under=name))
