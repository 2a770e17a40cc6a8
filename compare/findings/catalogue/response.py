"""The response layer: what came over the wire."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

RESPONSE = {
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
        "list holds other items, or in another order",
        "Rows are missing, doubled by a join, other ones (another filter, a list that was kept too long), or come in "
        "another order because nothing orders them.",
        "add an ORDER BY that ends in a unique column; after a joined eager load call .unique(); compare the filters",
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
    "RES017": Entry(
        "value to capture is missing on one side",
        "The scenario takes a value from this answer for later requests, and one side's answer does not hold it. "
        "The rest of the scenario was not sent.",
        "mend the difference in this answer first, then run again",
    ),
    "RES018": Entry(
        "redirect leads elsewhere",
        "Both sides redirect, to other places.",
        "build the target with url_for, or from the same setting, on both sides",
    ),
    "RES019": Entry(
        "answer broke off",
        "One side's answer ended before it was complete: an exception while streaming, a session closed under the "
        "generator.",
        "open the session inside the generator, and let it live as long as the stream",
        trap="T38",
    ),
}
