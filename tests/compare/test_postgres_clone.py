"""Clones: what is read from them, and the way back to the template's state."""

import threading
import time
from collections.abc import Iterator

import psycopg2
import psycopg2.extensions
import pytest

from compare.errors import CouldNotRunError
from compare.postgres import Address, Clone, Column, Server, Table
from compare.postgres.connection import connected
from compare.postgres.reset import PAGE, PATIENCE_SECONDS, SPARE_BYTES

from .test_process import eventually

SCHEMA = """
    CREATE TYPE mood AS ENUM ('calm', 'rough');
    CREATE TABLE plain (id serial PRIMARY KEY, word text);
    CREATE TABLE "Select" ("Order" int PRIMARY KEY, "a""b" text);
    CREATE SCHEMA "Other";
    CREATE TABLE "Other".logbook (word text, at timestamptz DEFAULT now());
    CREATE TABLE typed (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number numeric(10, 3), small real, many text[], bytes bytea,
        document jsonb, state mood, day date, hour time, span interval, at timestamptz, flag boolean, nothing text,
        doubled numeric GENERATED ALWAYS AS (number * 2) STORED
    );
    CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree ON DELETE CASCADE);
    CREATE TABLE hen (id int PRIMARY KEY, egg int);
    CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen ON DELETE RESTRICT);
    ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg ON DELETE RESTRICT;
    CREATE TABLE parted (id int, year int, PRIMARY KEY (year, id)) PARTITION BY LIST (year);
    CREATE TABLE parted_2025 PARTITION OF parted FOR VALUES IN (2025);
    CREATE TABLE parted_2026 PARTITION OF parted FOR VALUES IN (2026);
    CREATE TABLE watched (id int PRIMARY KEY);
    CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never delete'; END $$;
    CREATE TRIGGER forbid BEFORE DELETE ON watched FOR EACH ROW EXECUTE FUNCTION forbid();
    CREATE TABLE ruled (id int PRIMARY KEY);
    CREATE RULE keep AS ON DELETE TO ruled DO INSTEAD NOTHING;
    CREATE TABLE ship (id int);
    CREATE TABLE ferry (cars int) INHERITS (ship);
    CREATE SEQUENCE tickets START 100;
    CREATE VIEW words AS SELECT word FROM plain;

    INSERT INTO plain (word) VALUES ('one'), ('two'), (NULL);
    INSERT INTO "Select" VALUES (1, 'tab\t, newline\n, backslash \\ and \\N');
    INSERT INTO "Other".logbook VALUES ('same', '2026-01-01'), ('same', '2026-01-01');
    INSERT INTO typed (number, small, many, bytes, document, state, day, hour, span, at, flag) VALUES
        (1.5, 1.1, '{a,"b c",NULL}', '\\x00ff', '{"k": [1, 2.50]}', 'rough', '2026-02-28', '23:59:59.5', '1 day 02:00',
         '2026-06-01 12:00:00.123456+02', true);
    INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2);
    INSERT INTO egg VALUES (1, NULL);
    INSERT INTO hen VALUES (1, 1);
    UPDATE egg SET hen = 1;
    INSERT INTO parted VALUES (1, 2025), (2, 2026);
    INSERT INTO watched VALUES (1);
    INSERT INTO ruled VALUES (1);
    INSERT INTO ship VALUES (1);
    INSERT INTO ferry VALUES (2, 30);
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM plain;
    CREATE MATERIALIZED VIEW empty AS SELECT 1 AS n WITH NO DATA;
"""


def fill(address: Address) -> None:
    """The template: one table for every peculiarity."""
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    """The module's server with its template."""
    server.build_template(fill)
    return server


@pytest.fixture
def clone(filled: Server) -> Iterator[Clone]:
    """A clone for the test alone."""
    with filled.clone("test") as clone:
        yield clone


@pytest.fixture
def app(clone: Clone) -> Iterator[psycopg2.extensions.connection]:
    """A connection as an app would have it."""
    connection = psycopg2.connect(clone.address.url())
    yield connection
    connection.close()


def table(clone: Clone, name: str) -> Table:
    """The clone's table that is shown under this name."""
    return next(table for table in clone.tables() if str(table) == name)


def state(clone: Clone) -> tuple[dict[str, str], dict[str, int | None], object]:
    """Everything that a reset puts back."""
    digests = {str(table): clone.digest(table) for table in clone.tables()}
    return digests, clone.sequences(), clone.fetch("SELECT n FROM counted")


def test_tables_are_those_an_application_sees(clone: Clone) -> None:
    assert [str(table) for table in clone.tables()] == [
        "Other.logbook",
        "Select",
        "egg",
        "ferry",
        "hen",
        "parted",
        "plain",
        "ruled",
        "ship",
        "tree",
        "typed",
        "watched",
    ]


def test_keys_columns_types_and_sequences_are_known(clone: Clone) -> None:
    assert table(clone, "plain").columns == (Column("id", "integer", "public.plain_id_seq"), Column("word", "text"))
    assert table(clone, "typed").columns[:2] == (
        Column("id", "integer", "public.typed_id_seq"),
        Column("number", "numeric(10,3)"),
    )
    assert table(clone, "typed").columns[-1].generated
    assert table(clone, "parted").primary_key == ("year", "id")
    assert table(clone, "Other.logbook").primary_key == ()


def test_a_default_of_nextval_names_its_sequence(clone: Clone) -> None:
    clone.execute("CREATE TABLE queue (id int DEFAULT nextval('tickets'), other int DEFAULT 7)")

    assert table(clone, "queue").columns == (Column("id", "integer", "public.tickets"), Column("other", "integer"))


def test_rows_are_postgresqls_own_text_in_utc(clone: Clone) -> None:
    assert list(clone.rows(table(clone, "typed"))) == [
        (
            "1",
            "1.500",
            "1.1",
            '{a,"b c",NULL}',
            "\\x00ff",
            '{"k": [1, 2.50]}',
            "rough",
            "2026-02-28",
            "23:59:59.5",
            "1 day 02:00:00",
            "2026-06-01 10:00:00.123456+00",
            "true",
            None,
            "3.000",
        ),
    ]


def test_rows_do_not_depend_on_the_databases_own_settings(clone: Clone) -> None:
    before = list(clone.rows(table(clone, "typed")))
    for setting in ("TimeZone = 'America/New_York'", "DateStyle = 'German'", "IntervalStyle = 'iso_8601'"):
        clone.execute(f'ALTER DATABASE "{clone.address.database}" SET {setting}')

    assert list(clone.rows(table(clone, "typed"))) == before


def test_rows_come_in_the_order_of_the_key(clone: Clone) -> None:
    clone.execute("UPDATE plain SET word = 'moved' WHERE id = 1")

    assert [row[0] for row in clone.rows(table(clone, "plain"))] == ["1", "2", "3"]
    assert list(clone.rows(table(clone, "parted"))) == [("1", "2025"), ("2", "2026")]


def test_an_heirs_rows_are_the_heirs(clone: Clone) -> None:
    assert list(clone.rows(table(clone, "ship"))) == [("1",)]
    assert list(clone.rows(table(clone, "ferry"))) == [("2", "30")]


def test_an_abandoned_reading_leaves_no_connection(clone: Clone) -> None:
    rows = clone.rows(table(clone, "plain"))
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # a generator

    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert eventually(lambda: clone.fetch(others) == [])


def test_digests_are_equal_for_equal_rows_in_another_order(filled: Server, clone: Clone) -> None:
    with filled.clone("other") as other:
        for there in (clone, other):
            there.execute("DELETE FROM plain WHERE id = 1")
        clone.execute("INSERT INTO plain VALUES (8, 'x'), (9, 'y')")
        other.execute("INSERT INTO plain VALUES (9, 'y')")
        other.execute("INSERT INTO plain VALUES (8, 'x')")
        assert clone.digest(table(clone, "plain")) == other.digest(table(other, "plain"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE plain SET word = '' WHERE id = 3",
        "DELETE FROM plain WHERE id = 3",
        "INSERT INTO plain VALUES (4, NULL)",
        "UPDATE plain SET word = CASE id WHEN 1 THEN 'two' ELSE 'one' END WHERE id < 3",
    ],
    ids=["null and empty text", "fewer", "more", "swapped"],
)
def test_a_digest_sees_every_change(clone: Clone, change: str) -> None:
    before = clone.digest(table(clone, "plain"))
    clone.execute(change)

    assert clone.digest(table(clone, "plain")) != before


def test_two_equal_rows_more_are_seen_though_their_sum_could_cancel(clone: Clone) -> None:
    before = clone.digest(table(clone, "Other.logbook"))
    clone.execute("INSERT INTO \"Other\".logbook VALUES ('same', '2026-01-01'), ('same', '2026-01-01')")

    assert clone.digest(table(clone, "Other.logbook")) != before


def test_sequences_tell_the_last_value_or_none(clone: Clone) -> None:
    assert clone.sequences() == {"public.plain_id_seq": 3, "public.tickets": None, "public.typed_id_seq": 1}

    clone.execute("SELECT nextval('tickets')")
    assert clone.sequences()["public.tickets"] == 100


def test_a_connection_at_rest_is_idle(clone: Clone, app: psycopg2.extensions.connection) -> None:
    with app, app.cursor() as cursor:
        cursor.execute("INSERT INTO plain (word) VALUES ('x')")

    assert clone.wait_until_idle(0)


def test_an_open_transaction_is_not_idle(clone: Clone, app: psycopg2.extensions.connection) -> None:
    app.cursor().execute("SELECT 1")

    assert not clone.wait_until_idle(0.05)


def test_waiting_ends_when_the_work_does(clone: Clone, app: psycopg2.extensions.connection) -> None:
    app.cursor().execute("SELECT 1")
    threading.Timer(0.1, app.rollback).start()

    assert clone.wait_until_idle(10)


def test_a_failed_statement_does_not_stand_in_the_way_of_the_next(clone: Clone) -> None:
    with pytest.raises(psycopg2.errors.UniqueViolation):
        clone.execute("INSERT INTO plain VALUES (%s, 'x')", (1,))

    assert clone.fetch("SELECT word FROM plain WHERE id = %(id)s", {"id": 1}) == [{"word": "one"}]


CHANGES = {
    "insert": "INSERT INTO plain (word) VALUES ('x')",
    "update": "UPDATE plain SET word = 'x' WHERE id = 2",
    "delete": "DELETE FROM plain WHERE id = 2",
    "replace": "DELETE FROM plain WHERE id = 2; INSERT INTO plain (word) VALUES ('x')",
    "truncate": "TRUNCATE plain RESTART IDENTITY",
    "insert that was undone": "INSERT INTO plain (word) VALUES ('x'); DELETE FROM plain WHERE word = 'x'",
    "a name in mixed case and text full of escapes": 'UPDATE "Select" SET "a""b" = \'\'',
    "another schema, no key": "DELETE FROM \"Other\".logbook WHERE ctid = '(0,1)'",
    "every type, identity and generated column": "UPDATE typed SET number = 9, document = NULL",
    "a row that refers to its own table": "DELETE FROM tree WHERE id = 1",
    "two tables that refer to each other": "UPDATE hen SET egg = NULL; DELETE FROM egg; DELETE FROM hen",
    "a row that changes its partition": "UPDATE parted SET year = 2025 WHERE id = 2",
    "rows a trigger keeps": "INSERT INTO watched VALUES (2); UPDATE watched SET id = 7 WHERE id = 1",
    "rows a rule keeps": "INSERT INTO ruled VALUES (2); UPDATE ruled SET id = 7 WHERE id = 1",
    "a row of an heir": "DELETE FROM ship WHERE id = 2; UPDATE ship SET id = 3",
    "a sequence alone": "SELECT nextval('tickets'), nextval('plain_id_seq')",
    "a materialised view": "INSERT INTO plain (word) VALUES ('x'); REFRESH MATERIALIZED VIEW counted",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_reset_undoes(clone: Clone, app: psycopg2.extensions.connection, change: str) -> None:
    before = state(clone)
    for _ in range(2):  # the second time the rows put back must count as old
        with app, app.cursor() as cursor:
            cursor.execute(change)
        clone.reset()

        assert state(clone) == before
        assert next(clone.rows(table(clone, "typed")))[-1] == "3.000"


def test_reset_keeps_the_apps_connections_and_its_prepared_statements(
    clone: Clone,
    app: psycopg2.extensions.connection,
) -> None:
    with app, app.cursor() as cursor:
        cursor.execute("PREPARE words AS SELECT word FROM plain WHERE id = 1; DELETE FROM plain")
    clone.reset()

    with app, app.cursor() as cursor:
        cursor.execute("EXECUTE words")
        assert cursor.fetchone() == ("one",)


def test_reset_touches_only_what_changed(clone: Clone) -> None:
    versions = "SELECT xmin::text, ctid::text FROM tree ORDER BY id"
    before = clone.fetch(versions)
    clone.execute("DELETE FROM plain")
    clone.reset()

    assert clone.fetch(versions) == before


def test_a_reset_without_changes_writes_nothing(clone: Clone) -> None:
    clone.execute("DELETE FROM plain")
    clone.reset()
    before = clone.fetch("SELECT xmin::text, ctid::text FROM plain ORDER BY id")
    clone.reset()

    assert clone.fetch("SELECT xmin::text, ctid::text FROM plain ORDER BY id") == before


def test_reset_ends_a_transaction_that_was_left_open_with_changes(
    clone: Clone,
    app: psycopg2.extensions.connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("compare.postgres.reset.PATIENCE_SECONDS", 0.2)
    before = state(clone)
    app.cursor().execute("UPDATE plain SET word = 'never committed'")
    clone.reset()

    assert state(clone) == before
    with pytest.raises(psycopg2.OperationalError):
        app.commit()


def test_reset_ends_a_connection_whose_lock_is_in_the_way(
    clone: Clone,
    app: psycopg2.extensions.connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("compare.postgres.reset.PATIENCE_SECONDS", 0.2)
    before = state(clone)
    clone.execute("DELETE FROM tree")
    app.cursor().execute("LOCK TABLE tree IN SHARE MODE")
    clone.reset()

    assert state(clone) == before


def test_reset_leaves_a_reader_alone(clone: Clone, app: psycopg2.extensions.connection) -> None:
    cursor = app.cursor()
    cursor.execute("SELECT count(*) FROM plain")
    clone.execute("DELETE FROM plain")
    clone.reset()

    cursor.execute("SELECT count(*) FROM plain")
    assert cursor.fetchone() == (3,)


def test_both_sides_can_be_reset_at_the_same_time(filled: Server, clone: Clone) -> None:
    with filled.clone("other") as other:
        before = state(clone)
        for there in (clone, other):
            there.execute("DELETE FROM plain; UPDATE typed SET number = 0; DELETE FROM tree")
        threads = [threading.Thread(target=there.reset) for there in (clone, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert state(clone) == state(other) == before


def test_reset_says_what_it_cannot_undo(clone: Clone) -> None:
    clone.execute("DROP TABLE plain CASCADE")

    with pytest.raises(CouldNotRunError, match=r'relation "public\.plain" does not exist'):
        clone.reset()


def test_our_own_connection_comes_back_when_somebody_ends_it(clone: Clone, app: psycopg2.extensions.connection) -> None:
    clone.execute("DELETE FROM plain")
    with app.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    app.rollback()

    assert clone.wait_until_idle(1)
    clone.reset()
    assert clone.fetch("SELECT count(*) AS n FROM plain") == [{"n": 3}]


def length(clone: Clone, name: str) -> int:
    """Bytes of a table's file."""
    (found,) = clone.fetch(f"SELECT pg_relation_size('{name}') AS n")
    return int(str(found["n"]))


def test_a_reset_takes_no_longer_for_those_before_it(clone: Clone) -> None:
    """What is deleted stays in a table's file until it is vacuumed, and every reset reads the whole file."""
    lengths, order = [], clone.fetch("SELECT word FROM plain")
    for _ in range(40):
        clone.execute("DELETE FROM plain WHERE id = 1")
        clone.execute("INSERT INTO plain (word) SELECT repeat('x', 60) FROM generate_series(1, 500)")
        clone.execute("INSERT INTO typed (number) SELECT n FROM generate_series(1, 500) AS n")
        clone.reset()
        lengths.append(max(length(clone, "plain"), length(clone, "typed")))
        assert clone.fetch("SELECT word FROM plain") == order

    assert max(lengths[20:]) <= max(lengths[:20]) < 3 * SPARE_BYTES


def test_after_any_resets_new_rows_come_after_the_templates(clone: Clone, app: psycopg2.extensions.connection) -> None:
    """Were there room before them, an unordered query would answer otherwise on the side whose file was shortened."""
    grow = "INSERT INTO plain (word) SELECT repeat('x', 60) FROM generate_series(1, 5000)"
    clone.execute("DELETE FROM plain WHERE id = 1")
    for _ in range(2):
        clone.execute(grow)
        clone.reset()
    with app, app.cursor() as cursor:
        cursor.execute("INSERT INTO plain (word) VALUES ('new')")

    assert [row["word"] for row in clone.fetch("SELECT word FROM plain")] == ["one", "two", None, "new"]


def test_who_reads_for_long_only_puts_the_shortening_off(clone: Clone, app: psycopg2.extensions.connection) -> None:
    def seconds_of_a_reset() -> float:
        clone.execute("INSERT INTO plain (word) SELECT repeat('x', 60) FROM generate_series(1, 20000)")
        begun = time.monotonic()
        clone.reset()
        return time.monotonic() - begun

    app.cursor().execute("SELECT count(*) FROM plain")
    assert seconds_of_a_reset() < PATIENCE_SECONDS
    assert length(clone, "plain") > SPARE_BYTES
    app.rollback()
    seconds_of_a_reset()
    assert length(clone, "plain") == PAGE


def test_a_role_without_the_right_is_told_what_reset_needs(embedded: Address) -> None:
    with connected(embedded) as connection, connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS maker; CREATE ROLE maker LOGIN CREATEDB PASSWORD 'x'")
    server = Server(Address.parse(embedded.url().replace(f"{embedded.user}:{embedded.password}", "maker:x")))
    try:
        server.build_template(fill)
        with server.clone("x") as clone:
            clone.execute("DELETE FROM plain")
            with pytest.raises(CouldNotRunError, match="session_replication_role"):
                clone.reset()
    finally:
        server.close()
