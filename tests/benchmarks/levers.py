"""What each lever of the async app gains by itself: `uv run python -m tests.benchmarks levers`.

The app with all levers against the same app without one, in turns, on the route that the lever is there for. What a
lever is, `async_app.fast` says; what stands in its place, the factories below say.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from async_app import database, fast
from async_app.auth import service
from async_app.fast import autocommit, callers, idle_ping, items, orders, reports
from async_app.settings import Settings
from compare.bench.sender import sending
from compare.bench.taking import machine
from tests.benchmarks.requests import RICH, an_order, exported, get, imported, transfers
from tests.benchmarks.stage import alternating, configured, filled, one_by_one, up
from tests.benchmarks.table import of, ratio, table


def with_all(settings: Settings | None = None) -> FastAPI:
    """Nothing is taken out, but this module and its imports are there, as with the others."""
    return fast.create_app(settings)


def without_idle_ping(settings: Settings | None = None) -> FastAPI:
    """The pool pings each connection before it hands it out."""
    idle_ping.install = lambda engine: None  # noqa: ARG005 - its name is part of the signature
    return fast.create_app(settings)


def without_autocommit(settings: Settings | None = None) -> FastAPI:
    """A read begins and ends a transaction."""
    single = autocommit._single  # noqa: SLF001 - what is to be taken out is nobody else's business
    vars(autocommit)["_single"] = lambda engine, pooled: single(engine, pooled=True)  # noqa: ARG005 - whatever it says
    return fast.create_app(settings)


def without_admission(settings: Settings | None = None) -> FastAPI:
    """Requests wait in the pool's own queue."""
    for module in (database, autocommit):
        vars(module)["admission"] = lambda _database: nullcontext()
    return fast.create_app(settings)


def without_callers(settings: Settings | None = None) -> FastAPI:
    """Who asks is an entity, read in a session before the answer is."""
    app = fast.create_app(settings)
    sessions = app.state.database.sessions

    async def authenticated(connection: AsyncConnection, statement: str, bearer: str, *values: object) -> Sequence[Any]:
        async with sessions(bind=connection) as session:
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
        alone = "read an order, one client", partial(reading[1], clients=1)
        for lever, (route, measured) in {
            without_idle_ping: reading,
            without_autocommit: alone,
            without_callers: reading,
            without_orders: ("list 20 orders", partial(loaded, load=lambda app, _: [get(app, "/orders?limit=20")])),
            without_items: ("import 10,000 items", partial(one_by_one, work=imported)),
            without_reports: ("export as CSV", partial(one_by_one, work=lambda app, _: exported(app, "csv", least=0))),
            without_admission: (
                "transfer",
                partial(alternating, sender, load=lambda app, _: transfers(app), clients=64),
            ),
        }.items():
            names = [f"{__name__}:{one.__name__}" for one in (with_all, lever)]
            print(f"\n{lever.__name__}: {lever.__doc__} Measured: {route}.")
            with up(config, server, names, more=RICH) as apps:
                taken = measured(apps=apps)
            table(taken)
            for what in ("throughput", "cpu", "p99"):
                ratio(f"{what}, with it by without", of(taken, what, *names))
