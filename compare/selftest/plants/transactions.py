"""Where transactions begin and end; the statements are the same."""

from __future__ import annotations

from compare.selftest.plant import Plant, step

MOORING = step("POST /moorings")
HARBOUR = step("GET /harbour")

PLANTS = (
    Plant("commit_in_dependency_exit", "transactions", "TXN001", "T37", (MOORING,), "the exit runs after the answer"),
    Plant("commit_in_background", "transactions", "TXN001", "T37", (MOORING,), "so does a background task"),
    Plant(
        "closed_without_commit",
        "transactions",
        "TXN002",
        "T37",
        (step("POST /beats"),),
        "written to an unlogged table, told, and rolled back",
    ),
    Plant("commit_after_each_write", "transactions", "TXN003", None, (MOORING,), "two commits for one"),
    Plant("session_of_its_own", "transactions", "TXN003", None, (MOORING,), "the second write in another session"),
    Plant("written_in_autocommit", "transactions", "TXN004", None, (MOORING,), "each write is its own transaction"),
    Plant(
        "transaction_left_open",
        "transactions",
        "TXN005",
        "T29",
        (HARBOUR,),
        "a session that a cache keeps",
        lingers=True,
    ),
    Plant(
        "savepoint_lost",
        "transactions",
        "TXN006",
        "T24",
        (step("POST /pilots"),),
        "no savepoint around the first line",
    ),
    Plant("transactions_merged", "transactions", "TXN007", None, (step("POST /inspections"),), "one commit for two"),
    Plant("reads_in_two_sessions", "transactions", "TXN008", None, (HARBOUR,), "one session after the other"),
    Plant(
        "retry_reads_the_class",
        "transactions",
        "TXN009",
        "T21",
        (step("POST /locks"),),
        "the serialization failure is no OperationalError here",
    ),
    Plant("waited_in_transaction", "transactions", "TXN010", "T09", (MOORING,), "0.8 seconds between two statements"),
    Plant(
        "second_session_inside",
        "transactions",
        "TXN011",
        "T41",
        (MOORING,),
        "a second connection in the middle of the transaction",
    ),
    Plant(
        "rolled_back_by_a_refusal",
        "transactions",
        "TXN012",
        None,
        (step("POST /alarms"),),
        "both refuse; legacy has committed before, async has not; the table is unlogged",
    ),
)
