"""A generated case as a step of a scenario."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from compare.traffic.openapi.document import PARAMETER
from compare.traffic.request import BodyKind, Request
from compare.traffic.template import escaped, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from compare.traffic.openapi.document import Operation
    from compare.traffic.template import Json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
HEADER = re.compile(r"[!#$%&'*+.^`|~\w-]+", re.ASCII)
# The client's own: a generated one would break the connection rather than test the app.
OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie", "upgrade", "expect"})
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Feed:
    """What captures give to a request, by name of the capture.

    `path` is by parameter, `fields` by the name of a field of the query or, at any depth, of the body.
    """

    path: Mapping[str, str]
    fields: Mapping[str, str]


def step_of(
    operation: Operation, case: Mapping[str, Any], feed: Feed, withheld: Collection[str], serial: int
) -> Request:
    """One case, as the generator tells it, as a step; numbered 1 for now.

    `withheld` are headers (lower case) that the configuration sends: a generated one is left out. `serial` makes the
    e-mail addresses of valid cases unique, so that the second person is no conflict.
    """
    fields = feed.fields
    kind, body = _body(case, fields)
    if case["kind"] != "invalid":
        body = _unique(body, serial)
    headers = [
        (name.lower(), escaped(text_of(value)))
        for name, value in case["headers"].items()
        if name.lower() not in OWN_HEADERS and name.lower() not in withheld and _sendable(name, text_of(value))
    ]
    if kind == "content" and case["media_type"] and "content-type" not in dict(headers):
        headers.append(("content-type", case["media_type"]))
    return Request(
        number=1,
        method=case["method"].upper(),
        target=_path(operation.path, case["path"], feed.path),
        query=tuple((escaped(name), _query(name, value, fields)) for name, value in case["query"].items()),
        headers=tuple(headers),
        cookies=tuple(
            (name, escaped(text_of(value)))
            for name, value in case["cookies"].items()
            if _sendable(name, text_of(value)) and not re.search(r"[;,\s\"\\]", text_of(value))
        ),
        body_kind=kind,
        body=body,
        expects_route=False,
    )


def _path(template: str, values: Mapping[str, Any], linked: Mapping[str, str]) -> str:
    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name in linked:
            return f"${{{linked[name]}}}"
        # What the generator tells is encoded already, in part; quoting what is left does no harm to it.
        return escaped(quote(_text(values.get(name, "0")), safe="/:@!&'()*+,;=~-._%"))

    return PARAMETER.sub(filled, template)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _query(name: str, value: Json, fields: Mapping[str, str]) -> Json:
    """A query value as texts: what is no scalar inside a list, and every object, goes as JSON."""
    if name in fields and not isinstance(value, (list, dict)):
        return f"${{{fields[name]}}}"
    if isinstance(value, list):
        return [escaped(_text(item)) for item in value]
    return escaped(_text(value))


def _body(case: Mapping[str, Any], fields: Mapping[str, str]) -> tuple[BodyKind, Json]:
    if "body" not in case:
        return "none", None
    body, media = case["body"], str(case["media_type"] or "").partition(";")[0].lower()
    if isinstance(body, dict) and set(body) == {"$base64"}:
        return "content", f"base64:{body['$base64']}"
    if media == FORM and isinstance(body, dict):
        return "form", {escaped(name): _query(name, value, fields) for name, value in body.items()}
    if media == MULTIPART and isinstance(body, dict):
        return "files", {escaped(name): _part(name, value, fields) for name, value in body.items()}
    if "json" in media or not isinstance(body, str):
        return "json", _linked(body, fields)
    return "content", escaped(body)


def _part(name: str, value: Json, fields: Mapping[str, str]) -> Json:
    if isinstance(value, dict) and set(value) == {"$base64"}:
        return {"filename": name, "content": f"base64:{value['$base64']}"}
    text = _query(name, value, fields)
    return {"filename": None, "content": text if isinstance(text, str) else json.dumps(text)}


def _linked(value: Json, fields: Mapping[str, str], key: str = "") -> Json:
    """A JSON body with its fields fed, and everything else meaning itself."""
    if isinstance(value, dict):
        return {escaped(name): _linked(inner, fields, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_linked(inner, fields, key) for inner in value]
    if key in fields and value is not None:
        return f"${{{fields[key]}}}"
    return escaped(value) if isinstance(value, str) else value


def _unique(value: Json, serial: int, key: str = "") -> Json:
    if isinstance(value, dict):
        return {name: _unique(inner, serial, name) for name, inner in value.items()}
    if isinstance(value, str) and "mail" in key.lower() and EMAIL.fullmatch(value):
        return f"person{serial}@example.com"
    return value


def _sendable(name: str, value: str) -> bool:
    """Whether an HTTP client takes the header at all."""
    return bool(HEADER.fullmatch(name)) and value.isascii() and (value.isprintable() or not value)
