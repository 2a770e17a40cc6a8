"""Wallets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from async_app.auth.router import CurrentCustomer
from async_app.database import SessionDep
from async_app.wallets import service
from shared_models.schemas.values import IdempotencyKey
from shared_models.schemas.wallets import AccountRead, TransferCreate, TransferRead

router = APIRouter(tags=["wallets"])


@router.get("/accounts")
async def list_accounts(session: SessionDep, asking: CurrentCustomer) -> list[AccountRead]:
    """List one's own accounts."""
    return await service.list_accounts(session, asking)


@router.post("/transfers", status_code=201)
async def transfer(
    response: Response,
    session: SessionDep,
    asking: CurrentCustomer,
    idempotency_key: Annotated[IdempotencyKey, Header()],
    payload: TransferCreate,
) -> TransferRead:
    """Move money from an account of one's own; the same idempotency key moves it once."""
    made, replayed = await service.transfer(session, asking, idempotency_key, payload)
    response.headers["Location"] = f"/transfers/{made.id}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return made


@router.get("/transfers/{transfer_id}")
async def read_transfer(session: SessionDep, asking: CurrentCustomer, transfer_id: UUID) -> TransferRead:
    """Read one transfer."""
    return await service.read(session, asking, transfer_id)
