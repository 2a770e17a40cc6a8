"""A request as a curl command, for a person to try against either app."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.findings import Exchange

HOST = "http://localhost:8000"


def curl(exchange: Exchange) -> str:
    """The command; the host is where a developer's server usually listens."""
    words = ["curl", "-i"]
    if exchange.method == "HEAD":
        words.append("--head")
    elif exchange.method != ("POST" if exchange.body else "GET"):
        words += ["-X", exchange.method]
    words.append(shlex.quote(HOST + exchange.target))
    for name, value in exchange.headers:
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if exchange.body:
        words += ["--data-raw", shlex.quote(exchange.body)]
    return " ".join(words)
