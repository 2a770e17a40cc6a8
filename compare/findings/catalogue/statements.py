"""The statements layer: the SQL that ran."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

STATEMENTS = {
    "SQL001": Entry(
        "more statements than legacy",
        "Async asks the database more often for the same request: a refresh after each write, a query that was split, "
        "a check that runs twice.",
        "compare the two lists; load with the query, and keep objects instead of reading them again",
    ),
    "SQL002": Entry(
        "one statement per row",
        "The same SELECT runs once for each of several rows on async, and not on legacy: N+1.",
        "load the relationship with the query: selectinload for lists, joinedload for one",
        trap="T01",
    ),
    "SQL003": Entry(
        "row lock lost or weakened",
        "Legacy locks the rows it reads (FOR UPDATE and its like), async reads them without the lock or with a weaker "
        "one: two requests at once can overwrite each other.",
        "carry with_for_update(...) over with the same options; session.get and refresh take it too",
    ),
    "SQL004": Entry(
        "isolation level differs",
        "The transaction runs under another isolation level, so it sees and refuses other things under load.",
        "set isolation_level on the same engine, connection or session on both sides",
        trap="T50",
    ),
    "SQL005": Entry(
        "statement was given another value",
        "The same statement ran with another value: another filter, another limit, a shifted time, another id.",
        "follow the value from the request to the statement on both sides",
        trap="T17",
    ),
    "SQL006": Entry(
        "writes otherwise",
        "A request writes with other statements than legacy: another table, an UPDATE where there was an INSERT, an "
        "upsert that became two statements.",
        "compare the statements that write; rows may agree today and race tomorrow",
    ),
    "SQL007": Entry(
        "statement not run",
        "Legacy runs a statement for its effect (a lock, SET, NOTIFY, a function) which async does not run.",
        "carry it over, or say why it is not needed with an ignore rule",
        trap="T51",
    ),
    "SQL008": Entry(
        "batch broken into single statements",
        "Legacy writes many rows with one statement or executemany, async with one statement a row.",
        "hand the list to one execute, or add_all and one flush",
        trap="T50",
    ),
    "SQL009": Entry(
        "reads without the limit",
        "Legacy's statement has a LIMIT that async's lacks: the rest is fetched and thrown away.",
        "keep limit() and offset() on the statement",
    ),
    "SQL010": Entry(
        "value written into the text of a statement",
        "A value that legacy binds stands in the SQL text on async: each value is another statement to prepare, and a "
        "door for injection.",
        "bind it; in text() write :name",
        trap="T20, T44",
    ),
    "SQL011": Entry(
        "same meaning in other words",
        "Both sides read the same tables with other text: a select-in or a join instead of a lazy load.",
        "nothing to do",
        severity="information",
    ),
    "SQL012": Entry(
        "one statement per row on both sides",
        "The same SELECT runs once for each of several rows. On async each of them is a round trip that is awaited.",
        "load the relationship with the query: selectinload for lists, joinedload for one",
        severity="hazard",
        trap="T01",
    ),
    "SQL013": Entry(
        "rows are locked in another order",
        "Both sides lock the same tables or rows, in another order: two requests that meet can now deadlock.",
        "sort before locking, in the same order on both sides",
        trap="T21",
    ),
    "SQL014": Entry(
        "order is left to chance",
        "Legacy's statement has an ORDER BY that async's lacks: the order of rows is whatever the plan gives.",
        "keep order_by() on the statement, ending in a unique column",
    ),
    "SQL015": Entry(
        "value of another type",
        "The same value is bound with another Python type. psycopg2 writes it into the text and lets PostgreSQL guess; "
        "asyncpg insists on the column's type.",
        "convert once, where the value enters",
        severity="information",
        trap="T14, T15, T16",
    ),
}
