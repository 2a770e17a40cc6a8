"""Reports over HTTP."""

from typing import Annotated

from anyio import CancelScope
from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from async_app.auth.router import CurrentStaff
from async_app.database import Database, SessionDep
from async_app.reports import service
from shared_models.schemas.reports import Dashboard, SalesReport

router = APIRouter(prefix="/reports", tags=["reports"])

#: Seconds of work that a report makes for the database on top of its own: how a heavy one is had from little data.
Effort = Annotated[float, Query(ge=0, le=10)]

CSV = "text/csv"
NDJSON = "application/x-ndjson"


async def get_sessions(request: Request, session: SessionDep, _staff: CurrentStaff) -> async_sessionmaker[AsyncSession]:
    """Give staff sessions of their own to open, in place of the request's, whose connection goes back."""
    await session.close()
    database: Database = request.app.state.database
    return database.sessions


SessionsDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)]


class Export(StreamingResponse):
    """A download. Its source is closed on every path, also when the client goes away in the middle."""

    def __init__(self, lines: service.Lines, name: str, media_type: str) -> None:
        super().__init__(lines, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, media_type)
        self.lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self.lines.aclose()


@router.get("/sales")
async def report_sales(request: Request, session: SessionDep, _staff: CurrentStaff, effort: Effort = 0) -> SalesReport:
    """Report sales by day, newest first."""
    limit = request.app.state.database.settings.report_timeout
    return await service.sales(session, effort, limit)


@router.get("/dashboard")
async def show_dashboard(sessions: SessionsDep, effort: Effort = 0) -> Dashboard:
    """Show four numbers at once."""
    return await service.dashboard(sessions, effort)


@router.get(
    "/orders.csv", response_class=StreamingResponse, responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}}
)
async def export_orders_csv(sessions: SessionsDep) -> Export:
    """Export all orders as CSV."""
    return Export(await service.export_csv(sessions), "orders.csv", CSV)


@router.get(
    "/orders.ndjson",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def export_orders_ndjson(sessions: SessionsDep) -> Export:
    """Export all orders as newline-delimited JSON."""
    return Export(await service.export_ndjson(sessions), "orders.ndjson", NDJSON)


@router.get("/price-list", response_class=HTMLResponse)
async def show_price_list(session: SessionDep, _staff: CurrentStaff) -> HTMLResponse:
    """Show all items with their prices."""
    return HTMLResponse(await service.price_list(session))
