"""How both apps refuse: domain errors, database errors, input that a model does not accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

M = TypeVar("M", bound=BaseModel)
UNIQUE, CANCELED, SERIALIZATION = "23505", "57014", "40001"


class AdriftError(Exception):
    """A ship is at no berth."""


class AgroundError(Exception):
    """A ship does not move; only the legacy app has an answer to that."""


def accepted(model: type[M], body: dict[str, Any]) -> M:
    """The body as a model, or the validation error that FastAPI itself would raise."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(problems) from error


def sqlstate(error: DBAPIError) -> str:
    """The five characters, from either driver."""
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")


def refused(_request: Request, error: Exception) -> JSONResponse:
    """What nothing else caught of the database."""
    return JSONResponse({"detail": "the database refused"}, 500 if isinstance(error, DBAPIError) else 409)


def register(app: FastAPI) -> None:
    """The handlers that both apps have."""
    app.add_exception_handler(DBAPIError, refused)
    app.add_exception_handler(AdriftError, refused)
