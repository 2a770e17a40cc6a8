"""What is sent under load: a few requests in a row, rendered as far as can be known before.

A value that is only known while they are sent (an id that an answer gave, a fresh number) is a token in the bytes, made
of letters and digits only, so that it comes through every encoding as it is; it is replaced in the last moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from compare.traffic import Capture
from compare.traffic.template import PATH_SAFE, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.traffic.template import Json


def token(name: str) -> str:
    """What stands in a rendered request for a value that is not known yet."""
    return f"zq7{name.encode().hex()}7qz"


@dataclass(frozen=True)
class Step:
    """One request as bytes, with tokens.

    Attributes:
        method: in upper case.
        target: path and query.
        headers: without Host and Content-Length.
        body: may hold tokens too.
        names: of the tokens in any of these.
        captures: what later steps take from its answer: name, and where it is, as a scenario says it.
        status: that its answer has to have; None for any.
        checksum: CRC-32 of the body that its answer has to have; None for any.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    names: tuple[str, ...] = ()
    captures: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    checksum: int | None = None

    def encoded(self, authority: str, values: Mapping[str, Json]) -> bytes:
        """The whole request. KeyError for a name without a value."""
        target, body, headers = self.target, self.body, self.headers
        for name in self.names:
            mark, text = token(name), text_of(values[name])
            target = target.replace(mark, text if text.startswith("/") else quote(text, safe=PATH_SAFE))
            headers = tuple((key, value.replace(mark, text)) for key, value in headers)
            if not isinstance(values[name], str):
                body = body.replace(f'"{mark}"', json.dumps(values[name]))
            body = body.replace(mark, json.dumps(text, ensure_ascii=False)[1:-1] if body[:1] in "{[" else text)
        content = body.encode("latin-1" if not self.names else "utf-8")
        lines = [
            f"{self.method} {target} HTTP/1.1",
            f"host: {authority}",
            *(f"{key}: {value}" for key, value in headers),
        ]
        if content or self.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"content-length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + content

    def taken(self) -> list[tuple[str, Capture]]:
        """Its captures, ready to take."""
        return [(name, Capture.parse(name, expression)) for name, expression in self.captures]


@dataclass(frozen=True)
class Script:
    """Requests in a row that one client sends over and over, the last of which is measured.

    Attributes:
        route: of the last, as `GET /orders/{id}`.
        steps: at least one.
    """

    route: str
    steps: tuple[Step, ...]

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"route": self.route, "steps": [vars(step) for step in self.steps]}

    @classmethod
    def heard(cls, told: dict[str, Any]) -> Script:
        """From JSON."""
        steps = tuple(
            Step(**{**one, **{key: _pairs(one[key]) for key in ("headers", "captures")}, "names": tuple(one["names"])})
            for one in told["steps"]
        )
        return cls(told["route"], steps)


def _pairs(told: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in told)
