"""What a test sends back of legacy's answers, carried over to async's own values.

Requests become steps as those of a recording do: a uuid or token that an earlier answer gave, or an id that is sent
where ids of its kind are sent, becomes a reference, which each side fills from its own answer. A value that the test
itself made up goes to both as it is. Cookies go by name and value: which answer set them is known exactly, and several
clients of one test keep theirs apart.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.traffic import Captured, Missing, Request
from compare.traffic.nouns import noun_of_path
from compare.traffic.recording.har import Content, Entry, HarRequest, HarResponse, NameValue, PostData
from compare.traffic.recording.links import Links, Slot
from compare.traffic.recording.steps import body_of, target_of
from compare.traffic.template import escaped, fill, names

if TYPE_CHECKING:
    import httpx

    from compare.traffic.template import Json, Values
    from compare.verdict.answer import Answer
    from compare.verdict.side import Side

# Of the connection; the client of each side has its own. Cookies are carried over one by one.
OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie"})
AUTHORITY = "compare_authority"
ROWS = "http://database/"

Rows = Sequence[Mapping[str, object]]


@dataclass
class Carried:
    """What was answered in one test so far. Fills `values` of both sides with what its steps refer to."""

    sides: tuple[Side, Side]
    _links: Links = field(default_factory=Links)
    _answers: list[tuple[Captured, Captured]] = field(default_factory=list)
    _cookies: dict[tuple[str, str], str] = field(default_factory=dict)  # name and legacy's value → the reference

    def __post_init__(self) -> None:
        for side in self.sides:
            side.begin({AUTHORITY: side.authority})

    def step(self, request: httpx.Request) -> Request:
        """The request as a step for both sides; its body must have been read."""
        index = len(self._answers)
        path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        kind, body = body_of(index, _posted(request), self._links, noun_of_path(path))
        headers = [(name.lower(), value) for name, value in request.headers.multi_items() if name.lower() not in OWN]
        if not any(names(body)):  # nothing to carry over: the very bytes, however they are spelled
            kind, body = ("content", _base64(request.content)) if request.content else ("none", None)
        elif kind in {"form", "files"}:
            headers = [
                (name, value) for name, value in headers if name != "content-type"
            ]  # the encoding writes its own
        step = Request(
            number=index + 1,
            method=request.method.upper(),
            target=target_of(index, path or "/", query, self._links),
            headers=tuple((name, self._header(index, value)) for name, value in headers),
            cookies=tuple(self._cookie(name, value) for name, value in _sent_cookies(request)),
            body_kind=kind,
            body=body,
            expects_route=False,
        )
        self._take()
        return step

    def answered(self, request: httpx.Request, legacy: Answer, async_: Answer) -> None:
        """Take in both answers to a request."""
        self._answers.append((Captured(legacy.headers, legacy.body), Captured(async_.headers, async_.body)))
        headers = tuple(NameValue(name=name, value=value) for name, value in legacy.headers)
        content = Content(text=_base64(legacy.body).removeprefix("base64:"), encoding="base64")
        response = HarResponse(status=legacy.status or 0, headers=headers, content=content)
        asked = HarRequest(method=request.method, url=str(request.url))
        self._links.answered(len(self._answers) - 1, Entry(request=asked, response=response))
        ours, theirs = _set_cookies(legacy), _set_cookies(async_)
        for name, value in ours.items():
            reference = f"compare_cookie_{len(self._cookies) + 1}"
            self._cookies[name, value] = reference
            for side, own in zip(self.sides, (value, theirs.get(name, value)), strict=True):
                side.values[reference] = own

    def read(self, legacy: Rows, async_: Rows) -> None:
        """Take in rows that the test itself read; what stands at one place of both is one value."""
        if len(legacy) != len(async_):
            return
        bodies = [json.dumps([dict(row) for row in rows], default=str).encode() for rows in (legacy, async_)]
        self._answers.append((Captured((), bodies[0]), Captured((), bodies[1])))
        response = HarResponse(status=200, content=Content(text=bodies[0].decode()))
        entry = Entry(request=HarRequest(method="GET", url=ROWS), response=response)
        self._links.answered(len(self._answers) - 1, entry)

    def parameters(self, params: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
        """Parameters of a statement that the test runs, for legacy and for async."""
        index = len(self._answers)
        templates: dict[str, Json] = {
            key: self._links.json(index, value, "", key)
            for key, value in params.items()
            if isinstance(value, (str, int)) and not isinstance(value, bool)
        }
        self._take()
        legacy, async_ = ({**params, **_filled(templates, side.values)} for side in self.sides)
        return legacy, async_

    def _header(self, index: int, value: str) -> str:
        """A header as a template; legacy's own address in it is the side's."""
        linked = self._links.text(index, value, Slot())
        return linked.replace(self.sides[0].authority, f"${{{AUTHORITY}}}")

    def _cookie(self, name: str, value: str) -> tuple[str, str]:
        reference = self._cookies.get((name, value))
        return name, f"${{{reference}}}" if reference else escaped(value)

    def _take(self) -> None:
        """Give both sides the values that steps have come to refer to.

        Where async's answer lacks one, it is sent legacy's: that the answers differ was found when they came.
        """
        for index, answers in enumerate(self._answers):
            for capture in self._links.captures(index):
                if capture.name in self.sides[0].values:
                    continue
                legacy = capture.take(answers[0])
                try:
                    async_ = capture.take(answers[1])
                except Missing:
                    async_ = legacy
                self.sides[0].values[capture.name] = legacy
                self.sides[1].values[capture.name] = async_


def _posted(request: httpx.Request) -> PostData | None:
    """The body as a recording has it."""
    if not request.content:
        return None
    kind = request.headers.get("content-type", "")
    try:
        return PostData(mime_type=kind, text=request.content.decode())
    except UnicodeDecodeError:
        return PostData(mime_type=kind, text=_base64(request.content).removeprefix("base64:"), encoding="base64")


def _base64(content: bytes) -> str:
    return f"base64:{base64.b64encode(content).decode()}"


def _sent_cookies(request: httpx.Request) -> list[tuple[str, str]]:
    pairs = [part.strip().partition("=") for part in request.headers.get("cookie", "").split(";")]
    return [(name, value) for name, equals, value in pairs if equals]


def _set_cookies(answer: Answer) -> dict[str, str]:
    """Name and value of every cookie that an answer sets."""
    lines = (value.partition(";")[0] for name, value in answer.headers if name.lower() == "set-cookie")
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _filled(templates: Mapping[str, Json], values: Values) -> dict[str, object]:
    return {key: fill(template, values) for key, template in templates.items()}
