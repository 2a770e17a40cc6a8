"""PostgreSQL's log as a stream: every committed transaction with its exact rows, and nothing left behind."""

import time
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function

from compare.errors import CouldNotRunError
from compare.postgres import Address, Clone, Log, Server, followable, followed
from compare.postgres.pgoutput import KEPT

SCHEMA = """
    CREATE TABLE orders (id serial PRIMARY KEY, name text, paid boolean DEFAULT false, note text,
                         size int GENERATED ALWAYS AS (length(name)) STORED);
    CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE, price numeric(8,2), seen float4);
    CREATE SCHEMA audit;
    CREATE TABLE audit.entries (at timestamptz, what text);
    CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
    CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit.entries VALUES (NULL, 'noted'); RETURN NEW; END $$;
    CREATE TRIGGER noting AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION noted();
    ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
    INSERT INTO orders (name, note) VALUES ('first', repeat('x', 9000));
"""


@pytest.fixture(scope="module")
def template(server: Server) -> Server:
    def setup(address: Address) -> None:
        with closing(psycopg2.connect(address.url())) as connection, connection, connection.cursor() as cursor:
            cursor.execute(SCHEMA)

    server.build_template(setup)
    return server


@pytest.fixture
def clone(template: Server) -> Iterator[Clone]:
    with template.clone("followed") as clone:
        yield clone


@pytest.fixture
def log(clone: Clone) -> Iterator[Log]:
    with followed(clone) as log:
        yield log


@pytest.fixture
def app(clone: Clone, log: Log) -> Iterator[Connection]:
    """A connection as an app has it."""
    assert log.since() == ()
    with closing(psycopg2.connect(clone.address.url())) as connection:
        yield connection


def run(app: Connection, *statements: str) -> None:
    """All in one transaction."""
    with app, app.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def seen(log: Log) -> list[list[tuple[object, ...]]]:
    """Table, kind, old and new row of every change, a list a transaction."""
    return [[(c.table, c.kind, c.old, c.new) for c in commit.changes] for commit in log.since()]


def test_a_transaction_comes_whole_with_defaults_and_generated_columns(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO orders (name) VALUES ('two')", "INSERT INTO lines VALUES (2, 1.5, 1.1)")
    assert seen(log) == [
        [("orders", "insert", None, ("2", "two", "false", None, "3")), ("lines", "insert", None, ("2", "1.50", "1.1"))]
    ]


def test_transactions_come_apart_and_rolled_back_ones_do_not_come(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO orders (name) VALUES ('a')")
    with pytest.raises(psycopg2.Error):
        run(app, "INSERT INTO orders (name) VALUES ('b')", "SELECT 1/0")
    run(app, "INSERT INTO orders (name) VALUES ('c')")
    assert [[change[3][1] for change in commit] for commit in seen(log)] == [["a"], ["c"]]  # type: ignore[index] # rows


def test_what_was_told_once_is_not_told_again(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO orders (name) VALUES ('a')")
    assert len(log.since()) == 1
    assert log.since() == ()


def test_what_was_committed_but_not_flushed_comes_too(app: Connection, log: Log) -> None:
    for number in range(200):
        run(app, "SET LOCAL synchronous_commit = off", f"INSERT INTO lines VALUES (1, {number}, 1)")  # noqa: S608 - as above
        assert [len(commit.changes) for commit in log.since()] == [1]


def test_at_once_means_at_once_and_loses_nothing(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO lines SELECT 1, 1, 1 FROM generate_series(1, 100000)")
    begun = time.monotonic()
    commits = log.since_at_once()
    assert time.monotonic() - begun < 1.0
    assert commits is None
    run(app, "INSERT INTO lines VALUES (1, 2, 2)")
    assert [len(commit.changes) for commit in log.since()] == [KEPT, 1]
    assert log.since_at_once() == ()


def test_two_logs_of_one_server_never_keep_each_other_waiting(template: Server) -> None:
    """A walsender that sleeps over what was flushed for the other one is woken, about one time in a hundred."""
    with (
        template.clone("one") as one,
        template.clone("other") as other,
        followed(one) as first,
        followed(other) as last,
    ):
        slowest = 0.0
        for _ in range(400):
            for log in (first, last):
                begun = time.monotonic()
                assert log.since() == ()
                slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 1.0


def test_triggers_and_cascades_are_seen(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO lines VALUES (1, 1, 1)", "UPDATE orders SET name = 'one'", "DELETE FROM orders")
    assert [(table, kind) for table, kind, *_ in seen(log)[0]] == [
        ("lines", "insert"),
        ("orders", "update"),
        ("audit.entries", "insert"),
        ("orders", "delete"),
        ("lines", "delete"),
    ]


def test_a_large_value_that_an_update_leaves_alone_is_filled_in(app: Connection, log: Log) -> None:
    run(app, "UPDATE orders SET name = 'one' WHERE id = 1")
    change = next(change for change in log.since()[0].changes if change.table == "orders")
    assert change.old is not None
    assert change.new is not None
    assert (change.old[1], change.new[1], change.new[3]) == ("first", "one", "x" * 9000)


def test_values_read_as_the_clone_reads_them_whatever_the_app_has_set(app: Connection, log: Log, clone: Clone) -> None:
    run(app, "SET TimeZone = 'America/New_York'", "INSERT INTO audit.entries VALUES ('2026-07-01 12:00-04', 'noon')")
    table = next(table for table in clone.tables() if table.name == "entries")
    assert [change[3] for change in seen(log)[0]] == list(clone.rows(table))


def test_a_partitioned_table_is_one_table_and_an_emptied_one_is_told(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO parts VALUES (1, '2026-05-05')", "TRUNCATE lines")
    assert [(table, kind) for table, kind, *_ in seen(log)[0]] == [("parts", "insert"), ("lines", "truncate")]


def test_a_row_of_a_table_without_a_key_can_still_be_deleted(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO lines VALUES (1, 2, 3)", "DELETE FROM lines")
    assert [kind for _, kind, *_ in seen(log)[0]] == ["insert", "delete"]


def test_a_table_that_the_app_makes_at_start_is_adopted(app: Connection, log: Log) -> None:
    run(app, "CREATE TABLE made (a int)")
    log.adopt_new_tables()
    run(app, "INSERT INTO made VALUES (1)", "DELETE FROM made")
    assert [(table, kind) for table, kind, *_ in seen(log)[0]] == [("made", "insert"), ("made", "delete")]


def test_a_huge_transaction_is_counted_beyond_what_is_kept(app: Connection, log: Log) -> None:
    run(app, f"INSERT INTO lines SELECT 1, 1, 1 FROM generate_series(1, {KEPT + 5})")  # noqa: S608 - our own number
    (commit,) = log.since()
    assert (len(commit.changes), commit.more) == (KEPT, (("lines", 5),))


def test_the_transaction_id_is_the_servers(app: Connection, log: Log) -> None:
    with app, app.cursor() as cursor:
        cursor.execute("INSERT INTO lines VALUES (1, 1, 1)")
        cursor.execute("SELECT pg_current_xact_id()::text")
        (xid,) = cursor.fetchone() or ("",)
    assert log.since()[0].xid == int(xid) % 2**32


def test_nothing_is_left_behind_and_the_clone_can_be_dropped(template: Server, embedded: Address) -> None:
    with template.clone("short") as clone, followed(clone) as log:
        log.since()
    with closing(psycopg2.connect(embedded.url())) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_publication)")
        assert cursor.fetchone() == (0, 0)
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", (clone.address.database,))
        assert cursor.fetchone() == (0,)


def test_a_log_that_is_not_passed_on_ends_in_words(app: Connection, log: Log) -> None:
    run(app, "INSERT INTO lines VALUES (1, 2, 2)")
    with pytest.raises(CouldNotRunError, match="did not pass on its log within 0 s"):
        log.since(within=0)
    assert [len(commit.changes) for commit in log.since()] == [1]


def test_a_role_without_the_right_is_told_which_one(clone: Clone) -> None:
    clone.execute("DROP ROLE IF EXISTS plain")
    clone.execute("CREATE ROLE plain LOGIN PASSWORD 'p'")
    assert followable(clone) is None
    address = Address(clone.address.host, clone.address.port, "plain", "p", clone.address.database)
    plain = type("Plain", (), {"address": address})()
    assert followable(plain) == "the role plain lacks REPLICATION"
    clone.execute("DROP ROLE plain")
