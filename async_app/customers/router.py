"""Customers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from async_app.auth.router import CurrentCustomer, CurrentStaff
from async_app.customers import service
from async_app.database import SessionDep
from shared_models.schemas.customers import (
    CustomerCreate,
    CustomerPage,
    CustomerPatch,
    CustomerRead,
    PaymentMethodCreate,
    PaymentMethodRead,
)
from shared_models.schemas.values import Text

router = APIRouter(prefix="/customers", tags=["customers"])


@router.post("", status_code=201)
async def create_customer(response: Response, session: SessionDep, payload: CustomerCreate) -> CustomerRead:
    """Open an account in the shop."""
    customer = await service.create(session, payload)
    response.headers["Location"] = f"/customers/{customer.id}"
    return customer


@router.get("")
async def search_customers(
    session: SessionDep,
    _staff: CurrentStaff,
    q: Text = "",
    after: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CustomerPage:
    """Search by name and e-mail address, page by page."""
    return await service.search(session, q, after, limit)


@router.get("/{customer_id}")
async def read_customer(session: SessionDep, asking: CurrentCustomer, customer_id: UUID) -> CustomerRead:
    """Read one customer."""
    return await service.read(session, asking, customer_id)


@router.patch("/{customer_id}")
async def change_customer(
    session: SessionDep, asking: CurrentCustomer, customer_id: UUID, payload: CustomerPatch
) -> CustomerRead:
    """Change one customer."""
    return await service.change(session, asking, customer_id, payload)


@router.post("/{customer_id}/payment-methods", status_code=201)
async def add_payment_method(
    session: SessionDep, asking: CurrentCustomer, customer_id: UUID, payload: PaymentMethodCreate
) -> PaymentMethodRead:
    """Add a way to pay."""
    return await service.add_payment_method(session, asking, customer_id, payload)


@router.get("/{customer_id}/payment-methods")
async def list_payment_methods(
    session: SessionDep, asking: CurrentCustomer, customer_id: UUID
) -> list[PaymentMethodRead]:
    """List the ways to pay."""
    return await service.list_payment_methods(session, asking, customer_id)
