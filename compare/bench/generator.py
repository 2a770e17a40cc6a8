"""Sends load: `python -m compare.bench.generator`, one round for each line on stdin, one JSON line on stdout for each.

A process of its own, since whoever sends must not wait for who counts. Two ways to send:

- closed: so many clients, each sends again as soon as it was answered;
- open: at a fixed rate, whether or not answers come. A request's time begins when it should have been sent, so that a
  server which stops for a second is charged with all who would have come in it (no coordinated omission).

Before a round it says `{"ready": n}` once its connections stand, and waits for a line to begin.
"""

from __future__ import annotations

import asyncio
import json
import sys
import zlib
from collections import Counter, deque
from itertools import count, cycle
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import httptools
import uvloop

from compare.bench.script import Script
from compare.traffic import Captured, Missing
from compare.traffic.template import UNIQUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.bench.script import Step
    from compare.traffic import Capture

CONNECT_SECONDS = 5.0
AT_ONCE = 64  # connections that are opened at a time: a server's backlog is not what is measured
QUEUED = 100_000  # arrivals that may wait for a client, on open load; more is a rate that nothing answers

_numbers = count(1)


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answered: Callable[[int, int, Captured | None], None] | None = None
        self.parser = httptools.HttpResponseParser(self)
        self.keep = False
        self._reset()

    def _reset(self) -> None:
        self.checksum = 0
        self.body: list[bytes] = []
        self.headers: list[tuple[str, str]] = []

    def send(self, data: bytes, answered: Callable[[int, int, Captured | None], None], *, keep: bool) -> None:
        """Send a request; `answered` gets the status (0: none came), the body's checksum, and the answer if kept."""
        self.answered, self.keep = answered, keep
        if self.transport is None or self.transport.is_closing():
            self._done(0)
            return
        self.transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: it stands."""
        self.transport = transport  # type: ignore[assignment]  # a TCP transport

    def data_received(self, data: bytes) -> None:
        """asyncio: something came."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._broken()

    def connection_lost(self, _error: Exception | None) -> None:
        """asyncio: it is gone."""
        self.transport = None
        if self.answered is not None:
            self._done(0)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header."""
        if self.keep:
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        """httptools: a part of the body."""
        self.checksum = zlib.crc32(body, self.checksum)
        if self.keep:
            self.body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the answer is whole."""
        if self.parser.get_status_code() >= 200:  # noqa: PLR2004 - 1xx come before the answer
            keep = self.parser.should_keep_alive()
            status = self.parser.get_status_code()
            if not keep and self.transport is not None:
                self.transport.close()
            self._done(status)

    def _broken(self) -> None:
        if self.transport is not None:
            self.transport.abort()
        self._done(0)

    def _done(self, status: int) -> None:
        answered, self.answered = self.answered, None
        captured = Captured(self.headers, b"".join(self.body)) if self.keep else None
        checksum = self.checksum
        self._reset()
        if answered is not None:
            answered(status, checksum, captured)


class Client:
    """A client that plays scripts, one after the other."""

    def __init__(self, load: Load, connection: Connection) -> None:
        self.load = load
        self.connection = connection
        self.sent = 0.0

    def play(self, intended: float) -> None:
        """Begin the next script, which should have begun at `intended`."""
        self.load.running += 1
        self.script = next(self.load.deck)
        self.values: dict[str, Any] = {}
        self.late = perf_counter() - intended
        self.place = 0
        self._send()

    def _send(self) -> None:
        step = self.script.steps[self.place]
        if UNIQUE in step.names:
            self.values[UNIQUE] = f"{self.load.prefix}{next(_numbers):08}"
        captures = self.load.captures[id(step)]
        try:
            ready = self.load.rendered.get(id(step)) or step.encoded(self.load.authority, self.values)
        except KeyError:
            self.load.miss(perf_counter() - self.sent + self.late)
            self._end()
            return
        self.sent = perf_counter()
        self.connection.send(ready, self._answered, keep=bool(captures))

    def _answered(self, status: int, checksum: int, captured: Captured | None) -> None:
        now = perf_counter()
        step = self.script.steps[self.place]
        last = self.place == len(self.script.steps) - 1
        right = self.load.note(step, status, checksum, now - self.sent + self.late, measured=last)
        if captured is not None and status:
            for name, capture in self.load.captures[id(step)]:
                try:
                    self.values[name] = capture.take(captured)
                except Missing:
                    self.values.pop(name, None)
        self.place += 1
        if self.connection.transport is None or self.connection.transport.is_closing():
            self.load.reconnect(self, goes_on=right and not last)
        elif right and not last:
            self._send()
        else:
            self._end()

    def go_on(self, *, goes_on: bool) -> None:
        """After a new connection."""
        if goes_on:
            self._send()
        else:
            self._end()

    def _end(self) -> None:
        self.load.running -= 1
        self.load.free(self)


class Load:
    """One round."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.host, self.port = task["host"], task["port"]
        self.authority = f"{self.host}:{self.port}"
        self.seconds, self.rate, self.patience = task["seconds"], task["rate"], task["patience"]
        self.prefix = task["prefix"]
        scripts = [Script.heard(told) for told in task["scripts"]]
        self.deck = cycle([scripts[number] for number in task["deck"]])
        # By identity: the deck keeps the steps, and to hash one anew for each request would cost.
        steps = [step for script in scripts for step in script.steps]
        self.captures: dict[int, list[tuple[str, Capture]]] = {id(step): step.taken() for step in steps}
        self.rendered = {id(step): step.encoded(self.authority, {}) for step in steps if not step.names}
        self.clients = [Client(self, Connection()) for _ in range(task["clients"])]
        self.idle: deque[Client] = deque()
        self.waiting: deque[float] = deque()
        self.running = 0
        self.over = False
        self.finished = asyncio.Event()
        self.good: list[int] = []
        self.bad: list[int] = []
        self.statuses: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.changed = self.requests = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def connect(self) -> int:
        """Open every connection; how many stand."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(client: Client) -> bool:
            async with slots:
                return await self._connected(client)

        return sum(await asyncio.gather(*map(one, self.clients)))

    async def _connected(self, client: Client) -> bool:
        loop = asyncio.get_running_loop()
        connection = client.connection = Connection()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, self.host, self.port)
        except (OSError, TimeoutError):
            return False
        return True

    def reconnect(self, client: Client, *, goes_on: bool) -> None:
        """The server closed the connection of a client: a new one, and on."""

        async def again() -> None:
            if not await self._connected(client):
                self.lost["no connection"] += 1
                await asyncio.sleep(0.01)  # a server that is gone must not be asked a million times
            client.go_on(goes_on=goes_on)

        task = asyncio.ensure_future(again())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def note(self, step: Step, status: int, checksum: int, seconds: float, *, measured: bool) -> bool:
        """Take an answer down; whether it is the one that was to come."""
        self.requests += 1
        self.statuses[str(status)] += 1
        right = bool(status) and step.status in (None, status)
        if not status:
            self.lost["no answer"] += 1
        if not right:  # one that only prepares counts too: what was to be measured after it never comes
            self.bad.append(round(seconds * 1e6))
        elif measured:
            self.good.append(round(seconds * 1e6))
            self.changed += step.checksum not in (None, checksum)
        return right

    def miss(self, seconds: float) -> None:
        """An answer had the right status, and not what the next request takes from it."""
        self.lost["a value of an earlier answer was missing"] += 1
        self.bad.append(round(seconds * 1e6))

    async def run(self) -> dict[str, Any]:
        """Send until the time is over, wait for what is under way, and say what came."""
        loop = asyncio.get_running_loop()
        cpu, begun = process_time(), perf_counter()
        self.begun = begun
        loop.call_later(self.seconds, self._stop)
        self.idle.extend(self.clients)
        if self.rate is None:
            for client in list(self.idle):
                client.play(perf_counter())
            self.idle.clear()
        else:
            self.arrived = 0
            self._arrive()
        hanging = 0
        try:
            async with asyncio.timeout(self.seconds + self.patience):
                await self.finished.wait()
        except TimeoutError:
            hanging = self.running
        taken = perf_counter() - begun
        cpu = process_time() - cpu
        for client in self.clients:
            if client.connection.transport is not None:
                client.connection.answered = None
                client.connection.transport.abort()
        for task in self.tasks:
            task.cancel()
        return {
            "seconds": self.seconds,
            "taken": taken,
            "good": self.good,
            "bad": self.bad,
            "requests": self.requests,
            "statuses": self.statuses,
            "lost": self.lost,
            "changed": self.changed,
            "hanging": hanging,
            "unsent": len(self.waiting),
            "busy": cpu / taken,
        }

    def free(self, client: Client) -> None:
        """A client has nothing to do."""
        if self.over:
            self._settled()
        elif self.rate is None:
            # Through the loop, or a server that refuses at once would make this a recursion.
            asyncio.get_running_loop().call_soon(self._next, client)
        elif self.waiting:
            client.play(self.waiting.popleft())
        else:
            self.idle.append(client)

    def _next(self, client: Client) -> None:
        if self.over:
            self._settled()
        else:
            client.play(perf_counter())

    def _arrive(self) -> None:
        """Send whatever should have been sent by now."""
        if self.over:
            return
        now = perf_counter()
        while (intended := self.begun + self.arrived / self.rate) <= now:
            self.arrived += 1
            if self.idle:
                self.idle.popleft().play(intended)
            elif len(self.waiting) < QUEUED:
                self.waiting.append(intended)
        asyncio.get_running_loop().call_later(max(0.0, intended - now), self._arrive)

    def _stop(self) -> None:
        self.over = True
        self._settled()

    def _settled(self) -> None:
        if self.over and self.running == 0:
            self.finished.set()


async def _round(task: dict[str, Any]) -> dict[str, Any]:
    load = Load(task)
    stands = await load.connect()
    _say({"ready": stands})
    await asyncio.to_thread(sys.stdin.readline)
    return await load.run()


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve rounds until stdin ends."""
    while line := sys.stdin.readline():
        _say(uvloop.run(_round(json.loads(line))))


if __name__ == "__main__":
    main()
