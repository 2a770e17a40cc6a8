"""The SQL that runs; the rows and the answers are the same."""

from __future__ import annotations

from compare.selftest.plant import Plant, step

QUAY = step("GET /quay", query={"beyond": 1})
ROADS = step("GET /roads")
BOOKING = step("POST /berths/1/booking")
PRESENCE = step("POST /ships/1/presence")
SIGNAL = step("POST /signals")

PLANTS = (
    Plant("checked_twice", "statements", "SQL001", None, (QUAY,), "a count before the query"),
    Plant("refreshed_after_write", "statements", "SQL001", None, (BOOKING,), "a refresh after the commit"),
    Plant("query_a_row", "statements", "SQL002", "T01", (ROADS,), "one SELECT for each ship"),
    Plant("lock_lost", "statements", "SQL003", None, (BOOKING,), "no FOR UPDATE"),
    Plant("lock_weakened", "statements", "SQL003", None, (BOOKING,), "FOR KEY SHARE for FOR UPDATE"),
    Plant(
        "isolation_lost",
        "statements",
        "SQL004",
        "T50",
        (step("GET /statistics"),),
        "READ COMMITTED for REPEATABLE READ",
    ),
    Plant("other_limit", "statements", "SQL005", None, (QUAY,), "LIMIT 3 for 2, and the third row is thrown away"),
    Plant("upsert_split", "statements", "SQL006", None, (PRESENCE,), "an UPDATE for the upsert"),
    Plant("deleted_and_inserted", "statements", "SQL006", None, (PRESENCE,), "DELETE and INSERT for the upsert"),
    Plant("advisory_lock_lost", "statements", "SQL007", "T51", (SIGNAL,), "no advisory lock"),
    Plant("notification_lost", "statements", "SQL007", None, (SIGNAL,), "no NOTIFY"),
    Plant("batch_broken", "statements", "SQL008", "T50", (step("POST /logbook"),), "four INSERTs for one executemany"),
    Plant("flushed_one_by_one", "statements", "SQL008", None, (step("POST /berths/calls"),), "a flush for each object"),
    Plant("limit_lost", "statements", "SQL009", None, (QUAY,), "all is fetched, then cut"),
    Plant("value_in_the_text", "statements", "SQL010", "T20", (QUAY,), "the value stands in the SQL"),
    Plant("joined_instead", "statements", "SQL011", None, (ROADS,), "a join for the select-in"),
    Plant(
        "query_a_row_on_both",
        "statements",
        "SQL012",
        "T01",
        (ROADS,),
        "one SELECT for each ship, on both sides",
        side="both",
    ),
    Plant(
        "locked_in_another_order",
        "statements",
        "SQL013",
        "T21",
        (step("POST /berths/exchange"),),
        "the higher berth first",
    ),
    Plant("order_lost", "statements", "SQL014", None, (QUAY,), "no ORDER BY, and by chance the same order"),
    Plant(
        "bound_as_text",
        "statements",
        "SQL015",
        "T15",
        (step("GET /ships/1/name"),),
        "legacy binds '1', async 1",
        side="legacy",
    ),
)
