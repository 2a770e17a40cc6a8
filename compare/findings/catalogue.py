"""The catalogue: every code a finding can carry, what it means, why it happens and what to do.

Codes are stable: reports, issues and ignore lists refer to them. Trap ids are those of the kit's trap catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["difference", "hazard", "information"]


@dataclass(frozen=True)
class Entry:
    """The words for one code."""

    title: str
    why: str
    fix: str
    severity: Severity = "difference"
    trap: str | None = None


CATALOGUE: dict[str, Entry] = {
    "RES001": Entry(
        "status differs",
        "The async side took another way out: an exception that is no longer caught, a check that no longer holds.",
        "compare the two handlers for this route; a 500 on async has its traceback in the side's output (--verbose)",
        trap="T21",
    ),
    "RES002": Entry(
        "header differs",
        "A header is missing, was added or has another value: often a middleware that was not carried over.",
        "look at the middleware and at the response object that this route builds",
    ),
    "RES003": Entry(
        "body value differs",
        "The same field has another value: another query, a stale object, an uncommitted write or a lost rounding.",
        "follow the field from the response model back to its statement on both sides",
        trap="T06",
    ),
    "RES004": Entry(
        "JSON type differs",
        "The same field has another JSON type: drivers hand back other Python types, or a response model is missing.",
        "declare the type in the response model, or convert where the row is read",
        trap="T49",
    ),
    "RES005": Entry(
        "key missing or extra",
        "An object has other keys: another response model, or other `exclude` options.",
        "give both routes the same response model and the same exclude options",
    ),
    "RES006": Entry(
        "list differs in length or order",
        "Rows are missing, doubled by a join, or come in another order because nothing orders them.",
        "add an ORDER BY that ends in a unique column; after a joined eager load call .unique()",
    ),
    "RES007": Entry(
        "number written differently",
        "Equal numbers, other digits (1.10 and 1.1): a Decimal became a float, or the other way round.",
        "keep Decimal up to the response model and quantize in one place",
        trap="T49",
    ),
    "RES008": Entry(
        "media type differs",
        "The body is declared to be something else, so clients will parse it differently.",
        "set media_type or the response class on the async route",
    ),
    "RES009": Entry(
        "one answer is streamed, the other is not",
        "One side sends Content-Length, the other sends chunks: memory, time to first byte and error handling differ.",
        "use StreamingResponse on both sides or on neither",
        trap="T42",
    ),
    "RES010": Entry(
        "generated value used inconsistently",
        "An id, token or time stood for one value before and for another here: a wrong row, a wrong reference, or a "
        "value that was not refreshed.",
        "find where this value is read: a stale object, a wrong foreign key, a second value made instead of reused",
        trap="T06",
    ),
    "RES011": Entry(
        "no HTTP answer on one side",
        "One side timed out, closed the connection or sent something that is not HTTP.",
        "run with --verbose to see the side's output; look for a blocked event loop or an empty connection pool",
        trap="T08",
    ),
    "RES012": Entry(
        "route exists on one side only",
        "The route tables of the two apps differ.",
        "add the route (method and path) to the other side, or include its router there",
    ),
    "RES013": Entry(
        "body differs",
        "A body that is not JSON differs: an export, a rendered page, a file.",
        "compare how both sides produce the first line that differs",
    ),
    "RES014": Entry(
        "cookie differs",
        "A cookie is missing, was added, or has another value or attribute.",
        "call set_cookie with the same arguments on both sides",
    ),
    "RES015": Entry(
        "time is shifted or written in another zone",
        "The same moment with another offset: asyncpg reads timestamptz as UTC, and takes naive times as local.",
        "use aware datetimes only, and normalise to UTC in the response model",
        trap="T17, T18",
    ),
    "RES016": Entry(
        "transaction left open after the answer",
        "A database connection was still working or in a transaction seconds after the answer: a session that leaked, "
        "or work that goes on unseen.",
        "close the session on every path (async with), and commit before answering",
        severity="hazard",
        trap="T29, T30",
    ),
    "RES017": Entry(
        "value to capture is missing on one side",
        "The scenario takes a value from this answer for later requests, and one side's answer does not hold it. "
        "The rest of the scenario was not sent.",
        "mend the difference in this answer first, then run again",
    ),
    "ROW001": Entry(
        "row missing",
        "Legacy committed this row, async did not: a lost commit, an un-awaited write, a session closed too early.",
        "await the commit on this path, and see that the same session holds the object",
        trap="T02",
    ),
    "ROW002": Entry(
        "extra row",
        "Async committed a row that legacy did not: a missing rollback, a retry, or a default that now writes.",
        "see which statement of this path has no twin on the legacy side",
    ),
    "ROW003": Entry(
        "row differs",
        "The same row holds another value.",
        "compare the statement that writes this column on both sides",
    ),
    "ROW004": Entry(
        "table or column on one side only",
        "The two databases no longer have the same shape: an app creates or alters tables when it starts.",
        "leave the schema to the migrations that build the template",
    ),
    "ROW005": Entry(
        "generated value used inconsistently in a row",
        "An id, token or time in this row stands for another value than everywhere else: a wrong reference, or a "
        "column that was not updated.",
        "compare which object the column is taken from on both sides",
        trap="T06",
    ),
    "ROW006": Entry(
        "stored time is shifted",
        "The column holds the same moment whole quarters of an hour off: a naive time was taken in another zone.",
        "hand aware datetimes to timestamptz columns",
        trap="T17",
    ),
    "ROW007": Entry(
        "sequence ended elsewhere",
        "The sides drew a different number of values from a sequence: retries and rollbacks leave gaps.",
        "nothing to do, unless gaps matter to you",
        severity="information",
    ),
    "RUN001": Entry(
        "scenario stopped early",
        "A step did not go as its scenario says, on both sides alike; what follows was not sent.",
        "mend the differences above first; if the step still fails, mend the scenario",
        severity="information",
    ),
    "RUN002": Entry(
        "no HTTP answer on either side",
        "Both sides timed out or closed the connection, so there was nothing to compare.",
        "run with --verbose to see what the sides printed",
        severity="information",
    ),
}
