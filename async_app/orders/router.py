"""Orders over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response

from async_app.auth.router import CurrentCustomer
from async_app.database import SessionDep
from async_app.orders import service
from shared_models.models import OrderStatus
from shared_models.schemas.orders import OrderCreate, OrderPage, OrderPay, OrderRead, ReceiptRead
from shared_models.schemas.values import Text

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201)
async def create_order(
    response: Response, session: SessionDep, asking: CurrentCustomer, payload: OrderCreate
) -> OrderRead:
    """Order some items."""
    order = await service.create(session, asking, payload)
    response.headers["Location"] = f"/orders/{order.id}"
    return order


@router.get("")
async def list_orders(
    session: SessionDep,
    asking: CurrentCustomer,
    status: OrderStatus | None = None,
    after: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> OrderPage:
    """List one's own orders, newest first, page by page; staff sees everybody's."""
    return await service.list_orders(session, asking, status, after, limit)


@router.get("/{order_id}")
async def read_order(session: SessionDep, asking: CurrentCustomer, order_id: UUID) -> OrderRead:
    """Read one order."""
    return await service.read(session, asking, order_id)


@router.post("/{order_id}/pay")
async def pay_order(  # noqa: PLR0913, PLR0917 - FastAPI hands them over by name
    request: Request,
    background: BackgroundTasks,
    session: SessionDep,
    asking: CurrentCustomer,
    order_id: UUID,
    payload: OrderPay,
) -> OrderRead:
    """Pay a pending order of one's own; its receipt is written afterwards."""
    order = await service.pay(session, asking, order_id, payload)
    # The id and no session: this one is still open when the task runs (T39).
    background.add_task(service.write_receipt, request.app.state.database, order.id)
    return order


@router.post("/{order_id}/cancel")
async def cancel_order(session: SessionDep, asking: CurrentCustomer, order_id: UUID) -> OrderRead:
    """Call a pending order off."""
    return await service.cancel(session, asking, order_id)


@router.get("/{order_id}/receipt")
async def read_receipt(session: SessionDep, asking: CurrentCustomer, order_id: UUID) -> ReceiptRead:
    """Read the receipt of a paid order, or where its making stands."""
    return await service.read_receipt(session, asking, order_id)
