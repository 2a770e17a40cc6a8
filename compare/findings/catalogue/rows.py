"""The rows layer: what was committed."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

ROWS = {
    "ROW001": Entry(
        "row missing",
        "Legacy inserted and committed this row, async did not: an un-awaited write, an object that was never added, a "
        "loop that ends early.",
        "see that the same objects are added to the session that commits",
        trap="T02",
    ),
    "ROW002": Entry(
        "extra row",
        "Async committed a row that legacy did not: a missing rollback, a retry, a default that now writes.",
        "see which statement of this path has no twin on the legacy side",
    ),
    "ROW003": Entry(
        "row differs",
        "The same row holds another value.",
        "compare the statement that writes this column on both sides",
        trap="T49",
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
    "ROW008": Entry(
        "commit missing",
        "Legacy committed what this request wrote, async committed nothing: the commit is missing, was not awaited, or "
        "the session was closed or rolled back before it.",
        "await the commit on this path, in the session that holds the changes",
        trap="T02, T37",
    ),
    "ROW009": Entry(
        "extra commit",
        "Async committed something in a request in which legacy committed nothing: a rollback was lost, or a read "
        "now writes.",
        "look for the rollback or the raised error that legacy has on this path",
    ),
    "ROW010": Entry(
        "row deleted on one side only",
        "A delete is missing or was added: an un-awaited delete, a cascade that SQLAlchemy made from loaded objects.",
        "await session.delete, and load what it cascades to, or let the database cascade",
        trap="T02, T26",
    ),
    "ROW011": Entry(
        "row changed on one side only",
        "An update is missing or was added: an object of another session, a change that was never flushed, an onupdate "
        "column.",
        "see that the object which is changed belongs to the session that commits",
        trap="T25",
    ),
    "ROW012": Entry(
        "row written again",
        "One side wrote the same row several times in one request where the other wrote it once. Triggers, audit "
        "trails and locks see each write.",
        "change the object first and flush once",
        severity="hazard",
    ),
}
