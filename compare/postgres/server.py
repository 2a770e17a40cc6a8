"""A server with one template database and its clones."""

import os
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NoReturn

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2
from psycopg2.extensions import quote_ident

from compare.errors import CouldNotRunError
from compare.postgres.address import Address
from compare.postgres.clone import Clone
from compare.postgres.connection import connected
from compare.postgres.embedded import embedded_server
from compare.postgres.pristine import Pristine
from compare.postgres.reset import first_line
from compare.postgres.tables import stored_tables

OLDEST_VERSION = 13  # DROP DATABASE ... WITH (FORCE)
LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names


@contextmanager
def running_server(url: str | None) -> Iterator["Server"]:
    """The server at `url`, or an embedded one that ends with the block.

    On a server of the user's own only databases that are made here are ever touched. They are dropped at the end;
    those that a killed run of this machine left behind are dropped at the next start.

    Raises:
        UsageError: The URL is no PostgreSQL URL.
        CouldNotRunError: The server does not answer or start, refuses the role, is too old, or denies making databases.
    """
    with ExitStack() as stack:
        if url is None:
            address = stack.enter_context(embedded_server())
        else:
            address = Address.parse(url)
            _check(address)
            _drop_abandoned(address)
        server = Server(address)
        stack.callback(server.close)
        yield server


class Server:
    """Makes a template once and clones it as often as asked. Safe to use from several threads.

    Args:
        address: A maintenance database, and a role that may make databases.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._prefix = f"compare_{os.getpid()}_{secrets.token_hex(4)}"
        self._template: str | None = None
        self._pristine: Pristine | None = None
        self._lock = threading.Lock()
        self._made: list[str] = []

    def build_template(self, setup: Callable[[Address], None]) -> None:
        """Make a fresh database, let `setup` fill it, then close it to connections.

        Raises:
            CouldNotRunError: The database cannot be made; and whatever `setup` raises.
        """
        self._forget_template()
        name = self._create("template", None)
        setup(self._address.on(name))
        _keep_plans(self._address.on(name))
        with connected(self._address) as connection, connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {quote_ident(name, connection)} ALLOW_CONNECTIONS false")
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        self._template = name

    def most_connections(self) -> int:
        """How many connections the server grants to roles that are no superuser's, all together."""
        with connected(self._address) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('max_connections')::int"
                " - current_setting('superuser_reserved_connections')::int"
                " - coalesce(current_setting('reserved_connections', true)::int, 0)",  # PostgreSQL 16 and newer
            )
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def clone(self, label: str, source: Clone | None = None) -> Iterator[Clone]:
        """A copy of the template that is dropped at the end of the block, whoever is still connected.

        Args:
            label: Becomes a part of the database's name.
            source: A clone to copy as it is now, in place of the template; nobody may be connected to it. A reset
                still leads back to the template.

        Raises:
            CouldNotRunError: There is no template, or the server refuses to copy it.
        """
        name = self._create(label, self._required_template() if source is None else source.address.database)
        try:
            clone = Clone(self._address.on(name), self._shared_pristine)
            try:
                yield clone
            finally:
                clone.close()
        finally:
            self._drop(name)

    def close(self) -> None:
        """Drop every database that was made here."""
        self._forget_template()
        for name in list(self._made):
            self._drop(name)

    def _required_template(self) -> str:
        if self._template is None:
            raise CouldNotRunError("There is no template to clone; build_template comes first.")
        return self._template

    def _shared_pristine(self) -> Pristine:
        """A clone that nobody writes to, made when the first reset asks for it."""
        with self._lock:
            if self._pristine is None:
                name = self._create("pristine", self._required_template())
                self._pristine = Pristine(self._address.on(name))
            return self._pristine

    def _forget_template(self) -> None:
        self._template = None
        if self._pristine is not None:
            self._pristine.close()
            self._pristine = None

    def _create(self, label: str, template: str | None) -> str:
        suffix = f"_{secrets.token_hex(3)}_{re.sub(r'[^a-z0-9]+', '_', label.lower())}"
        name = (self._prefix + suffix)[:LONGEST_NAME]
        try:
            with connected(self._address) as connection, connection.cursor() as cursor:
                source = f" TEMPLATE {quote_ident(template, connection)}" if template else ""
                self._made.append(name)
                cursor.execute(f"CREATE DATABASE {quote_ident(name, connection)}{source}")
                cursor.execute(f"COMMENT ON DATABASE {quote_ident(name, connection)} IS %s", (_mark(os.getpid()),))
        except psycopg2.Error as error:
            raise CouldNotRunError(f"The database server refuses to make a database: {first_line(error)}.") from error
        return name

    def _drop(self, name: str) -> None:
        with (
            suppress(psycopg2.Error),
            connected(self._address) as connection,
        ):  # a server that is gone keeps nothing of ours
            drop_database(connection, name)
        self._made.remove(name)


def _keep_plans(address: Address) -> None:
    """Let no autovacuum come to the tables: one copy would be planned and laid out otherwise than the other."""
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW autovacuum")
        if cursor.fetchone() == ("off",):
            return
        cursor.execute("SET default_transaction_read_only = off")
        for table in stored_tables(connection):
            with suppress(psycopg2.errors.InsufficientPrivilege):  # the set-up gave it to another role
                cursor.execute(f"ALTER TABLE {table.name_in(connection)} SET (autovacuum_enabled = false)")


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quote_ident(name, connection)} WITH (FORCE)")


def _mark(pid: int) -> str:
    """The comment on a database of ours: which process of which machine it belongs to."""
    return f"made by compare, process {pid} on {socket.gethostname()}"


def _drop_abandoned(address: Address) -> None:
    """Drop databases of this machine's earlier runs that were killed before they could."""
    with suppress(psycopg2.Error), connected(address) as connection:  # tidying up for others must not stop this run
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
                " WHERE datname ~ '^compare_[0-9]+_'",
            )
            found = cursor.fetchall()
        for name, comment in found:
            pid = int(name.split("_")[1])
            if comment == _mark(pid) and not _lives(pid):
                drop_database(connection, name)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _check(address: Address) -> None:
    """Whether the user's server will do. Raises CouldNotRunError."""
    try:
        with connected(address) as connection, connection.cursor() as cursor:
            version = connection.server_version // 10_000
            cursor.execute("SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user")
            may_create = cursor.fetchone() == (True,)
    except psycopg2.Error as error:
        _refused(address, error)
    if version < OLDEST_VERSION:
        raise CouldNotRunError(
            f"The database server at {address} is PostgreSQL {version}; compare needs {OLDEST_VERSION} or newer. "
            "Leave out the database URL for an embedded one.",
        )
    if not may_create:
        raise CouldNotRunError(
            f"The role {address.user!r} may not make databases on {address.host}:{address.port}, which compare needs "
            f"for its copies. Run ALTER ROLE {address.user} CREATEDB there, or leave out the database URL for an "
            "embedded server.",
        )


def _refused(address: Address, error: psycopg2.Error) -> NoReturn:
    raise CouldNotRunError(
        f"The database server at {address} does not let compare in: {first_line(error)}. Check database.url (host, "
        "port, user, password, database), or leave it out for an embedded server.",
    ) from error
