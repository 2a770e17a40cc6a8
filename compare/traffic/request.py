"""One request of a scenario: a template for both sides, and what goes over the wire for one of them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urlsplit

import httpx

from compare.traffic.template import UNIQUE, Json, Values, fill, fill_target, fill_text, names, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compare.traffic.capture import Capture

BodyKind = Literal["none", "json", "form", "files", "content"]
BOUNDARY = "compare-1f0c6b9e5d4a"  # fixed, so that both sides are sent the same bytes


@dataclass(frozen=True)
class Wire:
    """A request as it is sent to one side. `target` is path and query, or an absolute link that an answer gave."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    content: bytes
    cookies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Request:
    """One step of a scenario.

    Attributes:
        number: counts from 1 within its scenario.
        method: in upper case.
        target: path and query as written, references included.
        status: what legacy must answer, where the scenario says so.
        until: the status to wait for; the request is sent again until it comes, for `within` seconds at most.
        repeat: how many times it is sent.
        expects_route: False where the path is meant to match no route.
        prelude: name of the scenario that this step was taken over from by `setup`.
        seen: the status that a recording holds; information, not an expectation.
    """

    number: int
    method: str
    target: str
    query: tuple[tuple[str, Json], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    body_kind: BodyKind = "none"
    body: Json = None
    captures: tuple[Capture, ...] = ()
    status: int | None = None
    until: int | None = None
    within: float = 5.0
    repeat: int = 1
    follow_redirects: bool = False
    expects_route: bool = True
    prelude: str | None = field(default=None, compare=False)
    seen: int | None = None

    def __str__(self) -> str:
        """The step as a person knows it: `3. POST /orders`."""
        origin = f" (setup {self.prelude!r})" if self.prelude else ""
        return f"{self.number}. {self.method} {self.target}{origin}"

    def names(self) -> Iterator[str]:
        """Every name that this step refers to."""
        yield from names(self.target)
        for key, value in (*self.query, *self.headers, *self.cookies):
            yield from names(key)
            yield from names(value)
        yield from names(self.body)

    def lacks(self, values: Mapping[str, Json]) -> bool:
        """Whether a name that this step refers to has no value, so that it cannot be sent."""
        return any(name not in values and name != UNIQUE for name in self.names())

    def constants(self) -> Iterator[str]:
        """Every text that the scenario itself sends, the same to both sides: nothing in it was generated."""
        yield self.target
        stack: list[Json] = [value for _, value in (*self.query, *self.headers, *self.cookies)]
        stack.append(self.body)
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                stack.extend(value.values())
            elif isinstance(value, list):
                stack.extend(value)
            elif value is not None and not isinstance(value, bool):
                yield text_of(value)

    def render(self, values: Values) -> Wire:
        """The request for the side that captured `values`. KeyError for a name without a value."""
        target = fill_target(self.target, values)
        query = [(key, text) for key, value in self.query for text in _texts(fill(value, values))]
        if query:
            target += ("&" if "?" in target else "?") + urlencode(query)
        headers = {key: fill_text(value, values) for key, value in self.headers}
        encoded = self._encoded(values, headers)
        skip = {"host", "content-length", "transfer-encoding"} - {key.lower() for key in headers}
        if "://" in target:
            link = urlsplit(target)
            target = (link.path or "/") + (f"?{link.query}" if link.query else "")
        return Wire(
            self.method,
            target,
            tuple((key, value) for key, value in encoded.headers.items() if key.lower() not in skip),
            encoded.read(),
            tuple((key, fill_text(value, values)) for key, value in self.cookies),
        )

    def _encoded(self, values: Values, headers: Mapping[str, str]) -> httpx.Request:
        """The body in its encoding, by httpx; only its headers and content are used."""
        url = "http://side/"
        body = fill(self.body, values)
        if self.body_kind == "json":
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            return httpx.Request(
                self.method, url, headers={"content-type": "application/json", **_lower(headers)}, content=content
            )
        if self.body_kind == "content":
            return httpx.Request(self.method, url, headers=_lower(headers), content=decoded(text_of(body)))
        if self.body_kind == "form" and isinstance(body, dict):
            form: dict[str, list[str]] = {key: _texts(value) for key, value in body.items()}
            return httpx.Request(self.method, url, headers=_lower(headers), data=form)
        if self.body_kind == "files" and isinstance(body, dict):
            parts = [(key, _file(key, value)) for key, value in body.items()]
            given = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **_lower(headers)}
            return httpx.Request(self.method, url, headers=given, files=parts)
        return httpx.Request(self.method, url, headers=_lower(headers))


def decoded(text: str) -> bytes:
    """Content as bytes: `base64:…` is decoded, anything else is UTF-8 text. ValueError for broken base64."""
    if text.startswith("base64:"):
        return base64.b64decode("".join(text.removeprefix("base64:").split()), validate=True)
    return text.encode()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name, so that one that is given replaces the one that is made."""
    return {key.lower(): value for key, value in headers.items()}


def _texts(value: Json) -> list[str]:
    """A query or form value as the texts it is sent as: a list is sent once per item, null not at all."""
    items = value if isinstance(value, list) else [value]
    return [text_of(item) for item in items if item is not None]


def _file(field_name: str, value: Json) -> tuple[str | None, bytes, str | None] | tuple[str | None, bytes]:
    """One part of a multipart body: text for a plain field's file, or {filename, content, type}."""
    if isinstance(value, dict):
        name = value.get("filename", field_name)
        content = decoded(text_of(value.get("content", "")))
        kind = value.get("type")
        return (None if name is None else text_of(name), content, None if kind is None else text_of(kind))
    return (field_name, decoded(text_of(value)))
