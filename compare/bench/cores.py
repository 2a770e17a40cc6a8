"""Which cores the apps have, and which all the rest: the database, the sender and compare itself.

Left to the scheduler, an app shares its core with the database in one round and not in the next. Where both ways took
turns on a machine of two cores that others used too, pairs of one app with itself that nothing disturbed spread 6 to
13 % so, and 3 to 4 % apart: four blocks of twenty pairs each way. Where the host itself is uneven it helps less. Apart,
it is as if the database were on another machine, as it mostly is; on two cores an app then answers up to a quarter
less. Each side has the same cores, in turn.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from compare.bench.meter import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def apart(apps: Iterable[int | None], rest: Iterable[int | None]) -> Iterator[None]:
    """Half of the cores for the apps, half for the rest and for this process, until the block ends.

    Nothing is moved where there is one core, where the system cannot (macOS), or where no app runs here. Only this
    process gets its cores back: the others end with the run.

    Args:
        apps: Their first processes; None is one that runs elsewhere.
        rest: Further processes that have a part in it, and were started for it.
    """
    found, apps = sorted(cores()), [pid for pid in apps if pid is not None]
    if len(found) < 2 or not apps:  # noqa: PLR2004 - nothing to share out
        yield
        return
    half = len(found) - len(found) // 2
    for pid in apps:
        _move(pid, found[:half])
    for pid in rest:
        _move(pid, found[half:])
    os.sched_setaffinity(0, found[half:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, found)


def cores() -> set[int]:
    """Those that this process may use; none where nobody can tell."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _move(pid: int | None, cores: Iterable[int]) -> None:
    """A process and what it started, each of their threads; what they start from now on inherits it."""
    for process in family(pid):
        with suppress(psutil.Error):
            for thread in process.threads():
                with suppress(OSError):  # it has ended
                    os.sched_setaffinity(thread.id, cores)
