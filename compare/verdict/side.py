"""One side as the engine speaks to it: requests out, and back the evidence of what it did for each."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from compare.traffic.cookies import Jar
from compare.traffic.template import UNIQUE
from compare.verdict.answer import Answer
from compare.verdict.evidence import Evidence, Limits

if TYPE_CHECKING:
    import ssl

    from compare.postgres import Clone, Log
    from compare.postgres.commits import Commit
    from compare.subjects import Subject
    from compare.subjects.moments import Trace
    from compare.traffic import Request, Values, Wire

CONNECT_SECONDS = 10.0
# A connection for each request: a server that drops one after an error or a pause would race with the next request,
# and an answer that was lost in it is told from a missing one by nobody.
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=0)
AGENT = "compare"
STAMP = "x-compare-request"
REDIRECTS = 10
LONGEST_BODY = 64 * 2**20  # bytes; what is longer is a stream without an end
LOOK = 0.002  # seconds between two looks at an app that is at work
BREATH = 0.005  # seconds between two looks at the database, so that work which starts right after an answer is seen
AGAIN = 0.05  # seconds between two looks of a step with `until`
IMPATIENT = 0.3  # seconds that a side may work on after the answer, once it was seen not to come to rest


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Whom an https side is believed; reading them takes 40 ms, which every client would."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Stamp:
    """What marks one request of one step: a number, the wall clock and the seed that both sides are given for it.

    `clock` counts microseconds since 1970, 0 for the side's own; `seed` is hexadecimal, '' for true chance.
    """

    number: str
    clock: int = 0
    seed: str = ""

    def __str__(self) -> str:
        return f"{self.number};{self.clock};{self.seed}"


@dataclass(frozen=True)
class Asked:
    """A request that was answered: what was sent, the answer, and the numbers under which the probe knows it."""

    wire: Wire
    answer: Answer
    numbers: tuple[str, ...]


@dataclass
class Side:
    """Sends requests to one running app, and gathers the evidence.

    Attributes:
        clone: Its database; None for a side whose database nobody knows.
        log: What is committed there, transaction by transaction; None where PostgreSQL cannot tell.
        patience: How long an answer may take, in seconds.
    """

    subject: Subject
    clone: Clone | None
    client: httpx.AsyncClient
    log: Log | None = None
    limits: Limits = field(default_factory=Limits)
    patience: float = 30.0
    jar: Jar = field(default_factory=Jar)
    values: Values = field(default_factory=dict)
    restless: bool = False

    @classmethod
    def of(
        cls,
        subject: Subject,
        clone: Clone | None,
        log: Log | None = None,
        limits: Limits | None = None,
        patience: float = 30.0,
    ) -> Side:
        """A side with a client of its own; no proxy or netrc of this machine comes in between."""
        client = httpx.AsyncClient(
            base_url=subject.base_url,
            timeout=httpx.Timeout(patience, connect=CONNECT_SECONDS),
            limits=LIMITS,
            trust_env=False,
            verify=_authorities(),
            headers={"user-agent": AGENT},
        )
        return cls(subject, clone, client, log, limits or Limits(), patience)

    def again(self) -> Side:
        """The same side with a client and cookies of its own, for another run; a client ends with its event loop."""
        return Side.of(self.subject, self.clone, self.log, self.limits, self.patience)

    @property
    def authority(self) -> str:
        """Host and port of the app."""
        return urlsplit(self.subject.base_url).netloc

    def begin(self, values: Values) -> None:
        """A new scenario: no cookies, and its constants only."""
        self.jar = Jar()
        self.values = dict(values)

    async def ask(self, request: Request, stamp: Stamp) -> Asked:
        """Send a step; with `until`, again and again until the status comes or the time is over."""
        wire = request.render({UNIQUE: stamp.number, **self.values})
        deadline = time.monotonic() + request.within
        attempt = 0
        while True:
            numbered = dataclasses.replace(stamp, number=f"{stamp.number}.{attempt}") if attempt else stamp
            answer, numbers = await self._send(wire, numbered, follow=request.follow_redirects)
            if request.until in (None, answer.status) or answer.status is None or time.monotonic() >= deadline:
                return Asked(wire, answer, numbers)
            attempt += 1
            await asyncio.sleep(AGAIN)

    async def evidence(self, asked: Asked) -> Evidence:
        """Wait until the side is at rest, and gather what it did."""
        trace = await self._traced(asked)
        at_rest = await self._at_rest() if trace is None else trace.at_rest
        self.restless = self.restless or not at_rest
        commits: tuple[Commit, ...] | None = None
        if self.log is not None:
            commits = self.log.since_at_once()
            if commits is None:
                commits = await asyncio.to_thread(self.log.since)
        return Evidence(asked.answer, trace, commits, at_rest)

    @property
    def _within(self) -> float:
        return IMPATIENT if self.restless else self.limits.idle

    async def _traced(self, asked: Asked) -> Trace | None:
        """What the probe saw; of an answer that was redirected to, all requests one after the other."""
        feed = self.subject.feed
        if feed is None or not self.subject.alive:
            return None
        traces = [await feed.traced(number, self._within) for number in asked.numbers]
        loose = feed.unattributed()
        if len(traces) == 1 and not loose:
            return traces[0]
        moments = [moment for trace in traces for moment in trace.moments]
        return dataclasses.replace(
            traces[-1], moments=(*moments, *loose), at_rest=all(trace.at_rest for trace in traces)
        )

    async def _at_rest(self) -> bool:
        """Without a probe: whether no request and no transaction is open, seen twice in a row."""
        if self.clone is None:
            return True
        for _ in range(2):
            deadline = time.monotonic() + self._within
            while self.subject.running and self.subject.alive:
                if time.monotonic() >= deadline:
                    return False
                await asyncio.sleep(LOOK)
            if not await asyncio.to_thread(self.clone.wait_until_idle, max(0.0, deadline - time.monotonic())):
                return False
            await asyncio.sleep(BREATH)
        return True

    async def _send(self, wire: Wire, stamp: Stamp, *, follow: bool) -> tuple[Answer, tuple[str, ...]]:
        """One request, and the redirects that it leads to, but for those to another machine."""
        request = self.client.build_request(wire.method, wire.target, headers=list(wire.headers), content=wire.content)
        numbers: list[str] = []
        while True:
            hop = len(numbers)
            numbered = dataclasses.replace(stamp, number=f"{stamp.number}>{hop}") if hop else stamp
            numbers.append(numbered.number)
            if self.subject.feed is not None:
                request.headers[STAMP] = str(numbered)
            answer, following = await self._exchange(request, wire)
            elsewhere = following is not None and following.url.host != self.client.base_url.host
            if not follow or following is None or elsewhere or hop >= REDIRECTS:
                return answer, tuple(numbers)
            request = following

    async def _exchange(self, request: httpx.Request, wire: Wire) -> tuple[Answer, httpx.Request | None]:
        """One request with the cookies that belong to it, its answer, and where that redirects to."""
        cookies = self.jar.header(request.url.raw_path.decode(), wire.cookies)
        if cookies and "cookie" not in {key for key, _ in wire.headers}:
            request.headers["cookie"] = cookies
        begun = time.perf_counter()
        try:
            response = await self.client.send(request, stream=True)
        except httpx.TimeoutException as error:
            failure = f"no answer within {self.patience:g} s ({type(error).__name__})"
            return self._nothing(failure, begun), None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._nothing(f"no HTTP answer: {str(error) or type(error).__name__}", begun), None
        self.client.cookies.clear()  # the jar is the only keeper
        headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers.raw)
        self.jar.take(headers)
        body, broken = await self._body(response)
        elapsed = time.perf_counter() - begun
        answer = Answer(response.status_code, headers, body, elapsed, self.authority, broken=broken)
        return answer, response.next_request

    def _nothing(self, failure: str, begun: float) -> Answer:
        return Answer(None, elapsed=time.perf_counter() - begun, authority=self.authority, failure=failure)

    async def _body(self, response: httpx.Response) -> tuple[bytes, str]:
        """All of the body, or what came of it and why there is no more. Ends a stream that does not end."""
        parts: list[bytes] = []
        size = 0
        broken = ""
        try:
            async with asyncio.timeout(self.patience):
                async for part in response.aiter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > LONGEST_BODY:
                        broken = f"longer than {LONGEST_BODY // 2**20} MiB"
                        break
        except TimeoutError:
            broken = f"did not end within {self.patience:g} s"
        except httpx.TimeoutException as error:
            broken = f"nothing more for {self.patience:g} s ({type(error).__name__})"
        except httpx.DecodingError as error:
            broken = f"cannot be decoded: {error}"
        except httpx.HTTPError as error:
            broken = f"broke off: {str(error) or type(error).__name__}"
        await response.aclose()
        return b"".join(parts), broken
