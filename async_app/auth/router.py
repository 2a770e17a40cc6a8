"""Logging in and out over HTTP, and the dependencies by which other routes learn who is asking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from async_app.auth import service
from async_app.database import SessionDep
from shared_models.errors import ForbiddenError, UnauthorizedError
from shared_models.models import Customer
from shared_models.schemas.auth import Login, LoginRead

router = APIRouter(tags=["auth"])

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def bearer_token(credentials: Credentials) -> str:
    """Return the bearer token of the request."""
    if credentials is None:
        raise UnauthorizedError("This needs a bearer token. POST /login hands one out.")
    return credentials.credentials


BearerToken = Annotated[str, Depends(bearer_token)]


async def current_customer(session: SessionDep, bearer: BearerToken) -> Customer:
    """Return the customer who is asking."""
    return await service.authenticate(session, bearer)


CurrentCustomer = Annotated[Customer, Depends(current_customer)]


async def current_staff(customer: CurrentCustomer) -> Customer:
    """Return the customer who is asking, who has to be staff."""
    if not customer.is_staff:
        raise ForbiddenError("Only staff may do this.")
    return customer


CurrentStaff = Annotated[Customer, Depends(current_staff)]


@router.post("/login")
async def log_in(request: Request, session: SessionDep, login: Login) -> LoginRead:
    """Hand out a bearer token."""
    lifetime = request.app.state.database.settings.token_lifetime
    ip = request.client.host if request.client else None
    return await service.log_in(session, login, lifetime, ip)


@router.post("/logout", status_code=204)
async def log_out(session: SessionDep, bearer: BearerToken, _customer: CurrentCustomer) -> None:
    """Make the token of this request worthless."""
    await service.log_out(session, bearer)
