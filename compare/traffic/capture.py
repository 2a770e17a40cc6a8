"""Taking a value out of an answer, for use in later requests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.traffic.template import Json

SOURCE = re.compile(r"body|header:\S+|cookie:\S+|/.*")
FORMS = (
    "a JSON pointer (/items/0/id), header:Name, cookie:name or body, each optionally followed by ' ~ ' and a regular "
    "expression with one group"
)


class Missing(Exception):  # noqa: N818 - the answer lacks the value; whether that is an error is for the caller to say
    """The answer does not hold the value; the message says what was looked for and what is there."""


@dataclass(frozen=True)
class Captured:
    """The parts of an answer that values are taken from."""

    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Capture:
    """Where in an answer a value is found.

    `source` is `/json/pointer`, `header:Name`, `cookie:name` or `body`; `pattern` has one group and narrows the text.
    """

    name: str
    source: str
    pattern: re.Pattern[str] | None = None

    @classmethod
    def parse(cls, name: str, expression: str) -> Capture:
        """Read `/token` or `header:Location ~ /([^/]+)$`. ValueError says which forms there are."""
        source, narrowed, regex = expression.strip().partition(" ~ ")
        source = source.rstrip()
        if SOURCE.fullmatch(source) is None:
            raise ValueError(f"{expression!r} says not where to look: write {FORMS}")
        if not narrowed:
            return cls(name, source)
        try:
            pattern = re.compile(regex.strip())
        except re.error as error:
            raise ValueError(f"{regex!r} is not a regular expression: {error}") from error
        if pattern.groups != 1:
            raise ValueError(f"{regex!r} has {pattern.groups} groups; mark the value with exactly one (…)")
        return cls(name, source, pattern)

    @property
    def expression(self) -> str:
        """As a scenario writes it: what `parse` reads."""
        return self.source if self.pattern is None else f"{self.source} ~ {self.pattern.pattern}"

    def take(self, answer: Captured) -> Json:
        """The value, or Missing."""
        value = self._found(answer)
        if self.pattern is None:
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        match = self.pattern.search(text)
        if match is None or match[1] is None:
            raise Missing(f"{self.source} is {text[:200]!r}, which {self.pattern.pattern!r} does not match")
        return match[1]

    def _found(self, answer: Captured) -> Json:
        kind, _, name = self.source.partition(":")
        if kind == "header":
            for header, value in answer.headers:
                if header.lower() == name.lower():
                    return value
            raise Missing(f"there is no header {name}")
        if kind == "cookie":
            return _cookie(answer, name)
        if self.source == "body":
            return answer.body.decode("utf-8", "replace")
        try:
            document = json.loads(answer.body)
        except ValueError:
            raise Missing(f"the body is not JSON, so it has no {self.source or 'value'}") from None
        return _pointed(document, self.source)


def _cookie(answer: Captured, name: str) -> str:
    for header, value in answer.headers:
        if header.lower() == "set-cookie":
            try:
                jar = SimpleCookie(value)
            except CookieError:
                continue
            if name in jar:
                return jar[name].value
    raise Missing(f"no cookie {name} is set")


def _pointed(document: Json, pointer: str) -> Json:
    """What RFC 6901 pointer `pointer` names in `document`, or Missing with the part that is not there."""
    value = document
    walked = ""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise Missing(f"the body has no {walked}/{part}")
        walked += "/" + part
    return value
