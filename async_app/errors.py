"""From what went wrong to what the client is told: RFC 9457 problem details for every error."""

import logging

import asyncpg
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from shared_models import errors, sqlstates

logger = logging.getLogger(__name__)


def sqlstate(error: DBAPIError) -> str | None:
    """Return PostgreSQL's five-letter code, or nothing when the error did not come from the server."""
    return getattr(error.orig, "sqlstate", None)


def constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that refused a row; SQLAlchemy wraps the error that knows it (T22)."""
    return getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document.

    The handlers are coroutines: a plain function would be run in a thread, and a full app has none to spare.
    """
    app.exception_handler(errors.DomainError)(_domain)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(PoolTimeoutError)(_pool_timeout)
    app.exception_handler(DBAPIError)(_database)
    # What goes wrong while connecting: asyncpg lets a refused connection through as it is, and SQLAlchemy 2.0 also what
    # the server says then (2.1 wraps it).
    for error in (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        app.exception_handler(error)(_gone)
    app.exception_handler(Exception)(_unexpected)


def _problem(error: errors.DomainError) -> Response:
    return JSONResponse(error.document(), error.status, error.headers, media_type="application/problem+json")


async def _domain(_request: Request, error: errors.DomainError) -> Response:
    return _problem(error)


async def _validation(_request: Request, error: RequestValidationError) -> Response:
    found = [{"loc": one["loc"], "msg": one["msg"], "type": one["type"]} for one in error.errors()]
    return _problem(errors.UnprocessableError("The request does not fit the contract.", errors=jsonable_encoder(found)))


async def _http(_request: Request, error: HTTPException) -> Response:
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code, "detail": error.detail}
    return JSONResponse(body, error.status_code, error.headers, media_type="application/problem+json")


async def _pool_timeout(_request: Request, _error: Exception) -> Response:
    return _problem(errors.OverloadedError("All connections are in use. Try again in a moment."))


async def _database(request: Request, error: DBAPIError) -> Response:
    """Tell the time-outs of the database from one another, and a database that is gone from a bug of ours."""
    if error.statement is None:  # not a statement failed, a connection could not be had
        return await _gone(request, error)
    match sqlstate(error):
        case sqlstates.QUERY_CANCELED:
            return _problem(errors.StatementTimeoutError("The database gave up on a statement that ran too long."))
        case sqlstates.LOCK_NOT_AVAILABLE:
            return _problem(errors.RowLockedError("Another request holds this row. Try again in a moment."))
        case sqlstates.SERIALIZATION_FAILURE | sqlstates.DEADLOCK_DETECTED:
            return _problem(errors.OverloadedError("Too many changes of the same rows at once. Try again in a moment."))
        case (
            None
            | sqlstates.CONNECTION_DOES_NOT_EXIST
            | sqlstates.CONNECTION_FAILURE
            | sqlstates.ADMIN_SHUTDOWN
            | sqlstates.CANNOT_CONNECT_NOW
            | sqlstates.TOO_MANY_CONNECTIONS
        ):
            return await _gone(request, error)
    return await _unexpected(request, error)


async def _gone(request: Request, error: Exception) -> Response:
    logger.error("%s %s: the database does not answer: %s", request.method, request.url.path, error)
    return _problem(errors.UnavailableError("The database does not answer."))


async def _unexpected(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    body = {"type": "about:blank", "title": "Internal error", "status": 500, "detail": "Something broke on our side."}
    return JSONResponse(body, 500, media_type="application/problem+json")
