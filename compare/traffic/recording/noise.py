"""What of a recording is the app's: which origin, which requests, which headers."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.traffic.recording.har import Entry, Log

ASSET = re.compile(r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot)$", re.IGNORECASE)
ASSET_TYPE = re.compile(r"image/|font/|text/css|(?:text|application)/(?:x-)?javascript", re.IGNORECASE)
PORTS = {"http": 80, "https": 443}
SWITCHING = 101

# Of the connection and of the browser: the client that plays the recording has its own.
NOISE = frozenset(
    {
        "accept-encoding", "cache-control", "connection", "content-length", "cookie", "dnt", "expect", "host",
        "keep-alive", "pragma", "priority", "proxy-authorization", "proxy-connection", "referer", "te", "trailer",
        "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent", "x-schemathesis-testcaseid",
    }
)  # fmt: skip
NOISY = (":", "sec-", "x-client-data")
SENDABLE = re.compile(r"[!#$%&'*+.^`|~\w-]+", re.ASCII)


def origin(url: str) -> str | None:
    """`scheme://host:port` in lower case, the port always there; None for what is no HTTP address."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"


def app_origin(log: Log) -> str | None:
    """The app's origin: the one that the file names, else the one most requests go to, assets not counted."""
    if log.compare is not None:
        return origin(log.compare.origin)
    spoken = [entry for entry in log.entries if origin(entry.request.url)]
    counted = Counter(origin(entry.request.url) for entry in [e for e in spoken if not is_asset(e)] or spoken)
    return counted.most_common(1)[0][0] if counted else None


def is_asset(entry: Entry) -> bool:
    """Whether the entry is a page's image, style, font or script."""
    kind = entry.response.content.mime_type or ""
    return bool(ASSET.search(urlsplit(entry.request.url).path) or ASSET_TYPE.match(kind))


def reason_to_leave_out(entry: Entry, app: str | None) -> str | None:
    """Why an entry is no request to the app, in a few words that go behind "3 requests"; None for one that is."""
    where = origin(entry.request.url)
    if where is None:
        return "that are not HTTP"
    if where != app:
        return "to other hosts"
    if entry.response.status == 0:
        return "that were given up"
    if entry.response.status == SWITCHING or entry.request.method.upper() == "CONNECT":
        return "that became another protocol"
    return None


def kept_headers(headers: Iterable[tuple[str, str]], app: str | None) -> list[tuple[str, str]]:
    """Headers that the app could care about and a client can send. An Origin is one only where it is not the app's."""
    return [
        (name.lower(), value)
        for name, value in headers
        if name.lower() not in NOISE
        and not name.lower().startswith(NOISY)
        and not (name.lower() == "origin" and origin(value) == app)
        and is_sendable(name, value)
    ]


def is_sendable(name: str, value: str) -> bool:
    """Whether an HTTP client takes the header: a token for a name, printable ASCII for a value."""
    return bool(SENDABLE.fullmatch(name)) and value.isascii() and (value.isprintable() or not value)
