"""What a running process costs: processor seconds, memory and threads of it and of all that it started."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Reading:
    """At one moment: seconds of processor time since it began, resident bytes, threads."""

    cpu: float = 0.0
    memory: int = 0
    threads: int = 0


def read(pid: int | None) -> Reading:
    """A process and its children now; zeros where there is none to be read."""
    cpu, memory, threads = 0.0, 0, 0
    for process in family(pid):
        with suppress(psutil.Error), process.oneshot():
            cpu += _spent(process)
            memory += process.memory_info().rss
            threads += process.num_threads()
    return Reading(cpu, memory, threads)


def machine() -> float:
    """Seconds that all cores together have worked since the machine started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def postmaster(backend: int) -> int | None:
    """The process that all of a database server's belong to, by one that serves a connection; None if not here."""
    with suppress(psutil.Error):
        process = psutil.Process(backend)
        above = process.parent()
        if "postgres" in process.name() and above is not None:
            return above.pid
    return None


def family(pid: int | None) -> Iterator[psutil.Process]:
    """A process and all its descendants."""
    if pid is None:
        return
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)


def _spent(process: psutil.Process) -> float:
    """Its processor time, and that of those it started which have ended: a database serves each connection with one.

    Its own by Linux's clock of a process (clock_getcpuclockid(3)), to the nanosecond; else in ticks, as of the others.
    """
    times = process.cpu_times()
    ended = float(times.children_user + times.children_system)
    with suppress(OSError, OverflowError):
        return time.clock_gettime(~process.pid << 3 | 2) + ended
    return float(times.user + times.system) + ended
