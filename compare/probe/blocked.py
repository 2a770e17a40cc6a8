"""Code that keeps an event loop for long while a request is in work.

A thread of the probe's own asks the loop, many times within the bound, to call back. An answer that is late tells for
how long the loop did nothing else; meanwhile the thread looks at what the loop's thread is at. Time in which the
machine or the interpreter ran something else is taken off, see `witness.kept`: a miss is better than a false alarm.

It works with any loop that has `call_soon_threadsafe`. A request that is over before its loop answers is told of what
kept the loop until then.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from .current import Request, current, note
from .witness import Meter, Reading, Stack, depth, kept, owned, place, stack

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOKS = 10  # within the bound
CLEARLY = 1.1  # times the bound: what is taken off for others is measured no finer than that
# Times the bound, where no line of the app's own was seen at work: that may be a thread which is slow to start on a
# busy machine, or the collector of garbage.
NOT_ITS_OWN = 3.0
SHORTEST_SECONDS, LONGEST_SECONDS = 0.005, 0.05  # between two looks
LINGERS_SECONDS = 2.0  # the watcher stays awake after the last request: to wake it costs more

_bounds: list[float] = []  # one, once installed
_watchers: list[Watcher] = []  # one, once a request came


def install(settings: Mapping[str, Any]) -> None:
    """Watch loops from now on, where the settings name a bound."""
    bound = settings.get("loop_blocked")
    if not _bounds and bound:
        _bounds.append(float(bound))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forked)


def watch(loop: asyncio.AbstractEventLoop, request: Request) -> None:
    """A request begins on this loop, whose thread calls."""
    if not _bounds:
        return
    if not _watchers:
        _watchers.append(Watcher(_bounds[0]))
    _watchers[0].begin(loop, request)


def unwatch(loop: asyncio.AbstractEventLoop, request: Request) -> None:
    """It ends; on the same thread."""
    for watcher in _watchers:
        watcher.end(loop, request)


def _forked() -> None:
    """The thread was left behind in the parent."""
    for watcher in _watchers:
        for watched in watcher.loops.values():
            watched.meter.close()
    _watchers.clear()


@dataclass(frozen=True)
class Look:
    """What a loop was seen at: its task's identity (0 is none) and that task's request, and its thread's stack."""

    at: float
    task: int
    request: Request | None
    stack: Stack = ()


@dataclass
class Question:
    """Asked of a loop, and not answered yet.

    Attributes:
        start: The thread's clocks when it was asked.
        requests: Those in work then.
        looks: What was seen since then.
        hogged: For how long before it the loop's thread may have let no other run.
        before: The watcher's own clocks, before that.
        late: How long the watcher was not run since then.
    """

    start: Reading
    requests: list[Request]
    looks: list[Look]
    hogged: float
    before: Reading
    late: float = 0.0


@dataclass
class Watched:
    """A loop, and the requests that it works on, each with its task's identity."""

    loop: asyncio.AbstractEventLoop
    thread: int
    meter: Meter
    last: Reading  # when it was last looked at
    requests: dict[str, tuple[Request, int]] = field(default_factory=dict)
    beneath: int = 0  # lines of the thread's stack that are the loop's own
    question: Question | None = None

    def look(self, at: float, *, closely: bool) -> Look:
        """See what the loop is at."""
        task = asyncio.current_task(self.loop)
        if task is None:
            return Look(at, 0, None, stack(self.thread) if closely else ())
        context = getattr(task, "get_context", None)  # from Python 3.12 on
        if context is not None:
            request = context().get(current)
        else:
            request = next((request for request, owner in list(self.requests.values()) if owner == id(task)), None)
        return Look(at, id(task), request, stack(self.thread) if closely else ())


class Watcher:
    """The thread that looks; one a process."""

    def __init__(self, bound: float) -> None:
        self.bound = bound
        self.interval = min(max(bound / LOOKS, SHORTEST_SECONDS), LONGEST_SECONDS)
        self.loops: dict[int, Watched] = {}
        self.awake = threading.Event()
        self.ready = threading.Event()
        self.started = threading.Lock()  # held once the thread was started
        self.meter: Meter | None = None  # of the thread itself
        self.woken = 0.0  # when it was last called to work

    def begin(self, loop: asyncio.AbstractEventLoop, request: Request) -> None:
        """Count a request in."""
        watched = self.loops.get(id(loop))
        task = id(asyncio.current_task())
        if watched is None or watched.loop is not loop:
            meter = Meter()
            watched = Watched(loop, threading.get_ident(), meter, meter.read())
            watched.requests[request.id] = (request, task)
            self.loops[id(loop)] = watched
        else:
            watched.requests[request.id] = (request, task)
        if not self.awake.is_set():
            self.woken = watched.last.at
            self.awake.set()
            self._start()

    def end(self, loop: asyncio.AbstractEventLoop, request: Request) -> None:
        """Count a request out, once what kept its loop has been noted."""
        watched = self.loops.get(id(loop))
        if watched is not None:
            if watched.question is not None:
                self._judge(watched, watched.question)
            watched.requests.pop(request.id, None)

    def _start(self) -> None:
        if self.started.acquire(blocking=False):
            token = current.set(None)  # the thread works for no request
            try:
                threading.Thread(target=self._run, name="compare-probe-loops", daemon=True).start()
                self.ready.wait(self.bound)
            finally:
                current.reset(token)

    def _run(self) -> None:
        self.meter = Meter()
        own = self.meter.read()
        began = idle_since = self.woken
        self.ready.set()
        while True:
            left = self.interval - (perf_counter() - began)
            if left > 0:  # else something kept the interpreter while this thread was about: look at once what it is
                sleep(left)
            began = perf_counter()
            # Nothing lets a loop's thread run on before it is known what it is at: whatever may, comes after.
            attended = [(watched, self._attend(watched, own)) for watched in list(self.loops.values())]
            own = self.meter.read()
            for watched, question in attended:
                self._ask(watched, question)
                if watched.requests or watched.question is not None:
                    idle_since = perf_counter()
            if perf_counter() - idle_since > LINGERS_SECONDS:
                self._rest()
                began = idle_since = self.woken

    def _rest(self) -> None:
        self.awake.clear()
        for key, watched in list(self.loops.items()):
            if not watched.requests:
                self.loops.pop(key, None)
                watched.meter.close()
        if not self.loops:
            self.awake.wait()

    def _attend(self, watched: Watched, own: Reading) -> Question | None:
        """Look; a new question if the loop has answered the one before."""
        before, reading = watched.last, watched.meter.read()
        watched.last = reading
        gap = max(0.0, reading.at - before.at - self.interval)
        if watched.question is not None:
            watched.question.late += gap
            watched.question.looks.append(watched.look(reading.at, closely=True))
        elif watched.requests:
            # Code in C that lets no other thread run keeps the watcher too: it asks that much too late.
            hogged = min(gap, max(0.0, reading.ran - before.ran))
            look = watched.look(reading.at, closely=hogged > self.interval)
            requests = [request for request, _ in list(watched.requests.values())]
            watched.question = Question(reading, requests, [look], hogged, own)
            return watched.question
        return None

    def _ask(self, watched: Watched, question: Question | None) -> None:
        if watched.loop.is_closed():
            if self.loops.get(id(watched.loop)) is watched:
                self.loops.pop(id(watched.loop), None)
            watched.meter.close()
            watched.question = None
            return
        if question is not None:
            with suppress(RuntimeError):  # closed just now
                watched.loop.call_soon_threadsafe(self._answered, watched, question)

    def _answered(self, watched: Watched, question: Question) -> None:
        """The loop calls back, on its own thread."""
        watched.beneath = depth() - 1
        self._judge(watched, question)
        watched.question = None

    def _starved(self, question: Question) -> float:
        """For how long the machine may have kept the watcher from asking for the interpreter.

        It wakes, waits for the interpreter for a few milliseconds, and asks for it: then whoever has it must give it,
        and only code in C does not. So the first two of its waits for a processor count, not the many that follow.
        """
        if self.meter is None:
            return 0.0
        now, before = self.meter.read(), question.before
        return (now.waited - before.waited) * min(1.0, 2 / max(now.slices - before.slices, 1))

    def _judge(self, watched: Watched, question: Question) -> None:
        """Note it if one piece of code has kept the loop for longer than the bound; on the loop's thread."""
        if perf_counter() - question.start.at + question.hogged <= self.bound:
            return
        question.hogged = max(0.0, question.hogged - self._starved(question))
        start, end = question.start, watched.meter.read()
        start = replace(start, at=start.at - question.hogged, ran=start.ran - question.hogged)
        late = question.late + max(0.0, end.at - watched.last.at - self.interval)
        looks, seconds = _longest(question.looks, end.at)
        seconds = min(kept(start, end, late), seconds)
        stacks = [look.stack for look in looks if look.stack]
        if seconds > self.bound * (CLEARLY if owned(stacks, watched.beneath) else NOT_ITS_OWN):
            told = [look.request for look in looks if look.request] or question.requests
            where = place(stacks, watched.beneath)
            note("Blocked", told[-1], seconds=round(seconds, 3), place=where)
            question.start, question.hogged, question.late = end, 0.0, 0.0
            question.looks = [watched.look(end.at, closely=False)]


def _longest(looks: list[Look], end: float) -> tuple[list[Look], float]:
    """The looks at the task that was longest at work without another in between, and for how many seconds at most."""
    runs: list[list[Look]] = []
    for look in looks:
        if runs and runs[-1][0].task == look.task:
            runs[-1].append(look)
        else:
            runs.append([look])
    if len(runs) == 1:
        return looks, float("inf")
    ends = [run[0].at for run in runs[1:]] + [end]
    seconds = [finish - run[0].at for run, finish in zip(runs, ends, strict=True)]
    longest = max(range(len(runs)), key=seconds.__getitem__)
    return runs[longest], seconds[longest]
