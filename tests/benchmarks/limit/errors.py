"""From what asyncpg raised to what the client is told; the rest is async_app's."""

import asyncpg
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from async_app import errors as twin
from shared_models import errors


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    twin.install(app)
    for told in _TOLD:
        app.exception_handler(told)(_timed_out)
    for gone in (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError):
        app.exception_handler(gone)(app.exception_handlers[asyncpg.PostgresError])
    app.exception_handler(asyncpg.PostgresError)(_unexpected)


_TOLD: dict[type[Exception], errors.DomainError] = {
    asyncpg.QueryCanceledError: errors.StatementTimeoutError("The database gave up on a statement that ran too long."),
    asyncpg.LockNotAvailableError: errors.RowLockedError("Another request holds this row. Try again in a moment."),
    asyncpg.TransactionRollbackError: errors.OverloadedError(
        "Too many changes of the same rows at once. Try again in a moment."
    ),
}


async def _timed_out(_request: Request, error: Exception) -> Response:
    told = next(told for kind, told in _TOLD.items() if isinstance(error, kind))
    return JSONResponse(told.document(), told.status, told.headers, media_type="application/problem+json")


async def _unexpected(_request: Request, error: Exception) -> Response:
    raise error  # a bug of ours: for the handler of everything else
