"""Copying a database of the user's: all that is in it, nothing written to it, words where it fails."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from compare.config import load
from compare.errors import CouldNotRunError, UsageError
from compare.postgres import Address, Server, dump, fill
from compare.postgres.connection import open_connection
from compare.postgres.dump import copy
from compare.postgres.installation import Installation, wheel

SCHEMA = """
    CREATE TYPE colour AS ENUM ('red', 'white');
    CREATE TABLE lamps (id serial PRIMARY KEY, colour colour, lit_at timestamptz DEFAULT now(), note text);
    INSERT INTO lamps (colour, note) VALUES ('red', 'é'), ('white', NULL);
    CREATE MATERIALIZED VIEW lit AS SELECT count(*) AS lamps FROM lamps;
    CREATE FUNCTION lights() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM lamps';
    ALTER DATABASE {name} SET default_transaction_read_only = on;
"""


def run(address: Address, sql: str) -> list[tuple[object, ...]]:
    """The rows of the last statement."""
    with closing(open_connection(address)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def database(embedded: Address, name: str, sql: str = "") -> Iterator[Address]:
    """A database of its own, filled."""
    run(embedded, f"CREATE DATABASE {name}")
    try:
        if sql:
            run(embedded.on(name), sql)
        yield embedded.on(name)
    finally:
        run(embedded, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def live(embedded: Address) -> Iterator[Address]:
    """The user's database. Whoever writes to it without meaning to is refused."""
    with database(embedded, "live", SCHEMA.format(name="live")) as address:
        yield address


@pytest.fixture
def target(embedded: Address) -> Iterator[Address]:
    """An empty database."""
    with database(embedded, "target") as address:
        yield address


def refusal(url: str, target: Address) -> str:
    """The message with which this database is not copied; it never shows the password."""
    with pytest.raises(CouldNotRunError) as caught:
        copy(url, target, embedded=True)
    assert target.password not in str(caught.value) + caught.value.details
    return str(caught.value)


def test_rows_types_functions_views_and_sequences_are_copied(live: Address, target: Address) -> None:
    copy(live.url("asyncpg"), target, embedded=True)

    query = "SELECT id, colour::text, lit_at, note FROM lamps ORDER BY id"
    assert run(target, query) == run(live, query)
    assert run(target, "SELECT lights(), (SELECT lamps FROM lit)") == [(2, 2)]
    assert run(target, "INSERT INTO lamps (note) VALUES ('new') RETURNING id") == [(3,)]


def test_a_database_in_use_is_copied_as_it_was_committed(live: Address, target: Address) -> None:
    with closing(psycopg2.connect(live.url())) as user, user.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ WRITE")
        cursor.execute("INSERT INTO lamps (note) VALUES ('not yet')")

        copy(live.url(), target, embedded=True)

        assert run(target, "SELECT count(*) FROM lamps") == [(2,)]
        cursor.execute("SELECT count(*) FROM lamps")
        assert cursor.fetchone() == (3,)


def test_a_role_that_may_only_read_is_enough(embedded: Address, live: Address, target: Address) -> None:
    run(embedded, "CREATE ROLE reader LOGIN PASSWORD 'reader-password' IN ROLE pg_read_all_data")
    try:
        copy(live.url().replace(f"{live.user}:{live.password}", "reader:reader-password"), target, embedded=True)
    finally:
        run(embedded, "DROP ROLE reader")

    assert run(target, "SELECT lights()") == [(2,)]


def test_a_table_that_is_locked_for_long_is_named(
    live: Address, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "_DUMP", [*dump._DUMP, "--lock-wait-timeout=100"])  # noqa: SLF001 - 30 s are too long here
    with closing(psycopg2.connect(live.url())) as user, user.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ WRITE")
        cursor.execute("LOCK TABLE lamps IN ACCESS EXCLUSIVE MODE")

        message = refusal(live.url(), target)

    assert "cannot be read" in message
    assert "lamps" in message


def test_an_extension_that_the_server_has_not_is_named(
    live: Address, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "_looked_at", lambda _: (18, ["plpgsql", "postgis"]))

    message = refusal(live.url(), target)

    assert "uses the extension postgis, which the embedded PostgreSQL does not have" in message
    assert "database.url" in message


def test_a_server_that_is_newer_than_every_pg_dump_is_told_so(
    live: Address, target: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dump, "wheel", lambda: Installation(tmp_path, 12))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "the newest pg_dump here is of 12. Put a pg_dump of 18 or newer on PATH" in refusal(live.url(), target)


def test_a_pg_dump_on_path_serves_where_the_wheel_is_missing(
    live: Address, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = wheel().folder / "bin"

    def none() -> Installation:
        raise CouldNotRunError("no wheel")

    monkeypatch.setattr(dump, "wheel", none)
    monkeypatch.setenv("PATH", str(programs))

    copy(live.url(), target, embedded=True)

    assert run(target, "SELECT lights()") == [(2,)]


def test_a_wrong_password_and_an_absent_database_are_told(live: Address, target: Address) -> None:
    wrong = live.url().replace(live.password, "wrong-password")

    message = refusal(wrong, target)
    assert "does not let compare in" in message
    assert "database.copy_from" in message
    assert "wrong-password" not in message
    assert 'database "nowhere" does not exist' in refusal(live.on("nowhere").url(), target)


def test_another_kind_of_database_is_refused(target: Address) -> None:
    with pytest.raises(UsageError, match=r"database\.copy_from: .*mysql"):
        copy("mysql://u:p@h/d", target, embedded=True)


def test_a_role_that_may_not_read_a_table_is_told(embedded: Address, live: Address, target: Address) -> None:
    run(embedded, "CREATE ROLE guest LOGIN PASSWORD 'guest-password'")
    try:
        guest = live.url().replace(f"{live.user}:{live.password}", "guest:guest-password")
        message = refusal(guest, target)
    finally:
        run(embedded, "DROP ROLE guest")

    assert "permission denied for table lamps" in message
    assert "guest-password" not in message


def test_set_up_commands_run_on_top_of_the_copy(live: Address, server: Server, tmp_path: Path) -> None:
    (tmp_path / "more.py").write_text(
        "import os, psycopg2\nwith psycopg2.connect(os.environ['DB']) as c:\n"
        "    c.cursor().execute(\"INSERT INTO lamps (note) VALUES ('more')\")\n"
    )
    (tmp_path / "compare.toml").write_text(
        f'[database]\ncopy_from = "{live.url()}"\nsetup = "python more.py"\nenv = {{ DB = "{{url}}" }}\n'
        '[legacy]\napp = "a:b"\n[async]\napp = "a:b"\n'
    )
    config = load(tmp_path / "compare.toml")

    server.build_template(lambda address: fill(config, address))

    with server.clone("copied") as clone:
        assert clone.fetch("SELECT note FROM lamps ORDER BY id") == [{"note": "é"}, {"note": None}, {"note": "more"}]
    assert run(live, "SELECT count(*) FROM lamps") == [(2,)]


def test_queries_on_the_copy_are_planned_by_what_is_in_it(live: Address, target: Address) -> None:
    with closing(open_connection(live)) as user, user.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute("INSERT INTO lamps (note) SELECT 'é' FROM generate_series(1, 998)")

    copy(live.url(), target, embedded=True)

    assert run(target, "SELECT most_common_vals::text FROM pg_stats WHERE attname = 'note'") == [("{é}",)]
    assert run(target, "SELECT relallvisible > 0 FROM pg_class WHERE relname = 'lamps'") == [(True,)]


def test_the_copy_stays_consistent_while_others_write(live: Address, target: Address) -> None:
    over = threading.Event()

    def write() -> None:
        with closing(psycopg2.connect(live.url())) as user, user.cursor() as cursor:
            user.set_session(readonly=False, autocommit=True)
            while not over.is_set():
                cursor.execute("INSERT INTO lamps (note) VALUES ('a'), ('b')")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copy(live.url(), target, embedded=True)
    finally:
        over.set()
        writer.join()

    ((count,),) = run(target, "SELECT count(*) FROM lamps")
    assert int(str(count)) % 2 == 0
