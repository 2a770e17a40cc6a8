"""The runtime layer: the event loop, the thread pool, the connection pool, tasks."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

RUNTIME = {
    "RTM001": Entry(
        "sync SQL on the event loop",
        "A blocking driver is called on the event loop's thread: while it waits, no other request is served.",
        "await it with an async driver, or run the whole unit of work in run_in_threadpool",
        severity="hazard",
        trap="T08",
    ),
    "RTM002": Entry(
        "event loop blocked",
        "One piece of code kept the event loop to itself for long: every other request waited.",
        "move CPU-bound or blocking work to a thread, or split it",
        severity="hazard",
        trap="T08, T54",
    ),
    "RTM003": Entry(
        "connection not given back",
        "The request came to rest, and a connection that it took from the pool is still out.",
        "close the session on every path: async with, or a dependency that yields",
        severity="hazard",
        trap="T29, T30",
    ),
    "RTM004": Entry(
        "implicit load",
        "SQLAlchemy ran a SELECT because an attribute was read that was not loaded. On an async session the same line "
        "raises MissingGreenlet.",
        "load it with the query (selectinload, joinedload, undefer), or keep it with expire_on_commit=False",
        severity="hazard",
        trap="T01, T05, T25, T27, T28",
    ),
    "RTM005": Entry(
        "background task failed",
        "Work that was started by this request ended in an exception after the answer: nobody was told.",
        "give it a session of its own, pass ids and not objects, and log what it raises",
        trap="T39",
    ),
    "RTM006": Entry(
        "work goes on after the request",
        "A task or thread that this request started was still running when the request was given up waiting for.",
        "keep a reference to it, bound it, and wait for it at shutdown",
        severity="hazard",
        trap="T31",
    ),
    "RTM007": Entry(
        "work moved between loop and threads",
        "The sides share work between the event loop and threads in another way, as they should after a migration.",
        "nothing to do",
        severity="information",
    ),
    "RTM008": Entry(
        "connection was thrown away",
        "A connection was invalidated in the middle of a request: a timeout, a cancellation, or a protocol error.",
        "do not cancel a session's work in the middle; a new session after a timeout; shield the close",
        severity="hazard",
        trap="T31, T32",
    ),
    "RTM009": Entry(
        "no connection to be had",
        "The pool was empty and waiting for it timed out.",
        "size the pool to the number of requests that hold a connection at once; close sessions early",
        trap="T09, T41",
    ),
    "RTM010": Entry(
        "connection to another machine",
        "The app tried to reach something outside while it was compared. It was refused, so that nothing real is "
        "called twice.",
        'stub it, or allow it: allow_outbound = ["host:port"]',
        severity="hazard",
    ),
    "RTM011": Entry(
        "session shared by concurrent tasks",
        "Two tasks used one connection at the same time. An AsyncSession is for one task: it raises, or leaves the "
        "connection broken.",
        "a session per task",
        severity="hazard",
        trap="T23",
    ),
    "RTM012": Entry(
        "more connections at once than legacy",
        "The request holds more connections at the same time than on legacy: under load the pool is empty sooner.",
        "run the queries one after the other, or size the pool for it",
        severity="hazard",
        trap="T41",
    ),
}
