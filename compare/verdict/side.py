"""One side as the engine speaks to it: an HTTP client, cookies, captured values."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from compare.verdict.answer import Answer

if TYPE_CHECKING:
    from compare.postgres import Clone
    from compare.subjects import Subject
    from compare.traffic import Request, Values, Wire

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# uvicorn drops a connection that was idle for 5 s; dropping it first leaves no race.
LIMITS = httpx.Limits(max_connections=20, keepalive_expiry=2.0)
AGENT = "compare"
REDIRECTS = 10
LOOK = 0.002  # seconds between two looks at an app that is at work
AGAIN = 0.05  # seconds between two looks of a step with `until`


@dataclass
class Jar:
    """The cookies of one side in one scenario.

    Unlike a browser it keeps Secure cookies over plain HTTP and ignores Domain: the app runs on loopback, and a
    log-in must work as it does behind the team's own host name.
    """

    _kept: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Keep, replace and drop cookies as an answer says."""
        for key, cookie in headers:
            if key.lower() != "set-cookie":
                continue
            first, *rest = cookie.split(";")
            name, _, value = first.partition("=")
            settings = {k.strip().lower(): v.strip() for k, _, v in (part.partition("=") for part in rest)}
            slot = name.strip(), settings.get("path") or "/"
            if _over(settings):
                self._kept.pop(slot, None)
            else:
                self._kept[slot] = value.strip()

    def header(self, target: str, given: tuple[tuple[str, str], ...]) -> str:
        """The Cookie header for a path; cookies that the step gives go first."""
        path = target.partition("?")[0]
        kept = {name: value for (name, scope), value in self._kept.items() if _within(path, scope)}
        return "; ".join(f"{name}={value}" for name, value in {**kept, **dict(given)}.items())


def _over(settings: dict[str, str]) -> bool:
    if "max-age" in settings:
        return settings["max-age"].lstrip("-").isdecimal() and int(settings["max-age"]) <= 0
    try:
        return "expires" in settings and parsedate_to_datetime(settings["expires"]).timestamp() <= time.time()
    except ValueError:
        return False


def _within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(scope if scope.endswith("/") else scope + "/")


@dataclass
class Side:
    """Sends requests to one running app."""

    subject: Subject
    clone: Clone
    client: httpx.AsyncClient
    jar: Jar = field(default_factory=Jar)
    values: Values = field(default_factory=dict)

    @classmethod
    def of(cls, subject: Subject, clone: Clone) -> Side:
        """A side with a client of its own; no proxy or netrc of this machine comes in between."""
        client = httpx.AsyncClient(
            base_url=subject.base_url, timeout=TIMEOUT, limits=LIMITS, trust_env=False, headers={"user-agent": AGENT}
        )
        return cls(subject, clone, client)

    @property
    def authority(self) -> str:
        """Host and port of the app."""
        return urlsplit(self.subject.base_url).netloc

    def begin(self, values: Values) -> None:
        """A new scenario: no cookies, and its constants only."""
        self.jar = Jar()
        self.values = dict(values)

    async def at_rest(self, within: float) -> bool:
        """Wait until no request, background task or transaction is open; False if `within` seconds pass before."""
        deadline = time.monotonic() + within
        while self.subject.running and self.subject.alive:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(LOOK)
        return await asyncio.to_thread(self.clone.wait_until_idle, max(0.0, deadline - time.monotonic()))

    async def answer(self, request: Request) -> tuple[Wire, Answer]:
        """Send a step; with `until`, again and again until the status comes or the time is over."""
        wire = request.render(self.values)
        deadline = time.monotonic() + request.within
        while True:
            answer = await self._send(wire, follow=request.follow_redirects)
            if request.until in (None, answer.status) or answer.status is None or time.monotonic() >= deadline:
                return wire, answer
            await asyncio.sleep(AGAIN)

    async def _send(self, wire: Wire, *, follow: bool) -> Answer:
        begun = time.perf_counter()
        request = self.client.build_request(wire.method, wire.target, headers=list(wire.headers), content=wire.content)
        try:
            response, headers = await self._exchange(request, wire)
            for _ in range(REDIRECTS if follow else 0):
                if response.next_request is None:
                    break
                response, headers = await self._exchange(response.next_request, wire)
            return Answer(response.status_code, headers, response.content, time.perf_counter() - begun, self.authority)
        except httpx.TimeoutException as error:
            failure = f"no answer within {TIMEOUT.read:g} s ({type(error).__name__})"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = f"no HTTP answer: {str(error) or type(error).__name__}"
        return Answer(None, elapsed=time.perf_counter() - begun, authority=self.authority, failure=failure)

    async def _exchange(self, request: httpx.Request, wire: Wire) -> tuple[httpx.Response, tuple[tuple[str, str], ...]]:
        """One request with the cookies that belong to it, and its answer, whose cookies are kept."""
        cookies = self.jar.header(request.url.raw_path.decode(), wire.cookies)
        if cookies and "cookie" not in {key for key, _ in wire.headers}:
            request.headers["cookie"] = cookies
        response = await self.client.send(request)
        self.client.cookies.clear()  # the jar is the only keeper
        headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers.raw)
        self.jar.take(headers)
        return response, headers
