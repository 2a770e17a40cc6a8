"""PostgreSQL's log of a clone, read as a stream: every committed transaction with its exact rows.

The slot is temporary, so it goes with its connection, however compare ends. It has to be made before the apps start,
since making one waits for every writing transaction in the whole server. Not in the log: unlogged tables, sequences.
"""

from __future__ import annotations

import secrets
import select
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import quote_ident
from psycopg2.extras import LogicalReplicationConnection

from compare.errors import CouldNotRunError
from compare.postgres.connection import APPLICATION_NAME, open_connection
from compare.postgres.pgoutput import Decoder
from compare.postgres.reset import first_line
from compare.postgres.tables import Table, whole_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function
    from psycopg2.extras import ReplicationCursor

    from compare.postgres.address import Address
    from compare.postgres.clone import Clone
    from compare.postgres.commits import Commit

PREFIX = "compare"
FIRST_WITH_ROOTS = 130_000  # the server version from which on partitions are told as their table
FIRST_WITH_GENERATED = 180_000  # from which on a whole old row must not hold a generated column that is not published
WAIT_SECONDS = 30.0  # a long transaction of the app's has to be decoded first
GONE_SECONDS = 5.0
# A walsender may sleep over what was just flushed, until the next record of anybody (seen with PostgreSQL 18, one time
# in a few hundred, for up to 15 s). Hearing from its client, it looks again.
NUDGE_SECONDS = 0.02
AT_ONCE_SECONDS = 0.005
PAGE, HEADERS = 8192, (24, 40)  # bytes; of the log's pages, and of the header of each and of a segment's first
LOOK_SECONDS = 0.02

# Values are to read as they do in `Clone.rows`; and nobody is there to answer keepalives between two requests.
OPTIONS = (
    "-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1"
    " -c wal_sender_timeout=0 -c statement_timeout=0"
)
_ABLE = """
    SELECT current_setting('wal_level'), current_setting('server_version_num')::int,
           (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
           current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
           current_setting('max_wal_senders')::int
             - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender')
"""
_UNIDENTIFIED = r"""
    SELECT format('%I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND c.relreplident <> 'f'
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 'v'
                                                    AND c.relreplident = 'd')
"""
_PREPARE = """
    PREPARE compare_ends AS
    SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn, pg_current_wal_insert_lsn() - '0/0'::pg_lsn
"""
NEEDED = 2  # slots and senders: one for each side


def followable(clone: Clone) -> str | None:
    """Why the log of a clone cannot be read, in a sentence; None where it can."""
    with closing(open_connection(clone.address)) as connection, connection.cursor() as cursor:
        cursor.execute(_ABLE)
        level, version, may_replicate, superuser, slots, senders = cursor.fetchone() or ("", 0, False, False, 0, 0)
    if level != "logical":
        return f"wal_level of this server is {level}, and logical decoding needs logical"
    if version < FIRST_WITH_ROOTS:
        return f"this server is PostgreSQL {version // 10_000}, and reading its log needs 13 or newer"
    if not may_replicate:
        return f"the role {clone.address.user} lacks REPLICATION"
    if not superuser:
        return f"the role {clone.address.user} is no superuser, so it may not publish all tables"
    if min(slots, senders) < NEEDED:
        return f"this server has {slots} replication slots and {senders} senders left, and {NEEDED} are needed"
    return None


class Log:
    """What is committed in a clone, from the moment on when the log was opened. One thread at a time."""

    def __init__(self, cursor: ReplicationCursor, own: Connection) -> None:
        self._cursor = cursor
        self._own = own
        self._asking = own.cursor()
        self._asking.execute(_PREPARE)  # asked with every request
        self._tables: dict[tuple[str, str], Table] = {}
        self._decoder = Decoder(self._known)
        self._found: list[Commit] = []

    def since(self, within: float = WAIT_SECONDS) -> tuple[Commit, ...]:
        """Every transaction that was committed since the last call; none is missing.

        Raises:
            CouldNotRunError: The server does not pass its log on within so many seconds, or is gone.
        """
        found = self._until(within)
        if found is None:
            raise CouldNotRunError(
                f"The database server did not pass on its log within {within:g} s. Is a transaction of very "
                "many rows under way, or the machine overloaded?"
            )
        return found

    def since_at_once(self) -> tuple[Commit, ...] | None:
        """As `since`, where that takes a few milliseconds at most; else None, and nothing is lost."""
        return self._until(AT_ONCE_SECONDS)

    def adopt_new_tables(self) -> None:
        """Give tables that were made meanwhile an identity, without which PostgreSQL refuses their deletes."""
        identify(self._own)
        self._tables.clear()

    def _until(self, within: float) -> tuple[Commit, ...] | None:
        """Read up to where the log ends now. None if that is not reached within so many seconds."""
        deadline = time.monotonic() + within
        try:
            end = self._end()
            while not self._read(end, deadline):
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                if not select.select([self._cursor], [], [], min(left, NUDGE_SECONDS))[0]:
                    self._cursor.send_feedback(reply=True, force=True)  # type: ignore[no-untyped-call] # in its stubs
            self._cursor.send_feedback(flush_lsn=end)  # type: ignore[no-untyped-call] # as above
        except psycopg2.Error as error:
            raise CouldNotRunError(f"The database server stopped passing on its log: {first_line(error)}.") from error
        found, self._found = tuple(self._found), []
        return found

    def _end(self) -> int:
        """A place in the log before which all stands that was committed by now, and that the server passes on."""
        flushed, inserted = self._ends()
        # A new page begins with a header, which nothing flushes before the first record is there.
        if inserted != flushed and not (flushed % PAGE == 0 and inserted - flushed in HEADERS):
            self._asking.execute("SELECT pg_logical_emit_message(true, %s, '')", (PREFIX,))  # its commit flushes it all
            flushed, _ = self._ends()
        return flushed

    def _ends(self) -> tuple[int, int]:
        """Up to where the log is flushed, and up to where it is written."""
        self._asking.execute("EXECUTE compare_ends")
        flushed, inserted = self._asking.fetchone() or (0, 0)
        return int(flushed), int(inserted)

    def _read(self, end: int, deadline: float) -> bool:
        """Take what has come, as long as there is time; whether that is everything before this place."""
        while (message := self._cursor.read_message()) is not None:
            commit = self._decoder.feed(message.payload)
            if commit is not None and (commit.changes or commit.more):
                self._found.append(commit)
            if time.monotonic() >= deadline:
                return False
        # What the server told last: where it has read to, or the end of the transaction that it sent.
        return int(self._cursor.wal_end) >= end

    def _known(self, schema: str, name: str) -> Table | None:
        """A table as it is defined now."""
        if (schema, name) not in self._tables:
            self._tables = {(table.schema, table.name): table for table in whole_tables(self._own)}
        return self._tables.get((schema, name))


@contextmanager
def followed(clone: Clone) -> Iterator[Log]:
    """The log of a clone from now on, until the block ends.

    Raises:
        CouldNotRunError: The server refuses; `followable` says beforehand whether it will.
    """
    name = f"{PREFIX}_{secrets.token_hex(6)}"
    with ExitStack() as stack:
        try:
            own = stack.enter_context(closing(open_connection(clone.address)))
            identify(own)
            with own.cursor() as cursor:
                cursor.execute("SET synchronous_commit = local")  # so that a commit of ours flushes
                options = "publish_via_partition_root"
                if own.server_version >= FIRST_WITH_GENERATED:
                    options += ", publish_generated_columns = stored"
                cursor.execute(f"CREATE PUBLICATION {quote_ident(name, own)} FOR ALL TABLES WITH ({options})")
            stack.callback(_unpublish, own, name)
            replication = stack.enter_context(closing(_replication(clone.address)))
            stack.callback(_until_gone, own, name)
            stack.callback(replication.close)
            reading: ReplicationCursor = replication.cursor()
            reading.execute(f"CREATE_REPLICATION_SLOT {name} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT")
            reading.start_replication(
                slot_name=name,
                decode=False,
                options={"proto_version": "1", "publication_names": name},
            )
        except psycopg2.Error as error:
            raise CouldNotRunError(f"The database server refuses to pass on its log: {first_line(error)}.") from error
        yield Log(reading, own)


def identify(connection: Connection) -> None:
    """Let updates and deletes carry the whole old row: tables without a key could not delete at all otherwise.

    A table with a column that is computed when it is read keeps its key as identity: PostgreSQL refuses the rest.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNIDENTIFIED)
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {name} REPLICA IDENTITY FULL")


def _replication(address: Address) -> LogicalReplicationConnection:
    options: dict[str, Any] = {
        **dict(address.options),
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password or None,
        "dbname": address.database,
        "application_name": APPLICATION_NAME,
        "client_encoding": "UTF8",
        "options": OPTIONS,
    }
    opened: LogicalReplicationConnection = psycopg2.connect(connection_factory=LogicalReplicationConnection, **options)
    return opened


def _unpublish(own: Connection, name: str) -> None:
    with suppress(psycopg2.Error), own.cursor() as cursor:  # the database is dropped next
        cursor.execute(f"DROP PUBLICATION IF EXISTS {quote_ident(name, own)}")


def _until_gone(own: Connection, name: str) -> None:
    """Wait for the slot's end: a database with one in use cannot be dropped."""
    deadline = time.monotonic() + GONE_SECONDS
    with suppress(psycopg2.Error), own.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", (name,))
            if cursor.fetchone() == (0,):
                return
            cursor.execute(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s AND"
                " active_pid IS NOT NULL",
                (name,),
            )
            time.sleep(LOOK_SECONDS)
