"""What the probe sends: a socket that listens, and the traces that come in, by request."""

import asyncio
import json
import os
import selectors
import socket
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from compare.config import SideName
from compare.process import scratch
from compare.subjects.account import Account, settle
from compare.subjects.moments import Moment, Trace
from compare.subjects.speech import Said, heard

PROBE = Path(__file__).parent.parent / "probe"
INJECT = PROBE / "inject"  # goes on PYTHONPATH where the side is started by a command of the user's own
VARIABLE = "COMPARE_PROBE"
HEADER = "x-compare-request"
KEPT = 2_000  # requests, and moments of none, that wait to be asked for; older ones are dropped
READ_BYTES = 262_144
ANSWER_SECONDS = 1.0  # in which a probe says what has come so far
STALLED_SECONDS = 0.1  # more for a request of which only open transactions are left: nothing of its own can end them


@dataclass(frozen=True)
class ProbeSettings:
    """What the probe is told.

    Attributes:
        prevent: Whether clock, random draws and the like are to be the same on both sides.
        seed: Of everything drawn outside a request, in hex.
        allow_outbound: Hosts that the app may connect to.
        loop_blocked: Seconds for which the event loop may do nothing else before it is noted.
    """

    prevent: bool = False
    seed: str = ""
    allow_outbound: tuple[str, ...] = ()
    loop_blocked: float = 0.2


def announced(identity: str, *, clock: int = 0, seed: bytes = b"") -> tuple[str, str]:
    """The header that tells the probe which request this is, its clock (µs since 1970, 0: none) and seed."""
    return HEADER, f"{identity};{clock};{seed.hex()}"


def injected(pythonpath: str = "") -> dict[str, str]:
    """The environment of a process that a command of the user's own starts, by which it loads the probe."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(INJECT), pythonpath)))}


class Feed:
    """The traces of one side, as its probes send them. Thread-safe."""

    def __init__(self, settings: ProbeSettings, side: SideName, path: Path) -> None:
        self._settings = settings
        self._side = side
        self._path = path
        self._lock = threading.Lock()
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._unattributed: deque[Moment] = deque(maxlen=KEPT)
        self._probes: dict[socket.socket, bytearray] = {}
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen(64)
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"compare-feed-{side}", daemon=True)
        self._thread.start()

    def environment(self) -> dict[str, str]:
        """What the side's process finds in its environment."""
        told = {
            "socket": str(self._path),
            "side": self._side,
            "prevent": self._settings.prevent,
            "seed": self._settings.seed,
            "allow_outbound": list(self._settings.allow_outbound),
            "loop_blocked": self._settings.loop_blocked,
        }
        return {VARIABLE: json.dumps(told)}

    def injecting(self, pythonpath: str = "") -> dict[str, str]:
        """As `environment`, for a process that a command of the user's own starts: its PYTHONPATH loads the probe."""
        return self.environment() | injected(pythonpath)

    @property
    def connected(self) -> bool:
        """Whether a probe has reported and is still there."""
        return bool(self._probes)

    def trace(self, identity: str, within: float) -> Trace:
        """What the side did for a request, once it came to rest; waits up to `within` seconds for that.

        What has not come to rest by then is returned as it is, `at_rest` false, with an `Unfinished` that says what
        still runs. What it does later belongs to no request.
        """
        account = self._account(identity)
        _wait(account.stalled, within)
        if not account.over.done():
            if account.stalled.done():
                _wait(account.over, min(within, STALLED_SECONDS))
            if not account.over.done():
                self._ask(identity, account)
                _wait(account.answered, ANSWER_SECONDS)
        return self._taken(identity, account)

    async def traced(self, identity: str, within: float) -> Trace:
        """As `trace`, without blocking the loop."""
        account = self._account(identity)
        await _waited(account.stalled, within)
        if not account.over.done():
            if account.stalled.done():
                await _waited(account.over, min(within, STALLED_SECONDS))
            if not account.over.done():
                self._ask(identity, account)
                await _waited(account.answered, ANSWER_SECONDS)
        return self._taken(identity, account)

    def unattributed(self) -> tuple[Moment, ...]:
        """What belongs to no request, since the last call: start-up, background loops, what a given-up request did."""
        with self._lock:
            moments = tuple(self._unattributed)
            self._unattributed.clear()
        return moments

    def close(self) -> None:
        """Stop listening."""
        self._ours.close()
        self._thread.join()

    def _account(self, identity: str) -> Account:
        with self._lock:
            return self._accounts.setdefault(identity, Account())

    def _taken(self, identity: str, account: Account) -> Trace:
        with self._lock:
            self._accounts.pop(identity, None)
            return account.trace()

    def _ask(self, identity: str, account: Account) -> None:
        with self._lock:
            account.unknown = 0
            probes = list(self._probes)
        if not probes:
            settle(account.answered)
        for probe in probes:
            with suppress(OSError):
                probe.send(json.dumps({"ask": identity}).encode() + b"\n")

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector, self._listening, self._theirs:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(self._theirs, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    ready = key.fileobj
                    if ready is self._theirs:
                        for probe in list(self._probes):
                            self._gone(probe, selector)
                        return
                    if ready is self._listening:
                        probe, _ = self._listening.accept()
                        selector.register(probe, selectors.EVENT_READ)
                        with self._lock:
                            self._probes[probe] = bytearray()
                    elif isinstance(ready, socket.socket):
                        self._read(ready, selector)

    def _read(self, probe: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            chunk = probe.recv(READ_BYTES)
        except OSError:
            chunk = b""
        if not chunk:
            self._gone(probe, selector)
            return
        buffer = self._probes[probe]
        buffer += chunk
        *lines, rest = buffer.split(b"\n")
        self._probes[probe] = rest
        for line in lines:
            if said := heard(line):
                self._hear(said)

    def _gone(self, probe: socket.socket, selector: selectors.BaseSelector) -> None:
        """A process has ended; with the last of them, nothing more comes of any request."""
        selector.unregister(probe)
        probe.close()
        with self._lock:
            del self._probes[probe]
            accounts = [] if self._probes else list(self._accounts.values())
        for account in accounts:
            settle(account.over, account.stalled, account.answered)

    def _hear(self, said: Said) -> None:
        with self._lock:
            account = self._accounts.get(said.identity)
            if account is None and said.state in {"late", "unknown"}:
                self._unattributed.extend(said.apart())
                return
            if account is None:
                account = self._accounts[said.identity] = Account()
                while len(self._accounts) > KEPT:
                    self._accounts.popitem(last=False)
            account.add(said)
            known = said.state == "asked" or account.unknown >= len(self._probes)
        if said.state == "rest":
            settle(account.over, account.stalled, account.answered)
        elif said.state == "stalled":
            settle(account.stalled)
        elif known:
            settle(account.answered)


def _wait(future: Future[None], seconds: float) -> None:
    with suppress(TimeoutError):
        future.result(seconds)


async def _waited(future: Future[None], seconds: float) -> None:
    if not future.done():
        await asyncio.wait([asyncio.wrap_future(future)], timeout=seconds)


@contextmanager
def feeding(settings: ProbeSettings, side: SideName) -> Iterator[Feed]:
    """Listen until the block ends, in a folder that nobody else can enter."""
    with scratch() as folder:
        feed = Feed(settings, side, folder / f"{side}.sock")
        try:
            yield feed
        finally:
            feed.close()
