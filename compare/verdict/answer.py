"""An answer of one side, as it came over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from compare.verdict import document

NO_JSON = object()


@dataclass(frozen=True)
class Answer:
    """Status, headers and decoded body; or `failure`, one sentence, where nothing that is HTTP came back.

    `authority` is the side's own host and port: where it turns up in a text it is the side, not a value. `elapsed`
    in seconds. `broken` says how the answer ended where it ended before it was whole.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    elapsed: float = 0.0
    authority: str = ""
    failure: str = ""
    broken: str = ""

    def values(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [self.plain(value) for key, value in self.headers if key.lower() == name]

    @property
    def media_type(self) -> tuple[str, str]:
        """Media type and charset, in lower case, '' where not given."""
        kind, _, parameters = (self.values("content-type") or [""])[0].partition(";")
        match = re.search(r"charset=\"?([^\";\s]+)", parameters, re.IGNORECASE)
        return kind.strip().lower(), match[1].lower() if match else ""

    @property
    def text(self) -> str | None:
        """The body as text; None for bytes that are none."""
        charset = self.media_type[1] or "utf-8"
        try:
            return self.plain(self.body.decode(charset))
        except (UnicodeDecodeError, LookupError):
            return None

    @cached_property
    def json(self) -> object:
        """The body as `document.parse` has it; NO_JSON for one that is none, or is not declared to be."""
        text = self.text
        if text is None or "json" not in self.media_type[0]:
            return NO_JSON
        try:
            return document.parse(text)
        except ValueError:
            return NO_JSON

    def plain(self, text: str) -> str:
        """A text in which the side's own address reads the same for both sides."""
        if not self.authority:
            return text
        _, _, port = self.authority.rpartition(":")
        return re.sub(rf"(?:127\.0\.0\.1|localhost)(:|%3A){port}(?!\d)", r"side\1port", text)
