"""What the probe saw a side do for one request: statements, transactions, connections, tasks, logs, on one time line.

Times are seconds since the request reached the app, by the side's monotonic clock. `connection` numbers the pool
connections that the request checked out, from 1; 0 is none. `task` numbers the asyncio tasks that were seen, from 1;
0 is a thread without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeVar

BoundaryKind = Literal["begin", "commit", "rollback", "savepoint", "release", "rollback_to"]
PoolKind = Literal["checkout", "checkin", "invalidate", "held"]  # held: not given back when the request came to rest
Bind = tuple[str, str]  # the Python type's name, and the value as text ("Decimal", "1.10"); ("None", "")


@dataclass(frozen=True)
class Moment:
    """Something that happened at a time."""

    at: float


@dataclass(frozen=True)
class Answering(Moment):
    """The app handed over a part of its answer: `start` (status and headers) or `end` (the last of the body).

    `chunks` counts the parts of the body that held anything; it is 0 at the start.
    """

    kind: Literal["start", "end"]
    status: int = 0
    chunks: int = 0


@dataclass(frozen=True)
class Statement(Moment):
    """One execution on a cursor.

    Attributes:
        sql: The text as the driver was handed it.
        binds: The values in the order in which the text refers to them; of an executemany those of the first set.
        sets: How many sets of values; more than one is an executemany.
        seconds: How long the call took.
        rowcount: As the driver tells it; None where it does not.
        sqlstate: Five characters where it failed and the driver told, else ''.
        error: Class of the exception that it raised, else ''; `psycopg2.errors.UniqueViolation`.
        sync_on_loop: Whether a driver that blocks was called on a thread that runs an event loop.
        in_thread: Whether it ran on a thread that runs no event loop.
        autocommit: Whether the connection was in the driver's autocommit mode.
    """

    sql: str
    binds: tuple[Bind, ...] = ()
    sets: int = 1
    seconds: float = 0.0
    rowcount: int | None = None
    sqlstate: str = ""
    error: str = ""
    connection: int = 0
    task: int = 0
    sync_on_loop: bool = False
    in_thread: bool = False
    autocommit: bool = False


@dataclass(frozen=True)
class Boundary(Moment):
    """Where a transaction or savepoint begins or ends. `xid` is the full transaction id where it had one."""

    kind: BoundaryKind
    connection: int = 0
    isolation: str = ""  # of a begin: "READ COMMITTED"; '' is the server's default
    xid: int | None = None
    name: str = ""  # of a savepoint


@dataclass(frozen=True)
class Pooled(Moment):
    """A connection that came from or went back to a pool."""

    kind: PoolKind
    connection: int = 0
    reason: str = ""  # of an invalidate: the exception


@dataclass(frozen=True)
class ImplicitLoad(Moment):
    """SQLAlchemy ran a SELECT that nobody wrote.

    `kind` is lazy (a relationship), column (expired, deferred, by onupdate, or of a polymorphic subclass).
    `name` is `Order.lines`; `refused` where SQLAlchemy raised instead (MissingGreenlet, raiseload).
    """

    kind: Literal["lazy", "column"]
    name: str
    refused: bool = False


@dataclass(frozen=True)
class Logged(Moment):
    """A log record of level WARNING or above, or a Python warning (level WARNING, logger `py.warnings`).

    `message` is the formatted text, `template` what it was formatted from, `error` the exception's class with its
    module (`asyncpg.exceptions.DeadlockDetectedError`), or the warning's category.
    """

    level: str
    logger: str
    message: str
    template: str = ""
    error: str = ""


@dataclass(frozen=True)
class Raised(Moment):
    """An exception that nothing handled.

    It left the app (`where` = app), a background task after the answer (background), or a task that nobody awaited
    (task). `chain` names the exception and what it was raised from, outermost first; `place` is the innermost line of
    the app's own code, `orders/service.py:31`.
    """

    where: Literal["app", "background", "task"]
    chain: tuple[str, ...]
    message: str = ""
    place: str = ""


@dataclass(frozen=True)
class Blocked(Moment):
    """The event loop did nothing else for `seconds` (time in which the machine did not run it is taken off)."""

    seconds: float
    place: str = ""


@dataclass(frozen=True)
class Outbound(Moment):
    """A connection to another machine was attempted by Python code, and refused unless `allowed`."""

    target: str
    allowed: bool = False


@dataclass(frozen=True)
class Prevention(Moment):
    """Whether what keeps both sides the same (`clock`) could be put in place, and why not."""

    what: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True)
class Worked(Moment):
    """A call ran in a thread. `kind` is pool (anyio, an executor) or thread (one of its own)."""

    kind: Literal["pool", "thread"]
    name: str = ""


@dataclass(frozen=True)
class Unfinished(Moment):
    """What of the request was still running when it was given up waiting for: tasks, threads, open transactions."""

    tasks: tuple[str, ...] = ()
    threads: int = 0
    transactions: int = 0


M = TypeVar("M", bound=Moment)


@dataclass(frozen=True)
class Trace:
    """Everything that a side did for one request, in the order of time.

    Attributes:
        moments: By time.
        at_rest: Whether the request came to rest: nothing of it was running any more.
        sqlalchemy: Whether the app uses SQLAlchemy, so that silence about statements means there were none.
    """

    moments: tuple[Moment, ...] = field(default=(), repr=False)
    at_rest: bool = True
    sqlalchemy: bool = False

    def of(self, kind: type[M]) -> tuple[M, ...]:
        """All moments of one kind."""
        return tuple(moment for moment in self.moments if isinstance(moment, kind))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What ran, in order."""
        return self.of(Statement)

    @cached_property
    def answered(self) -> float | None:
        """When the last of the answer was handed over; None if it never was."""
        return next((moment.at for moment in self.of(Answering) if moment.kind == "end"), None)
