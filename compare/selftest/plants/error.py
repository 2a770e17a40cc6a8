"""How requests fail, and what is logged about it."""

from __future__ import annotations

from compare.selftest.plant import Plant, step
from compare.selftest.plants.rows import ARRIVAL, VISITS

TAKEN = step("POST /ships", json={"name": "Freya"})
NAMES = step("GET /names")
HABITS = {
    "text_for_number": "T15",
    "text_against_number": "T15",
    "zone_for_naive": "T16",
    "optional_filter": "T19",
    "interval_of_text": "T20",
    "limit_of_text": "T20",
    "number_in_text": "T20",
    "tuple_for_in": "T20",
    "now_minus_delta": "T20",
    "driver_paramstyle": "T44",
    "two_statements": "T45",
}
"""The statements of `compare.selftest.apps.queries`, with their traps."""

_STATUS = (
    Plant(
        "violation_read_off_class", "error", "ERR001", "T22", (TAKEN,), "psycopg2's class never matches: 400 for 409"
    ),
    Plant(
        "timeout_read_off_class",
        "error",
        "ERR001",
        "T21",
        (step("GET /tide"),),
        "a plain DBAPIError passes OperationalError by: 500 for 503",
    ),
    Plant(
        "rows_counted_by_driver",
        "error",
        "ERR001",
        "T49",
        (step("POST /berths/lengthen"),),
        "rowcount of an executemany is -1, so the check refuses",
    ),
    Plant(
        "too_many_values",
        "error",
        "ERR001",
        "T46",
        (NAMES,),
        "the driver itself refuses what psycopg2 writes into the text",
        side="both",
    ),
    Plant("nothing_found_is_fine", "error", "ERR001", None, (step("GET /berths/99"),), "404 became 200 with null"),
    Plant(
        "other_rules",
        "error",
        "ERR002",
        None,
        (step("POST /ships", json={"name": "X", "tonnage": "5"}),),
        "another field is refused",
    ),
    Plant(
        "other_place",
        "error",
        "ERR002",
        None,
        (step("POST /ships", json={"name": "X"}),),
        "the same field is named in another place",
    ),
    Plant(
        "driver_message_told",
        "error",
        "ERR003",
        "T22",
        (TAKEN,),
        "the driver's own words stand in the answer",
        side="both",
    ),
    Plant("other_words", "error", "ERR003", None, (TAKEN,), "the same refusal reads otherwise"),
)
_REFUSED = (
    *(
        Plant(
            name,
            "error",
            "ERR004",
            trap,
            (NAMES,),
            "psycopg2 lets PostgreSQL guess, asyncpg does not",
            side="both",
        )
        for name, trap in HABITS.items()
    ),
    Plant(
        "text_identity",
        "error",
        "ERR004",
        "T14",
        (step("GET /ships/1"),),
        "a text where the key is a number",
        side="both",
    ),
    Plant(
        "number_too_large",
        "error",
        "ERR004",
        "T47",
        (step("GET /ships/99999999999"),),
        "no such ship against a value that cannot be sent",
        side="both",
    ),
    Plant(
        "altered_meanwhile",
        "error",
        "ERR004",
        "T34",
        (step("GET /logbook/lines"),),
        "the prepared statement no longer fits the table",
        side="both",
    ),
)
_RAISED = (
    Plant("diagnostics_of_the_other_driver", "error", "ERR005", "T22", (TAKEN,), "asyncpg's errors have no diag"),
    Plant("query_is_gone", "error", "ERR005", "T10", (step("GET /count"),), "AsyncSession has no query"),
    Plant(
        "connect_argument_of_psycopg2",
        "error",
        "ERR005",
        "T11",
        (step("GET /count/connection"),),
        "TypeError at the first connect",
    ),
    Plant(
        "second_event_loop",
        "error",
        "ERR005",
        "T13",
        (step("GET /count/threads"),),
        "a connection belongs to the loop that opened it",
    ),
    Plant("yield_per_through_execute", "error", "ERR005", "T42", (step("GET /list"),), "AsyncMethodRequired"),
    Plant("for_over_a_stream", "error", "ERR005", "T42", (step("GET /list"),), "TypeError: it wants async for"),
    Plant(
        "inspecting_an_async_engine",
        "error",
        "ERR005",
        "T43",
        (step("GET /tables"),),
        "an AsyncEngine cannot be inspected",
    ),
    Plant(
        "session_used_after_timeout",
        "error",
        "ERR005",
        "T31",
        (step("GET /weather"),),
        "PendingRollbackError after the cancelled statement",
    ),
    Plant(
        "nothing_handles_it", "error", "ERR005", None, (step("GET /ships/1/agent"),), "an exception of the app's own"
    ),
)
_AWAITED = (
    Plant("commit_not_awaited", "error", "ERR006", "T02", (ARRIVAL, VISITS), "the lost commit follows from it"),
    Plant(
        "delete_not_awaited",
        "error",
        "ERR006",
        "T02",
        (step("DELETE /visits/4"),),
        "the row that stays follows from it",
    ),
    Plant(
        "read_not_awaited",
        "error",
        "ERR006",
        "T03",
        (step("POST /ships/3/tow"),),
        "a coroutine is always true, so 409 follows",
    ),
    Plant(
        "await_of_the_wrong_call",
        "error",
        "ERR005",
        "T04",
        (step("GET /ships/1/crew"),),
        "the exception holds the coroutine, which is warned of only when both are forgotten",
        lingers=True,
    ),
    Plant(
        "dependency_not_async",
        "error",
        "ERR006",
        "T30",
        (step("GET /ships/1/tonnage"),),
        "the connection that stays out follows from it",
        lingers=True,
    ),
    Plant(
        "session_leaked",
        "error",
        "ERR007",
        "T29",
        (step("GET /ships/1/flags"),),
        "the sync session is returned quietly",
        side="both",
    ),
    Plant(
        "failure_only_logged",
        "error",
        "ERR008",
        None,
        (step("POST /ships/1/notice"),),
        "swallowed, but told to the log",
    ),
    Plant(
        "warned_of_a_fallback", "error", "ERR009", None, (step("POST /ships/1/notice"),), "a warning of the app's own"
    ),
)
_LOADS = (
    Plant(
        "lazy_relationship",
        "error",
        "ERR010",
        "T01",
        (step("GET /ships/1/visits"),),
        "a collection that nothing loaded",
    ),
    Plant(
        "expired_by_commit",
        "error",
        "ERR010",
        "T05",
        (step("POST /ships/1/rename", query={"name": "Freya II"}),),
        "the commit expired the ship",
    ),
    Plant("lazy_in_response_model", "error", "ERR010", "T07", (step("GET /fleet"),), "the validation error wraps it"),
    Plant(
        "expired_by_rollback", "error", "ERR010", "T24", (step("POST /ships/1/namesake"),), "inside the error handler"
    ),
    Plant(
        "expired_by_savepoint",
        "error",
        "ERR010",
        "T24",
        (step("POST /ships/1/attempt"),),
        "the savepoint expires what was changed in it",
    ),
    Plant(
        "onupdate_expires",
        "error",
        "ERR010",
        "T25",
        (step("POST /ships/2/paint"),),
        "changed_at is known to the database only",
    ),
    Plant(
        "appended_unloaded",
        "error",
        "ERR010",
        "T26",
        (step("POST /ships/1/visits"),),
        "append loads the collection first",
    ),
    Plant("column_of_subclass", "error", "ERR010", "T27", (step("GET /crew"),), "the licence belongs to a subclass"),
    Plant("deferred_column", "error", "ERR010", "T28", (step("GET /ships/1/story"),), "the story is deferred"),
    Plant(
        "background_uses_the_session",
        "error",
        "ERR010",
        "T39",
        (step("POST /reminders"),),
        "the request's session after the request, and a lazy load: the failed task follows from it",
    ),
    Plant(
        "driver_class", "error", "ERR011", "T22", (TAKEN,), "the healthy pair: one SQLSTATE, two classes", side="both"
    ),
)
PLANTS = (*_STATUS, *_REFUSED, *_RAISED, *_AWAITED, *_LOADS)
