"""What comes over the wire; everything below it is the same."""

from __future__ import annotations

from compare.selftest.plant import Plant, step

QUOTE = step("POST /quotes")
VISITS = step("GET /visits")
EXPORT = step("GET /names.csv")
WEIGHTS = step("GET /weights")

PLANTS = (
    Plant("created_became_ok", "response", "RES001", None, (QUOTE,), "200 for 201"),
    Plant("location_lost", "response", "RES002", None, (QUOTE,), "no Location"),
    Plant("other_cache_control", "response", "RES002", None, (QUOTE,), "another value"),
    Plant(
        "middleware_lost",
        "response",
        "RES002",
        None,
        (step("GET /berths"),),
        "the header that a middleware sets",
    ),
    Plant("rounded_as_float", "response", "RES003", None, (step("GET /dues"),), "another rate, by a float"),
    Plant(
        "stale_object_answered",
        "response",
        "RES003",
        "T06",
        (step("POST /berths/1/tally"),),
        "the identity map keeps the old count",
    ),
    Plant("decimal_as_float", "response", "RES004", "T49", (step("GET /berths"),), "a number for a text"),
    Plant("nulls_left_out", "response", "RES005", None, (QUOTE,), "the key of a null is gone"),
    Plant("empty_texts_left_out", "response", "RES005", None, (VISITS,), "so is that of an empty text, in some items"),
    Plant("order_reversed", "response", "RES006", None, (VISITS,), "the newest first"),
    Plant("doubled_by_a_join", "response", "RES006", None, (step("GET /ships"),), "a ship for each of its visits"),
    Plant("digits_of_a_float", "response", "RES007", "T49", (WEIGHTS,), "1200.5 for 1200.50"),
    Plant("media_type_lost", "response", "RES008", None, (WEIGHTS,), "text/plain for JSON"),
    Plant("collected_before_sending", "response", "RES009", "T42", (EXPORT,), "one piece with its length"),
    Plant(
        "other_code_told",
        "response",
        "RES010",
        None,
        (step("POST /sisters"),),
        "one code that PostgreSQL drew is told for both ships",
    ),
    Plant(
        "never_answered", "response", "RES011", "T08", (step("GET /fog"),), "the client gives up first", lingers=True
    ),
    Plant(
        "route_missing",
        "response",
        "RES012",
        None,
        (step("GET /berths"),),
        "the legend is nowhere on async",
        pair="route",
    ),
    Plant("other_line_ends", "response", "RES013", None, (EXPORT,), "CR LF for LF"),
    Plant("cookie_open_to_scripts", "response", "RES014", None, (QUOTE,), "no HttpOnly"),
    Plant(
        "offset_written",
        "response",
        "RES015",
        "T18",
        (step("GET /arrivals"),),
        "psycopg2 gives the session's offset, asyncpg UTC",
        pair="zone",
        side="both",
    ),
    Plant(
        "token_padded",
        "response",
        "RES017",
        None,
        (
            step("POST /tokens", capture={"token": "/token ~ ^([A-Za-z0-9+/]+)$"}),
            step("GET /tokens/${token}"),
        ),
        "a token of the same make, but padded: no later request can be sent",
    ),
    Plant("redirected_elsewhere", "response", "RES018", None, (step("GET /chart"),), "another target"),
    Plant(
        "closed_under_the_stream",
        "response",
        "RES019",
        "T38",
        (EXPORT,),
        "the connection is closed before the body is read",
    ),
)
