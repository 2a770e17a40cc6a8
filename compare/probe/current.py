"""The request that this task or thread works for, and the events noted for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter

Event = tuple[str, float, dict[str, object]]  # kind, seconds since the request began, fields
Sink = Callable[["Request | None", Event], None]

FLUSH_EVENTS = 1_000  # so many are kept for a request that runs on; then they are sent
STARTED = perf_counter()  # where the time of what belongs to no request begins


class Request:
    """One HTTP request, as the probe knows it.

    Attributes:
        id: From the header that compare sends.
        begun: `time.perf_counter()` when it reached the app.
        clock: Microseconds since 1970 that compare gave it; 0 is none.
        seed: What random draws of this request start from; b"" is none.
        draws: Counters by kind, of what was drawn.
        events: What was noted and not sent yet.
        work: What is going on for it: a key, its kind (call, task, thread, transaction) and its name.
        connections: How many connections it has used.
        held: Connections that it checked out and did not give back, by their number.
        tasks: Numbers of its asyncio tasks, by their identity.
        rested: Whether it was reported to be at rest.
        given_up: Whether compare waits for it no longer.
        lock: Guards the move to rest.
    """

    __slots__ = (
        "begun",
        "clock",
        "connections",
        "draws",
        "events",
        "given_up",
        "held",
        "id",
        "lock",
        "rested",
        "seed",
        "task_count",
        "tasks",
        "work",
    )

    def __init__(self, id: str, *, clock: int = 0, seed: bytes = b"") -> None:  # noqa: A002 - the contract's name
        self.id = id
        self.begun = perf_counter()
        self.clock = clock
        self.seed = seed
        self.draws: dict[str, int] = {}
        self.events: list[Event] = []
        self.work: dict[object, tuple[str, str]] = {}
        self.connections = 0
        self.held: dict[int, object] = {}
        self.tasks: dict[int, int] = {}
        self.task_count = 0
        self.rested = False
        self.given_up = False
        self.lock = threading.RLock()  # a finaliser that runs in the midst may end something of the same request


current: ContextVar[Request | None] = ContextVar("compare_request", default=None)

_sinks: list[Sink] = []  # one, once the probe is installed


def drain_into(sink: Sink) -> None:
    """Hand events to `sink` that cannot wait for their request to come to rest."""
    _sinks[:] = [sink]


def note(kind: str, /, request: Request | None = None, **fields: object) -> None:
    """Record an event at this moment: for `request`, else for the current one, else for none.

    Args:
        kind: Name of the class in `compare.subjects.moments` that it becomes.
        request: Whose event it is.
        fields: Of that class, without `at`; JSON values.
    """
    request = request or current.get()
    record(request, kind, perf_counter(), fields)


def record(request: Request | None, kind: str, moment: float, fields: dict[str, object]) -> None:
    """Record an event of a moment on the clock of `time.perf_counter`."""
    event = (kind, moment - (request.begun if request else STARTED), fields)
    if request is not None:
        request.events.append(event)
        if not request.rested and len(request.events) < FLUSH_EVENTS:
            return
    for sink in _sinks:
        sink(request, event)
