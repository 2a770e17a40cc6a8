"""Dependencies that never wait, on the loop: FastAPI runs a plain function in a thread, one hop for each of them."""

from fastapi import FastAPI

from async_app.auth.router import Credentials, CurrentCustomer, bearer_token, current_staff
from shared_models.models import Customer


async def get_bearer(credentials: Credentials) -> str:
    """Return the bearer token of the request."""
    return bearer_token(credentials)


async def get_current_staff(customer: CurrentCustomer) -> Customer:
    """Return the customer who is asking, who has to be staff."""
    return current_staff(customer)


def install(app: FastAPI) -> None:
    """Put them in the place of the plain ones, in all routes."""
    app.dependency_overrides |= {bearer_token: get_bearer, current_staff: get_current_staff}
