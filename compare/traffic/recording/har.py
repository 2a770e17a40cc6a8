"""HAR 1.2 as browsers, proxies and Schemathesis write it, checked by pydantic.

Only what a request is made of, and what of an answer may turn up again in a later request. Unknown keys are anybody's:
every writer has some of its own.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compare.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ADVICE = "A HAR 1.2 file is expected: {'log': {'entries': [...]}}, as 'Save all as HAR' of a browser writes it."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class NameValue(_Part):
    """A header, cookie or query parameter."""

    name: str
    value: str = ""


class Param(_Part):
    """A field of a form; one with a file name is a file."""

    name: str
    value: str | None = None
    file_name: str | None = Field(default=None, alias="fileName")
    content_type: str | None = Field(default=None, alias="contentType")


class PostData(_Part):
    """A request's body: `text`, in base64 where `encoding` says so, or the `params` of a form."""

    mime_type: str = Field(default="", alias="mimeType")
    text: str | None = None
    encoding: str | None = None
    params: tuple[Param, ...] | None = None


class HarRequest(_Part):
    """A request."""

    method: str = Field(min_length=1)
    url: str = Field(min_length=1)
    headers: tuple[NameValue, ...] = ()
    cookies: tuple[NameValue, ...] = ()
    post_data: PostData | None = Field(default=None, alias="postData")


class Content(_Part):
    """An answer's body, where the writer kept it."""

    mime_type: str | None = Field(default=None, alias="mimeType")
    text: str | None = None
    encoding: str | None = None

    @property
    def data(self) -> bytes:
        """The body's bytes; broken base64 is as good as none."""
        if self.text is None:
            return b""
        if self.encoding == "base64":
            try:
                return base64.b64decode(self.text)
            except (binascii.Error, ValueError):
                return b""
        return self.text.encode("utf-8", "replace")


class HarResponse(_Part):
    """An answer; `status` 0 is a request that was given up."""

    status: int = 0
    headers: tuple[NameValue, ...] = ()
    content: Content = Content()


class Entry(_Part):
    """A request with its answer."""

    page: str | None = Field(default=None, alias="pageref")
    started: datetime | None = Field(default=None, alias="startedDateTime")
    request: HarRequest
    response: HarResponse = HarResponse()


class Page(_Part):
    """A page that a browser showed."""

    id: str
    title: str = ""


class Compare(_Part):
    """What a person may add by hand: the origin (`https://api.example.org`) that is the app."""

    origin: str


class Log(_Part):
    """The whole recording."""

    pages: tuple[Page, ...] = ()
    entries: tuple[Entry, ...]
    compare: Compare | None = Field(default=None, alias="_compare")


class Har(_Part):
    """The document."""

    log: Log


def read_har(path: Path) -> Log:
    """One file, its entries in the order in which they were sent. UsageError names file, entry and key."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this is not JSON: {error}.\n{ADVICE}") from error
    try:
        log = Har.model_validate(document).log
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(
            f"{path}: {_place(first['loc'])}: {first['msg']}, not {_short(first['input'])}.\n{ADVICE}"
        ) from None
    started = [entry.started.timestamp() for entry in log.entries if entry.started]
    if len(started) < len(log.entries):
        return log
    order = sorted(range(len(started)), key=started.__getitem__)  # stable: entries of one moment stay as written
    return log.model_copy(update={"entries": tuple(log.entries[index] for index in order)})


def _place(location: tuple[int | str, ...]) -> str:
    """`entry 3, request.url`, counted from 1 as a person does."""
    match location:
        case ("log", "entries", int(index), *rest):
            return f"entry {index + 1}" + (f", {'.'.join(map(str, rest))}" if rest else "")
        case _:
            return ".".join(map(str, location)) or "the document"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - what fits a line beside the sentence
