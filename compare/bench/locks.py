"""How long the sessions of a database wait for locks, seen from outside while a round runs."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.postgres import Clone

LOOK_SECONDS = 0.05
WAITING = """
SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass
class Waits:
    """Seconds that sessions waited, all together; None where nobody looked."""

    seconds: float | None = None


@contextmanager
def watching(clone: Clone | None) -> Iterator[Waits]:
    """Look twenty times a second until the block ends; the waits are whole after it."""
    waits = Waits()
    if clone is None:
        yield waits
        return
    over = threading.Event()

    def look(database: Clone) -> None:
        waits.seconds, before = 0.0, time.perf_counter()
        while not over.wait(LOOK_SECONDS):
            waiting = database.fetch(WAITING)[0]["waiting"]
            now = time.perf_counter()
            waits.seconds += (now - before) * (waiting if isinstance(waiting, int) else 0)
            before = now

    thread = threading.Thread(target=look, args=(clone,), daemon=True)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
