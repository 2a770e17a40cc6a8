"""Reading statements: one shape for all drivers, and what a statement does."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Executable, Integer, cast, delete, func, insert, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from compare.verdict.sql import Effect, Lock, Query, read
from tests.compare.shop import Line, Order
from tests.compare.traces import ASYNCPG, PSYCOPG, PSYCOPG2, spelled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROW = {"state": "new", "total": Decimal(1), "at": NOW, "extra": {"a": "1"}, "tags": ["x"]}

# As SQLAlchemy 2.1 sends them for session.add_all and session.execute(insert(...), [...]).
BATCH = (
    "INSERT INTO orders (state, note) SELECT p0::VARCHAR, p1::VARCHAR FROM (VALUES (%(state__0)s, %(note__0)s, 0), "
    "(%(state__1)s, %(note__1)s, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter "
    "RETURNING orders.id, orders.at, orders.id AS id__1"
)
BATCH_ASYNCPG = (
    "INSERT INTO orders (state, note) SELECT p0::VARCHAR, p1::VARCHAR FROM (VALUES ($1::VARCHAR, $2::VARCHAR, 0), "
    "($3::VARCHAR, $4::VARCHAR, 1), ($5::VARCHAR, $6::VARCHAR, 2)) AS imp_sen(p0, p1, sen_counter) "
    "ORDER BY sen_counter RETURNING orders.id, orders.id AS id__1"
)


@pytest.mark.parametrize(
    "query",
    [
        select(Order).where(Order.id == 1, Order.at > NOW, Order.total > 3).order_by(Order.id).limit(5).offset(2),
        select(Order.id).where(Order.id.in_([1, 2, 3])),
        select(Order.id).where(Order.id.in_([])),
        select(Order.id).where(tuple_(Order.id, Order.state).in_([(1, "a"), (2, "b")])),
        select(Order.id).where(Order.state.contains("x"), Order.id % 2 == 1),
        select(Order.extra["a"].astext).where(Order.tags.any_() == "x"),
        select(cast(literal("1"), Integer)),
        select(Order.id).where(Order.id == 1).with_for_update(skip_locked=True, of=Order),
        insert(Order).values(ROW),
        insert(Order).values([ROW, ROW]),
        upsert(Order).values(ROW).on_conflict_do_update(index_elements=["id"], set_={"state": "x"}).returning(Order.id),
        update(Order).where(Order.id == 1).values(total=Order.total - 2, state="x"),
        delete(Line).where(Line.order_id == 1),
        text("SELECT * FROM orders WHERE state = :a AND :a IS NOT NULL AND state LIKE 'x%'").bindparams(a="b"),
        select(func.pg_advisory_xact_lock(5)),
    ],
    ids=lambda query: str(query)[:40],
)
def test_all_drivers_have_one_shape(query: Executable) -> None:
    shapes = {read(spelled(query, dialect)[0]) for dialect in (PSYCOPG2, PSYCOPG, ASYNCPG)}
    assert len(shapes) == 1


def test_a_batch_has_the_shape_of_one_row() -> None:
    one = read("INSERT INTO orders (state, note) VALUES (%(state)s, %(note)s) RETURNING orders.id")
    many, more = read(BATCH), read(BATCH_ASYNCPG)
    assert one.shape == many.shape == more.shape
    assert (one.rows, many.rows, more.rows) == (1, 2, 3)
    assert [(slot.name, slot.binds) for slot in more.slots] == [("state", (0, 2, 4)), ("note", (1, 3, 5))]


def test_an_in_list_is_one_place_whose_order_means_nothing() -> None:
    query = read("SELECT 1 FROM orders WHERE id IN ($1::INTEGER, $2::INTEGER) AND state = $3")
    assert [(slot.name, slot.binds, slot.unordered) for slot in query.slots] == [
        ("id", (0, 1), True),
        ("state", (2,), False),
    ]


def test_each_value_is_known_by_what_it_is_for() -> None:
    query = read("UPDATE orders SET state = %(s)s WHERE orders.id = %(i)s")
    page = read("SELECT id FROM orders WHERE total BETWEEN $1 AND $2 ORDER BY id LIMIT $3 OFFSET $4")
    assert [slot.name for slot in query.slots] == ["state", "id"]
    assert [slot.name for slot in page.slots] == ["total", "total", "limit", "offset"]


def test_names_of_columns_in_the_result_are_no_part_of_the_shape() -> None:
    legacy = read("SELECT orders.id AS orders_id, orders.state AS orders_state \nFROM orders")
    assert legacy.shape == read("SELECT orders.id, orders.state \nFROM orders").shape


def test_the_order_of_columns_in_the_result_is_no_part_of_the_shape() -> None:
    """SQLAlchemy loads expired attributes in the order of a set, another one in each process."""
    one = read("SELECT cards.brand AS cards_brand, cards.digits AS cards_digits FROM cards WHERE cards.id = $1")
    assert one.shape == read("SELECT cards.digits AS a, cards.brand AS b FROM cards WHERE cards.id = %(id)s").shape


def test_a_cast_that_only_types_a_bind_is_no_part_of_the_shape() -> None:
    legacy = read("SELECT id FROM orders WHERE %(a)s IS NULL OR state = %(a)s")
    assert read("SELECT id FROM orders WHERE CAST($1 AS TEXT) IS NULL OR state = $1::TEXT").shape == legacy.shape
    assert read("SELECT id::text FROM orders").shape != read("SELECT id FROM orders").shape


def test_doubled_percent_signs_stay_doubled_where_the_driver_does_not_halve_them() -> None:
    """T44: exec_driver_sql on asyncpg."""
    legacy = read("SELECT id FROM orders WHERE state LIKE 'a%%' AND id = %(id)s")
    assert read("SELECT id FROM orders WHERE state LIKE 'a%' AND id = $1").shape == legacy.shape
    assert read("SELECT id FROM orders WHERE state LIKE 'a%%' AND id = $1").shape != legacy.shape


@pytest.mark.parametrize(
    ("sql", "lock"),
    [
        ("SELECT id FROM orders FOR UPDATE", Lock(3)),
        ("SELECT id FROM orders FOR NO KEY UPDATE NOWAIT", Lock(2, "nowait")),
        ("SELECT id FROM orders FOR SHARE OF orders SKIP LOCKED", Lock(1, "skip locked", frozenset({"orders"}))),
        ("SELECT id FROM orders FOR KEY SHARE", Lock(0)),
        (
            "UPDATE jobs SET state = $1 WHERE id = (SELECT id FROM jobs LIMIT 1 FOR UPDATE SKIP LOCKED)",
            Lock(3, "skip locked"),
        ),
        ("SELECT substring(state FROM 1 FOR 2) FROM orders", None),
    ],
)
def test_row_locks_are_read(sql: str, lock: Lock | None) -> None:
    assert read(sql).lock == lock


def facts(query: Query) -> tuple[str, list[str], list[str]]:
    """What it does, what it reads, what it writes."""
    return query.verb, sorted(query.reads), sorted(query.writes)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM orders o JOIN audit.entries e ON e.id = o.id", ("select", ["audit.entries", "orders"], [])),
        ("WITH gone AS (DELETE FROM lines RETURNING id) SELECT id FROM gone", ("select", [], ["lines"])),
        ("WITH r AS (SELECT 1) INSERT INTO public.lines SELECT * FROM r", ("insert", [], ["lines"])),
        ("INSERT INTO lines (id) VALUES ($1) ON CONFLICT DO NOTHING", ("upsert", [], ["lines"])),
        ("SELECT extract(epoch FROM at) FROM orders", ("select", ["orders"], [])),
        ("SELECT * FROM generate_series(1, 3)", ("select", [], [])),
        ("TRUNCATE lines", ("truncate", [], ["lines"])),
        ("UPDATE lines SET quantity = 1 FROM orders", ("update", ["orders"], ["lines"])),
    ],
)
def test_tables_are_told_apart_by_what_is_done_to_them(sql: str, expected: tuple[str, list[str], list[str]]) -> None:
    assert facts(read(sql)) == expected


@pytest.mark.parametrize(
    ("sql", "effects"),
    [
        ("SET LOCAL statement_timeout = %(ms)s", [Effect("set statement_timeout")]),
        ("SELECT set_config('statement_timeout', $1, true)", [Effect("set statement_timeout")]),
        ("SELECT set_config($1::VARCHAR, $2::VARCHAR, true) AS set_config_1", [Effect("set", 0)]),
        ("SELECT pg_advisory_xact_lock($1)", [Effect("pg_advisory_xact_lock")]),
        ("NOTIFY orders, 'new'", [Effect("notify orders")]),
        ("LOCK TABLE orders IN SHARE MODE", [Effect("lock table orders in share mode")]),
        ("SELECT close_the_month($1)", [Effect("close_the_month")]),
        ("SELECT now(), gen_random_uuid(), nextval('orders_id_seq')", []),
        ("SELECT total_of(id) FROM orders", []),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", []),
    ],
)
def test_what_a_statement_is_run_for_is_known(sql: str, effects: list[Effect]) -> None:
    assert list(read(sql).effects) == effects


def test_what_cannot_be_parsed_is_judged_by_its_words() -> None:
    query = read("SELECT id FROM orders WHERE state @@@ !! ORDER BY id LIMIT $1 FOR UPDATE")
    assert facts(query) == ("select", ["orders"], [])
    assert (query.limited, query.ordered, query.lock) == (True, True, Lock(3))


@pytest.mark.parametrize(
    "sql", ["", "   ", "'", "((((", "SELECT 'open", "IN (", "CAST(?", "INSERT INTO t VALUES (", "$1::"]
)
def test_no_text_makes_reading_fail(sql: str) -> None:
    assert read(sql).writes <= {"t"}


def test_quoted_text_and_comments_are_left_alone() -> None:
    one = read("/* by orders.py */ SELECT 'IN ($1, $2)', $q$ a ; b $q$ FROM orders -- done")
    assert one.shape == "select $q$ a ; b $q$ , 'IN ($1, $2)' from orders"
    assert one.slots == ()
