"""Where an answer leads on to, as httpx follows it in the rehearsal: Locust's own client loses the cookies between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from compare.bench.locust.visit import Answered
    from compare.traffic import Wire

REDIRECTS = frozenset({301, 302, 303, 307, 308})
OF_A_BODY = frozenset({"content-type", "content-encoding"})


def redirected(wire: Wire, answer: Answered, host: str) -> Wire | None:
    """The request that an answer leads to; None where it leads nowhere, or to another machine."""
    location = answer.header("location")
    if answer.status not in REDIRECTS or location is None:
        return None
    link = urlsplit(urljoin(host.rstrip("/") + wire.target, location))
    if link.hostname != urlsplit(host).hostname:
        return None
    path = link.path.removeprefix(urlsplit(host).path.rstrip("/"))  # the host goes before it again
    target = (path or "/") + (f"?{link.query}" if link.query else "")
    onward = replace(wire, target=target)
    posted = answer.status == 301 and wire.method == "POST"  # noqa: PLR2004 - moved permanently
    if wire.method != "HEAD" and (posted or answer.status in {302, 303}):
        headers = tuple((key, value) for key, value in wire.headers if key.lower() not in OF_A_BODY)
        return replace(onward, method="GET", headers=headers, content=b"")
    return onward
