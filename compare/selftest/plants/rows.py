"""What is committed: rows, commits, sequences, the shape of the tables."""

from __future__ import annotations

from compare.selftest.plant import Plant, step

ARRIVAL = step("POST /visits", json={"ship": 1, "berth": 4, "fee": "75.25", "note": "calm sea"})
VISITS = step("GET /visits")
CONVOY = step("POST /convoys", json=[1, 2, 3])

PLANTS = (
    Plant("lost_commit", "rows", "ROW008", "T02", (ARRIVAL, VISITS), "nothing of the request is committed"),
    Plant(
        "closed_before_commit", "rows", "ROW008", None, (ARRIVAL, VISITS), "the close rolls back, the commit is empty"
    ),
    Plant(
        "other_session_committed",
        "rows",
        "ROW008",
        None,
        (ARRIVAL, VISITS),
        "the commit goes to a session without changes",
    ),
    Plant("invoice_forgotten", "rows", "ROW001", None, (ARRIVAL,), "one of the rows of the commit is missing"),
    Plant("loop_ends_early", "rows", "ROW001", None, (CONVOY,), "two of three invoices are missing"),
    Plant(
        "triggers_switched_off",
        "rows",
        "ROW001",
        None,
        (ARRIVAL,),
        "the row that a trigger writes, in a table without a key",
    ),
    Plant("visit_added_twice", "rows", "ROW002", None, (ARRIVAL,), "one row more than legacy"),
    Plant("crossed_reference", "rows", "ROW003", None, (CONVOY,), "every invoice points to the first visit"),
    Plant(
        "papers_encoded_twice",
        "rows",
        "ROW003",
        None,
        (step("PUT /ships/1/papers", json={"flag": "NO"}),),
        "a JSON text where there was an object",
    ),
    Plant(
        "float4_widened",
        "rows",
        "ROW003",
        "T49",
        (step("POST /ships/1/sounding"),),
        "asyncpg widens float4 to a double",
    ),
    Plant(
        "stale_object_written",
        "rows",
        "ROW003",
        "T06",
        (step("POST /berths/1/call"),),
        "the count comes from the identity map",
    ),
    Plant("onupdate_bypassed", "rows", "ROW003", "T25", (step("POST /ships/2/kind"),), "changed_at keeps the old time"),
    Plant(
        "table_made_at_start",
        "rows",
        "ROW004",
        None,
        (step("GET /berths"),),
        "the async side makes a table of its own",
        pair="table",
    ),
    Plant(
        "naive_time_written",
        "rows",
        "ROW006",
        "T17",
        (step("POST /visits/1/departure"),),
        "psycopg2 takes the session's zone, asyncpg the machine's",
        pair="zone",
        side="both",
    ),
    Plant(
        "drawn_twice",
        "rows",
        "ROW007",
        None,
        (step("POST /tickets"),),
        "the query draws for a berth that nobody asked for",
    ),
    Plant(
        "code_of_another_ship",
        "rows",
        "ROW005",
        None,
        (step("POST /sisters"),),
        "a code that PostgreSQL drew, in another ship's place",
    ),
    Plant(
        "preview_committed",
        "rows",
        "ROW009",
        None,
        (step("POST /visits/preview", json={"ship": 1, "berth": 4}), VISITS),
        "the rollback became a commit",
    ),
    Plant(
        "delete_forgotten",
        "rows",
        "ROW010",
        None,
        (step("DELETE /visits/4"),),
        "the rest of the transaction is committed",
    ),
    Plant(
        "deleted_too_many", "rows", "ROW010", None, (step("DELETE /visits/1"),), "the other visit of the ship goes too"
    ),
    Plant(
        "changed_object_detached",
        "rows",
        "ROW011",
        None,
        (step("POST /visits/1/leave"),),
        "the berth no longer belongs to the session",
    ),
    Plant(
        "flushed_field_by_field",
        "rows",
        "ROW012",
        None,
        (step("POST /berths/2/works"),),
        "two UPDATEs of one row in one transaction",
    ),
)
