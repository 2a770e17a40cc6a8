"""What a thread was seen at: how long it ran, how long it waited for a processor, and the lines of its stack.

Linux tells how long a thread was ready to run and was not run (`schedstat`); elsewhere that is taken for nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from .raised import own, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

BUFFER_BYTES = 100
STACK_FRAMES = 400  # more are not looked at

Line = tuple[str, int]  # file and number
Stack = tuple[Line, ...]  # outermost first


@dataclass(frozen=True)
class Reading:
    """The clocks of a thread at one moment, in seconds.

    Attributes:
        at: `time.perf_counter()`.
        ran: Processor time of the thread.
        waited: How long it was ready to run and was not run.
        process: Processor time of all threads of the process.
        slices: How many times the thread was given a processor.
    """

    at: float
    ran: float
    waited: float
    process: float
    slices: int = 0


class Meter:
    """Reads the clocks of one thread, from any thread. Made on the thread itself."""

    def __init__(self) -> None:
        self._file, self._clock, self._buffer = -1, -1, ctypes.create_string_buffer(BUFFER_BYTES)
        if hasattr(time, "pthread_getcpuclockid"):
            self._clock = time.pthread_getcpuclockid(threading.get_ident())
        with suppress(OSError):
            self._file = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
            self._pread = ctypes.PyDLL(None).pread  # keeps the interpreter's lock, as `os.pread` does not

    def read(self) -> Reading:
        """All clocks. No other thread of Python's runs meanwhile."""
        ran, waited, slices = 0.0, 0, 0
        with suppress(OSError, ValueError):  # the thread is no more
            if hasattr(time, "pthread_getcpuclockid"):
                ran = time.clock_gettime(self._clock)
            if self._file >= 0:
                size = self._pread(self._file, self._buffer, BUFFER_BYTES, ctypes.c_long(0))
                _, waited, slices = map(int, self._buffer.raw[: max(size, 0)].split())
        return Reading(perf_counter(), ran, waited / 1e9, time.process_time(), slices)

    def close(self) -> None:
        """Give the file back."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def kept(start: Reading, end: Reading, late: float) -> float:
    """How long a thread's own code kept it between two readings, in seconds.

    Taken off is the time in which it was ready and the machine did not run it; and of the time in which it neither ran
    nor was ready, as much as other threads of the process were at work, for Python runs one at a time, and as much as
    the machine stood still or did not run the one of them that had the interpreter (`late`).
    """
    ran = max(0.0, end.ran - start.ran)
    slept = max(0.0, end.at - start.at - ran - (end.waited - start.waited))
    others = max(0.0, end.process - start.process - ran)
    return ran + slept - min(slept, late + others)


def depth() -> int:
    """How many lines the stack of the caller has, its own among them."""
    frame, lines = sys._getframe(1).f_back, 1  # noqa: SLF001 - as below
    while frame is not None:
        frame, lines = frame.f_back, lines + 1
    return lines


def stack(thread: int) -> Stack:
    """The lines that a thread is at."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - there is no other way to see another thread's stack
    lines: list[Line] = []
    while frame is not None and len(lines) < STACK_FRAMES:
        lines.append((frame.f_code.co_filename, frame.f_lineno or 0))
        frame = frame.f_back
    return tuple(reversed(lines))


def owned(stacks: Sequence[Stack], beneath: int) -> bool:
    """Whether any of the app's own code was at work; `beneath` is as for `place`."""
    return any(own(line[0]) for found in stacks for line in found[beneath:])


def place(stacks: Sequence[Stack], beneath: int) -> str:
    """The line most often seen: the innermost of the app's own code, else the innermost of all; '' for none.

    Args:
        stacks: What was seen.
        beneath: How many lines of each belong to the loop that called, not to what it called.
    """
    seen = Counter(line for line in map(_innermost, (found[beneath:] for found in stacks)) if line)
    return seen.most_common(1)[0][0] if seen else ""


def _innermost(lines: Stack) -> str:
    chosen = next((line for line in reversed(lines) if own(line[0])), lines[-1] if lines else None)
    return f"{shown(chosen[0])}:{chosen[1]}" if chosen else ""
