import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Response

from async_app import main
from async_app.fast import order_json
from async_app.fast.autocommit import ConnectionDep, fetch_one
from async_app.fast.caller import CallerDep
from async_app.settings import Settings
from shared_models.errors import NotFoundError
from shared_models.models import OrderStatus
from shared_models.rules import cursors
from shared_models.schemas.values import Text

router = APIRouter()


@router.get("/orders/{order_id}")
async def read_order(connection: ConnectionDep, asking: CallerDep, order_id: UUID) -> Response:
    row = await fetch_one(connection, order_json.ONE, order_id, asking.is_staff, asking.id)
    if row is None:
        raise NotFoundError("There is no such order.")
    return Response(row[0], media_type="application/json")


@router.get("/orders")
async def list_orders(
    connection: ConnectionDep,
    asking: CallerDep,
    status: OrderStatus | None = None,
    after: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    values = [limit + 1]
    if not asking.is_staff:
        values.append(asking.id)
    if status is not None:
        values.append(status)
    if after:
        values.append(int(cursors.decode(after, int)[0]))
    sql = order_json.page(mine=not asking.is_staff, status=status is not None, after=bool(after))
    rows = (await connection.exec_driver_sql(sql, tuple(values))).all()
    page = rows[:limit]
    following = json.dumps(cursors.encode(page[-1][0])) if len(rows) > limit else "null"
    return Response('{"orders":[' + ",".join([row[1] for row in page]) + '],"next":' + following + "}", media_type="application/json")


def create_app(settings: Settings | None = None) -> FastAPI:
    app = main.create_app(settings)
    app.state.reading = app.state.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    plain = list(app.router.routes)
    app.router.routes.clear()
    app.include_router(router, include_in_schema=False)
    app.router.routes.extend(plain)
    return app
