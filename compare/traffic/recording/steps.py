"""A recorded request as a step of a scenario."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from compare.traffic.nouns import looks_like_value, noun_of_path, singular
from compare.traffic.recording.links import Links, Slot
from compare.traffic.recording.noise import kept_headers
from compare.traffic.request import BodyKind, Request
from compare.traffic.template import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.traffic.recording.har import Entry, Param, PostData
    from compare.traffic.template import Json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def steps_of(entries: Sequence[Entry], app: str | None) -> tuple[Request, ...]:
    """All requests of a recording in order, with captures where a later one sends back what was answered."""
    links = Links()
    steps = []
    given: set[str] = set()  # cookies that an answer set: from then on each side's jar sends its own
    for index, entry in enumerate(entries):
        steps.append(_step(index, entry, app, links, given))
        links.answered(index, entry)
        for header in entry.response.headers:
            if header.name.lower() == "set-cookie":
                given.update(line.partition("=")[0].strip() for line in header.value.split("\n"))
    return tuple(dataclasses.replace(step, captures=links.captures(index)) for index, step in enumerate(steps))


def _step(index: int, entry: Entry, app: str | None, links: Links, given: set[str]) -> Request:
    request = entry.request
    parts = urlsplit(request.url)
    headers = kept_headers([(header.name, header.value) for header in request.headers], app)
    kind, body = body_of(index, request.post_data, links, noun_of_path(parts.path))
    if kind in {"form", "files"}:
        headers = [(name, value) for name, value in headers if name != "content-type"]  # the encoding writes its own
    elif kind != "none" and request.post_data and "content-type" not in dict(headers) and request.post_data.mime_type:
        headers.append(("content-type", request.post_data.mime_type))
    return Request(
        number=index + 1,
        method=request.method.upper(),
        target=target_of(index, parts.path or "/", parts.query, links),
        headers=tuple((name, links.text(index, value, Slot())) for name, value in headers),
        cookies=tuple(
            (cookie.name, links.text(index, cookie.value, Slot()))
            for cookie in request.cookies
            if cookie.name not in given
        ),
        body_kind=kind,
        body=body,
        expects_route=False,
        seen=entry.response.status,
    )


def target_of(index: int, path: str, query: str, links: Links) -> str:
    """Path and query as they were sent, but for the values that an answer gave."""
    segments = []
    about = ""
    for segment in path.split("/"):
        plain = unquote(segment)
        linked = links.text(index, plain, Slot(about, is_id=True)) if segment else ""
        segments.append(linked if linked != escaped(plain) else escaped(segment))
        about = about if looks_like_value(plain) or not segment else singular(plain)
    pairs = []
    for pair in query.split("&") if query else ():
        key, equals, value = pair.partition("=")
        plain = unquote_plus(value)
        linked = links.text(index, plain, Slot.named(unquote_plus(key), noun_of_path(path)))
        pairs.append(escaped(key) + equals + (linked if linked != escaped(plain) else escaped(value)))
    return "/".join(segments) + ("?" + "&".join(pairs) if pairs else "")


def body_of(index: int, data: PostData | None, links: Links, about: str) -> tuple[BodyKind, Json]:
    """The body in the kind that lets values within it be linked, else as the bytes that were sent."""
    if data is None or (not data.text and not data.params):
        return "none", None
    kind = data.mime_type.partition(";")[0].strip().lower()
    if data.encoding == "base64" and data.text:
        return "content", f"base64:{data.text}"
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return "json", links.json(index, _exact(data.text or ""), about)
        except (ValueError, RecursionError):
            pass  # what the app was sent is no JSON, or would not come out the same: the text goes as it is
    if kind == FORM:
        pairs = (
            [(param.name, param.value or "") for param in data.params]
            if data.params
            else parse_qsl(data.text or "", keep_blank_values=True)
        )
        return "form", _fields(index, pairs, links, about)
    if kind == MULTIPART and data.params and not data.text:
        return "files", {param.name: _part(index, param, links, about) for param in data.params}
    return "content", links.text(index, data.text or "", Slot())


def _exact(text: str) -> Json:
    """JSON that is written again as the same values: ValueError for 1.10, 1e400 or a key that is given twice."""

    def number(digits: str) -> float:
        if repr(float(digits)) != digits:
            raise ValueError(digits)
        return float(digits)

    def unique(pairs: list[tuple[str, Json]]) -> Json:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key is given twice")
        return dict(pairs)

    document: Json = json.loads(text, parse_float=number, parse_constant=number, object_pairs_hook=unique)
    json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate cannot be sent: UnicodeEncodeError
    return document


def _fields(index: int, pairs: Sequence[tuple[str, str]], links: Links, about: str) -> Json:
    fields: dict[str, list[Json]] = {}
    for name, value in pairs:
        fields.setdefault(escaped(name), []).append(links.text(index, value, Slot.named(name, about)))
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _part(index: int, param: Param, links: Links, about: str) -> Json:
    """A part of a multipart body: a plain field, or a file with its name and type."""
    content = links.text(index, param.value or "", Slot.named(param.name, about))
    part: dict[str, Json] = {"filename": param.file_name, "content": content}
    return {**part, "type": param.content_type} if param.content_type else part
