"""The shape of a scenario file, checked by pydantic; what a person got wrong comes back as sentences."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from compare.traffic.capture import Capture
from compare.traffic.request import BodyKind, Request, decoded
from compare.traffic.template import NAME, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
HEAD = re.compile(r"([A-Za-z]+)\s+(\S.*)")
BODIES: tuple[BodyKind, ...] = ("json", "form", "files", "content")
ROUTE_KEYS = ("none",)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=False)


class StepModel(_Strict):
    """What stands behind `METHOD /path:`."""

    query: dict[str, Any] = {}
    headers: dict[str, str | int | float] = {}
    cookies: dict[str, str | int | float] = {}
    json_: Any = Field(default=None, alias="json")
    form: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    content: str | None = None
    capture: dict[str, str] = {}
    status: int | None = Field(default=None, ge=100, le=599)
    until: int | None = Field(default=None, ge=100, le=599)
    within: float = Field(default=5.0, gt=0, le=600)
    repeat: int = Field(default=1, ge=1, le=10_000)
    follow_redirects: bool = False
    route: str | None = None

    @field_validator("capture")
    @classmethod
    def _expressions(cls, value: dict[str, str]) -> dict[str, str]:
        for name, expression in value.items():
            if re.fullmatch(NAME, name) is None:
                raise ValueError(f"{name!r} cannot be written as ${{{name}}}: use letters, digits and _")
            Capture.parse(name, expression)
        return value

    @field_validator("route")
    @classmethod
    def _only_none(cls, value: str | None) -> str | None:
        if value not in (None, *ROUTE_KEYS):
            raise ValueError("the only value is 'none': this path is meant to match no route")
        return value

    @field_validator("content")
    @classmethod
    def _decodable(cls, value: str | None) -> str | None:
        if value is not None and "${" not in value:
            decoded(value)
        return value

    @model_validator(mode="after")
    def _one_body(self) -> StepModel:
        given = [kind for kind in BODIES if self.has(kind)]
        if len(given) > 1:
            raise ValueError(f"a request has one body, here are {' and '.join(given)}")
        if self.repeat > 1 and self.until is not None:
            raise ValueError("'repeat' and 'until' cannot stand together")
        return self

    def has(self, kind: BodyKind) -> bool:
        """Whether a body of this kind was written, `json: null` included."""
        return ("json_" if kind == "json" else kind) in self.model_fields_set


class ScenarioModel(_Strict):
    """One scenario as it is written."""

    scenario: str = Field(min_length=1)
    setup: str | None = None
    variables: dict[str, Any] = {}
    steps: list[Any] = Field(min_length=1)

    @field_validator("variables")
    @classmethod
    def _names(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if re.fullmatch(NAME, name) is None:
                raise ValueError(f"{name!r} cannot be written as ${{{name}}}: use letters, digits and _")
        return value


def read_step(number: int, written: object) -> Request:
    """One step. ValueError with the sentences that say what is wrong."""
    if isinstance(written, str):
        written = {written: None}
    if not isinstance(written, dict) or len(written) != 1:
        raise ValueError("a step is one request: 'METHOD /path:' and, indented below it, what is sent")
    head, rest = next(iter(written.items()))
    match = HEAD.fullmatch(str(head))
    if match is None or match[1].upper() not in METHODS:
        near = difflib.get_close_matches(str(head).split(" ")[0].upper(), METHODS, n=1)
        raise ValueError(f"{head!r} is not 'METHOD /path'" + (f"; did you mean {near[0]}?" if near else ""))
    if not match[2].startswith(("/", "${")):
        raise ValueError(f"the path {match[2]!r} must begin with / (or with a captured ${{link}})")
    try:
        model = StepModel.model_validate({} if rest is None else rest)
    except ValidationError as error:
        raise ValueError("; ".join(sentences(error, StepModel))) from None
    return _request(number, match[1].upper(), match[2].strip(), model)


def _request(number: int, method: str, target: str, model: StepModel) -> Request:
    kind: BodyKind = next((kind for kind in BODIES if model.has(kind)), "none")
    body: Json = None if kind == "none" else getattr(model, "json_" if kind == "json" else kind)
    return Request(
        number=number,
        method=method,
        target=target,
        query=tuple(model.query.items()),
        headers=tuple((key, str(value)) for key, value in model.headers.items()),
        cookies=tuple((key, str(value)) for key, value in model.cookies.items()),
        body_kind=kind,
        body=body,
        captures=tuple(Capture.parse(name, expression) for name, expression in model.capture.items()),
        status=model.status,
        until=model.until,
        within=model.within,
        repeat=model.repeat,
        follow_redirects=model.follow_redirects,
        expects_route=model.route is None,
    )


def sentences(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """Each problem of a validation as one sentence, with the nearest known key for an unknown one."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            yield f"unknown key {key!r}; {advice}"
        elif problem["type"] == "missing":
            yield f"the key {key!r} is missing"
        elif problem["type"] in {"model_type", "model_attributes_type"}:
            yield f"a mapping of keys is expected, not {problem['input']!r}"
        else:
            words = problem["msg"].removeprefix("Value error, ")
            prefix = f"{key}: " if key else ""
            yield f"{prefix}{words}" + ("" if problem["type"] == "value_error" else f", not {problem['input']!r}")
