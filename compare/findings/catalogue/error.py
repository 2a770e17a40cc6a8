"""The error layer: how a request fails, and what was logged about it."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

ERROR = {
    "ERR001": Entry(
        "error answered with another status",
        "At least one side refused or failed, and the other took another way out: an exception that is no longer "
        "caught, a check that no longer holds, a constraint that is read off the wrong driver's exception.",
        "compare the two handlers for this route; decide on SQLSTATE (orig.sqlstate, orig.pgcode), not on the class",
        trap="T21, T22",
    ),
    "ERR002": Entry(
        "validation error differs",
        "Both sides refused the input, but name other fields, other rules or other words.",
        "give both routes the same parameters and models; compare their types field by field",
    ),
    "ERR003": Entry(
        "error is told in other words",
        "Both sides answer with the same error status, but the body differs: clients that read the reason see another.",
        "build the error's body from the domain, never from the driver's message",
        trap="T22",
    ),
    "ERR004": Entry(
        "database error on one side only",
        "PostgreSQL refused a statement of one side, or for another reason (SQLSTATE) than on the other: stricter "
        "types, values that are no longer coerced, another order of statements.",
        "look at the statement and the types of its values; convert at the edge, cast in the SQL",
        trap="T14, T15, T16, T19, T20",
    ),
    "ERR005": Entry(
        "exception left the app on one side only",
        "The request ended in an exception that nothing handled.",
        "handle it where the other side does; the traceback stands in the side's output (--verbose)",
    ),
    "ERR006": Entry(
        "coroutine was never awaited",
        "A call that has to be awaited was not, so nothing happened: a commit, a flush, a delete that silently did not "
        "run, or a test that is always true.",
        "await it; let a type checker find the others (mypy: unused-coroutine, truthy-bool)",
        trap="T02, T03, T30",
    ),
    "ERR007": Entry(
        "connection was left to the garbage collector",
        "A session or connection was dropped without being closed. A sync driver's is returned quietly; an async one "
        "cannot be awaited any more, so the connection is terminated.",
        "close on every path: async with, or a dependency that yields",
        trap="T29",
    ),
    "ERR008": Entry(
        "error was logged on one side only",
        "One side logged an error for a request that the other one served in silence.",
        "read the log line; the sides do not do the same even if the client sees no difference",
    ),
    "ERR009": Entry(
        "warning was logged on one side only",
        "One side warned of something for a request that the other one served in silence.",
        "read the warning; what is harmless on one stack may be a defect on the other",
    ),
    "ERR010": Entry(
        "implicit load where nothing can wait",
        "An attribute was read that SQLAlchemy has to load first. A sync session runs the SELECT on the spot; an async "
        "one raises MissingGreenlet, since attribute access cannot be awaited.",
        "load it with the query (selectinload, joinedload), refresh it, or keep it with expire_on_commit=False",
        trap="T01, T05, T07, T24, T25, T26, T27, T28",
    ),
    "ERR011": Entry(
        "driver raises another class",
        "The same SQLSTATE comes as another class of exception. Nothing differs for a client as long as no code "
        "decides on the class.",
        "decide on SQLSTATE wherever an except clause or isinstance names a driver's class",
        severity="information",
        trap="T21, T22",
    ),
}
