"""The traps that source can show, by their ids.

Source: the kit's trap catalogue. An id is stable: findings, patches and documents refer to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trap:
    """One trap.

    Attributes:
        title: What it is.
        why: What differs between sync on psycopg2 and async on asyncpg.
        fix: What to do.
        step: The number of the step that sees to it.
        by_kit: Whether the step does it by itself, as a rule.
    """

    title: str
    why: str
    fix: str
    step: int
    by_kit: bool = False


TRAPS: dict[str, Trap] = {
    "MIG1": Trap(
        "waits for the database",
        "A coroutine has to be awaited.",
        "await it, in an `async def`",
        step=8,
        by_kit=True,
    ),
    "T01": Trap(
        "lazy relationship",
        "A sync session loads it silently; an async one raises MissingGreenlet.",
        "put a loader option on the query: selectinload, joinedload",
        step=3,
        by_kit=True,
    ),
    "T02": Trap(
        "write that is not awaited",
        "It does nothing, and a RuntimeWarning is all that tells.",
        "await it",
        step=8,
        by_kit=True,
    ),
    "T03": Trap(
        "coroutine taken for a value",
        "A coroutine is always true.",
        "await it",
        step=8,
        by_kit=True,
    ),
    "T04": Trap(
        "await in the wrong place",
        "`await s.execute(q).scalars()` asks the coroutine for `scalars`.",
        "put the await in parentheses: (await s.execute(q)).scalars()",
        step=8,
        by_kit=True,
    ),
    "T05": Trap(
        "attribute expired by a commit",
        "A sync session loads it again; an async one raises MissingGreenlet.",
        "expire_on_commit=False on the session factory",
        step=3,
        by_kit=True,
    ),
    "T06": Trap(
        "rows that stay as the session has them",
        "With expire_on_commit=False a query does not read again what the session holds, silently.",
        "execution_options(populate_existing=True)",
        step=3,
        by_kit=True,
    ),
    "T07": Trap(
        "relationship in the answer",
        "It is loaded while the answer is serialised, where nothing can be awaited.",
        "load it with the query, as the response model asks for it",
        step=3,
        by_kit=True,
    ),
    "T08": Trap(
        "sync SQL in async code",
        "It blocks the event loop, and everybody who is served on it.",
        "run_in_threadpool until the session is async",
        step=6,
        by_kit=True,
    ),
    "T09": Trap(
        "sync session held across an await",
        "Whoever waits for its connection then blocks the loop that would give it back.",
        "close it before, or begin it after",
        step=6,
    ),
    "T10": Trap(
        "API that AsyncSession does not have",
        "The query API and the bulk calls are not there.",
        "write it as a statement: select(), insert(), update()",
        step=2,
        by_kit=True,
    ),
    "T11": Trap(
        "connect arguments of libpq",
        "asyncpg knows other names and raises at the first connect.",
        "ssl=, timeout=, server_settings={…}",
        step=4,
    ),
    "T12": Trap(
        "engine arguments of psycopg2",
        "create_async_engine refuses them.",
        "drop them; AsyncAdaptedQueuePool is the default",
        step=4,
    ),
    "T13": Trap(
        "engine on two event loops",
        "An engine's connections belong to the loop that opened them.",
        "one loop: AsyncClient with ASGITransport, one asyncio.run",
        step=1,
        by_kit=True,
    ),
    "T14": Trap(
        "text where another type is expected",
        "psycopg2 sends text that PostgreSQL converts; asyncpg raises DataError.",
        "convert at the edge: declare the parameter with the column's type",
        step=4,
    ),
    "T15": Trap(
        "number compared with a text",
        "psycopg2 writes the text into the statement, where it is taken for a number; asyncpg raises.",
        "convert at the edge: declare the parameter with the column's type",
        step=4,
    ),
    "T16": Trap(
        "aware time into a naive column",
        "psycopg2 drops the zone, asyncpg raises.",
        "one convention: aware times, timezone=True",
        step=4,
    ),
    "T17": Trap(
        "naive time into timestamptz",
        "asyncpg takes it for Python's local zone, silently.",
        "aware times only: datetime.now(UTC)",
        step=4,
    ),
    "T19": Trap(
        "parameter that may be NULL without a type",
        "asyncpg cannot tell the type of `:x IS NULL`.",
        "build the condition in Python, or cast the parameter",
        step=4,
    ),
    "T20": Trap(
        "text() that leans on psycopg2's quoting",
        "`interval :x`, `IN :values`, `LIMIT '1'` are syntax or type errors.",
        "casts, expanding binds, make_interval()",
        step=4,
    ),
    "T21": Trap(
        "decision on the driver's error class",
        "Deadlocks and serialization failures are plain DBAPIError on asyncpg: the retry stops firing.",
        "decide on the sqlstate of the original error",
        step=4,
    ),
    "T22": Trap(
        "psycopg2's own errors",
        "`orig.diag` and psycopg2's classes never match on asyncpg.",
        "one error reader for both drivers",
        step=4,
    ),
    "T23": Trap(
        "one session in several tasks",
        "A session is no place for concurrency: the connection comes back broken.",
        "a session of its own for each task",
        step=5,
    ),
    "T24": Trap(
        "object used after a rollback",
        "A rollback expires it despite expire_on_commit=False.",
        "copy what is needed before",
        step=3,
    ),
    "T25": Trap(
        "column made by the database on update",
        "It expires after the UPDATE.",
        "eager_defaults=True, or refresh",
        step=3,
    ),
    "T26": Trap(
        "unloaded collection changed",
        "Appending or replacing loads it first.",
        "load it first, or set the other side",
        step=3,
    ),
    "T27": Trap(
        "column of a polymorphic subclass",
        "It is loaded when it is touched, and raise_on_sql does not tell.",
        "selectin_polymorphic()",
        step=3,
        by_kit=True,
    ),
    "T28": Trap(
        "deferred column or dynamic relationship",
        "It is loaded when it is touched.",
        "undefer(), write-only collections",
        step=3,
    ),
    "T29": Trap(
        "session that is never closed",
        "The collector returned it quietly; async terminates the connection and logs an error.",
        "use it as a context manager",
        step=5,
    ),
    "T30": Trap(
        "plain generator that closes an async session",
        "The close is never awaited; the pool runs dry.",
        "an async generator",
        step=7,
        by_kit=True,
    ),
    "T31": Trap(
        "session used after a time-out",
        "The cancelled statement took the connection with it: PendingRollbackError.",
        "close it, and go on in a new one",
        step=10,
    ),
    "T32": Trap(
        "BaseHTTPMiddleware",
        "A client that leaves cancels the clean-up behind it, and connections leak.",
        "pure ASGI middleware",
        step=10,
    ),
    "T33": Trap(
        "PgBouncer and prepared statements",
        "In transaction mode the next statement may meet another server connection.",
        "statement_cache_size=0 and a prepared_statement_name_func",
        step=7,
    ),
    "T35": Trap(
        "session on somebody's transaction",
        "A rollback or a second session inside it breaks the savepoint of the fixture.",
        'join_transaction_mode="create_savepoint", one session at a time',
        step=1,
    ),
    "T36": Trap(
        "ASGITransport without a lifespan",
        "It does not run start-up.",
        "enter app.router.lifespan_context(app)",
        step=1,
        by_kit=True,
    ),
    "T37": Trap(
        "commit after the answer",
        "A dependency's exit runs after the response has left.",
        "commit in the use case",
        step=5,
    ),
    "T38": Trap(
        "request's session in a streamed answer",
        "The body is made after, or while, the dependency closes it.",
        "a session of its own inside the generator",
        step=5,
    ),
    "T39": Trap(
        "request's session in a background task",
        "The task runs in the request's transaction, or after it.",
        "a session of its own; pass ids",
        step=5,
    ),
    "T40": Trap(
        "thread that returns mapped objects",
        "What is lazy is loaded on the event loop then.",
        "return plain data",
        step=6,
    ),
    "T41": Trap(
        "more threads than connections",
        "Under load each waits for a connection that another, waiting for a thread, has.",
        "size the threads to the pool: current_default_thread_limiter().total_tokens",
        step=6,
    ),
    "T42": Trap(
        "rows that are streamed",
        "`yield_per` needs `stream()` and `async for`.",
        "await session.stream(…)",
        step=8,
    ),
    "T43": Trap(
        "sync tool on an async engine",
        "Events, inspect() and create_all() take the sync engine.",
        "engine.sync_engine, run_sync",
        step=9,
    ),
    "T44": Trap(
        "driver's own placeholders",
        "`%s` is a syntax error on asyncpg.",
        "text() with named parameters",
        step=4,
    ),
    "T45": Trap(
        "several statements in one text()",
        "asyncpg runs one at a time.",
        "split it",
        step=4,
    ),
    "T48": Trap(
        "network address",
        "psycopg2 gives a text, asyncpg an object of ipaddress, silently.",
        "native_inet_types=False",
        step=7,
    ),
    "T49": Trap(
        "float of four bytes",
        "psycopg2 gives six digits of it, asyncpg all of them: 1.1 is 1.100000023841858.",
        "compare with a tolerance, or make it a double",
        step=7,
    ),
    "T50": Trap(
        "psycopg2's own cursor features",
        "copy_expert, execute_values and notices are gone.",
        "copy_records_to_table, insert()",
        step=4,
    ),
    "T51": Trap(
        "advisory lock of a session",
        "After a commit the unlock may run on another connection.",
        "pg_advisory_xact_lock",
        step=5,
    ),
    "T52": Trap(
        "scoped session",
        "async_scoped_session leaks without remove() and breaks under child tasks.",
        "a dependency for each request",
        step=5,
    ),
    "T53": Trap(
        "URL without a driver",
        "`postgresql://` means another driver from one version of SQLAlchemy to the next.",
        "name it",
        step=0,
        by_kit=True,
    ),
    "T54": Trap(
        "computing on the event loop",
        "Async does not help: what computes keeps everybody waiting who is served on its loop.",
        "run_in_threadpool for it alone, or leave the route sync",
        step=8,
    ),
    "T55": Trap(
        "loop inside a loop",
        "asyncio.run() raises where a loop runs already.",
        "await it",
        step=9,
    ),
}
