"""The loop, the threads and the pool; the answers and the rows are the same."""

from __future__ import annotations

from compare.selftest.plant import Plant, step

LIGHTS = step("GET /lights")
DEPTHS = step("GET /depths")
LOG = step("GET /ships/1/log")

PLANTS = (
    Plant("sync_engine_on_the_loop", "runtime", "RTM001", "T08", (LIGHTS,), "psycopg2 in an async def"),
    Plant("sync_session_across_await", "runtime", "RTM001", "T09", (LIGHTS,), "the same, with an await in between"),
    Plant(
        "objects_out_of_the_thread",
        "runtime",
        "RTM001",
        "T40",
        (step("GET /ships/1/guests"),),
        "the lazy load of an object from a thread runs on the loop",
        side="legacy",
    ),
    Plant("slept_on_the_loop", "runtime", "RTM002", "T08", (LIGHTS,), "0.6 seconds of time.sleep"),
    Plant(
        "digest_on_the_loop", "runtime", "RTM002", "T54", (step("GET /seal"),), "what was in a thread runs on the loop"
    ),
    Plant("connection_kept", "runtime", "RTM003", "T29", (LIGHTS,), "out of the pool, in no transaction", lingers=True),
    Plant(
        "lazy_on_legacy",
        "runtime",
        "RTM004",
        "T01",
        (LOG,),
        "legacy loads lazily what async loads with the query",
        side="legacy",
    ),
    Plant(
        "expired_on_legacy",
        "runtime",
        "RTM004",
        "T05",
        (step("POST /ships/2/log"),),
        "legacy reloads after the commit",
        side="legacy",
    ),
    Plant("lazy_in_run_sync", "runtime", "RTM004", "T01", (LOG,), "run_sync lets it through"),
    Plant(
        "background_task_fails",
        "runtime",
        "RTM005",
        "T39",
        (step("POST /reminders"),),
        "after the answer nobody is told",
    ),
    Plant("task_set_loose", "runtime", "RTM006", "T31", (LIGHTS,), "a task of a second", lingers=True),
    Plant("work_in_a_thread", "runtime", "RTM007", None, (LIGHTS,), "work moved"),
    Plant(
        "cancelled_in_the_middle",
        "runtime",
        "RTM008",
        "T31",
        (step("GET /radar"),),
        "the connection is invalidated",
    ),
    Plant(
        "second_of_a_pool_of_one",
        "runtime",
        "RTM009",
        "T41",
        (step("GET /radar"),),
        "the pool's timeout ends the request",
    ),
    Plant("calls_home", "runtime", "RTM010", None, (LIGHTS,), "an address that is not this machine's"),
    Plant("gathered_on_one_session", "runtime", "RTM011", "T23", (DEPTHS,), "three tasks on one connection"),
    Plant("gathered_with_a_session_each", "runtime", "RTM012", "T41", (DEPTHS,), "three connections for one"),
)
