"""The application: what it is made of, and what happens when it starts and stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from async_app import database, errors
from async_app.auth.router import router as auth
from async_app.customers.router import router as customers
from async_app.health.router import router as health
from async_app.items.router import router as items
from async_app.middleware import RequestLog
from async_app.orders.router import router as orders
from async_app.reports.router import router as reports
from async_app.settings import Settings
from async_app.wallets.router import router as wallets
from shared_models.schemas.problems import Problem


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connection pool for as long as the app serves."""
    yield
    await database.stop(app.state.database)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the app; settings come from the environment unless they are given."""
    app = FastAPI(title="Shop", version="1.0.0", lifespan=lifespan, responses={"default": {"model": Problem}})
    app.state.database = database.connect(settings or Settings())
    app.add_middleware(RequestLog)
    errors.install(app)
    for router in (auth, customers, wallets, items, orders, reports, health):
        app.include_router(router)
    return app
