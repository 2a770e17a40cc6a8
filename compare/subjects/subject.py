"""One side, running."""

import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import urlsplit

from compare.config import SideName, redacted
from compare.process import Guarded
from compare.subjects.feed import Feed
from compare.subjects.routes import Routes
from compare.subjects.serve import COUNT

REACH_SECONDS = 2.0  # in which a side that runs elsewhere must accept a connection to count as alive


@dataclass(frozen=True, eq=False)
class Subject:
    """A side that answers requests.

    Attributes:
        name: Which side it is.
        base_url: `http://127.0.0.1:<port>`, or where a side is that was running already; without a / at its end.
        routes: Its HTTP routes; empty if the app does not show them.
        process: What serves it; None if it was running already.
        counter: Where it shows how many requests it is at work on; None where nobody counts them.
        feed: What its probe sees; None where there is no probe inside.
        secrets: Values that its output may hold and nobody may read.
    """

    name: SideName
    base_url: str
    routes: Routes
    process: Guarded | None = None
    counter: BinaryIO | None = field(default=None, repr=False)
    feed: Feed | None = field(default=None, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def pid(self) -> int | None:
        """The process that serves it; None if it was running already."""
        return None if self.process is None else self.process.pid

    @property
    def running(self) -> int:
        """How many requests the app is at work on, their background tasks included; tasks set loose do not count.

        0 where nobody counts them.
        """
        if self.counter is None:
            return 0
        (count,) = struct.unpack(COUNT, os.pread(self.counter.fileno(), struct.calcsize(COUNT), 0))
        return int(count)

    @property
    def alive(self) -> bool:
        """Whether the process has not ended yet; of a side that runs elsewhere, whether it accepts connections."""
        return _reachable(self.base_url) if self.process is None else self.process.alive

    def output(self) -> str:
        """The last part of what the app printed, without secrets; empty for a side that was running already."""
        return "" if self.process is None else redacted(self.process.output(), self.secrets)


def _reachable(url: str) -> bool:
    parts = urlsplit(url)
    place = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    with suppress(OSError), socket.create_connection(place, REACH_SECONDS):
        return True
    return False
