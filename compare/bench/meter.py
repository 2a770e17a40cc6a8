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


def family(pid: int | None) -> Iterator[psutil.Process]:
    """A process and all its descendants."""
    if pid is None:
        return
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)


def _spent(process: psutil.Process) -> float:
    """Its processor time: by Linux's clock of a process (clock_getcpuclockid(3)), to the nanosecond; else in ticks."""
    with suppress(OSError, OverflowError):
        return time.clock_gettime(~process.pid << 3 | 2)
    times = process.cpu_times()
    return float(times.user + times.system)
