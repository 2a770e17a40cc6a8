"""The application: what it is made of, and what happens when it starts and stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from async_app.middleware import RequestLog
from async_app.settings import Settings
from tests.benchmarks.limit import database, errors
from tests.benchmarks.limit.items import router as items
from tests.benchmarks.limit.orders import router as orders
from tests.benchmarks.limit.payments import router as payments
from tests.benchmarks.limit.reports import router as reports
from tests.benchmarks.limit.wallets import router as wallets


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connection pool for as long as the app serves."""
    async with database.connect(app.state.settings) as app.state.database:
        yield


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the app; settings come from the environment unless they are given."""
    app = FastAPI(title="Shop", version="1.0.0", lifespan=lifespan)
    app.state.settings = settings or Settings()
    app.add_middleware(RequestLog)
    errors.install(app)
    for router in (items, orders, payments, reports, wallets):
        app.include_router(router)
    return app
