"""Putting a clone back to the template's state while the app stays connected.

What changed is found without triggers or statistics. A row carries the id of the transaction that wrote it (`xmin`),
so rows newer than the last reset are known; old rows that are gone show in the count. Only such tables are restored:
new rows are deleted, and where old ones are missing too, all rows are copied back from a pristine clone.

What is deleted stays in the table's file, and no autovacuum comes, since it would come to one side only: a file that
has grown too long is emptied on the way.
"""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - as above
from psycopg2.extensions import quote_ident

from compare.errors import CouldNotRunError
from compare.postgres.connection import APPLICATION_NAME
from compare.postgres.pristine import Pristine, copied
from compare.postgres.tables import Table, sequence_states, table_sizes

PATIENCE_SECONDS = 2.0
"""How long a transaction of the app may still take, or hold a lock in the way, before its connection is ended."""

PAGE = 8192  # bytes
SPARE_BYTES = 64 * PAGE
"""A table's file may be so much longer than twice its length in the template before it is shortened."""

_WRITING = "backend_xid IS NOT NULL"
_IN_TRANSACTION = "xact_start IS NOT NULL"
_OTHERS = """
    FROM pg_stat_activity
   WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> %s
"""


class Restorer:
    """Knows when a clone was last as the template is, and brings it back there.

    Args:
        connect: Gives a living connection to the clone, in autocommit mode.
        pristine: Gives the state to return to; first called at the first reset.
    """

    def __init__(self, connect: Callable[[], Connection], pristine: Callable[[], Pristine]) -> None:
        self._connect = connect
        self._connection = connect()
        self._pristine = pristine
        self._since = self._transaction_id()

    def reset(self) -> None:
        """Restore what changed since the last time. Raises CouldNotRunError."""
        pristine = self._pristine()
        self._connection = self._connect()
        try:
            self._end_others(_WRITING, PATIENCE_SECONDS)
            try:
                self._restore(pristine)
            except psycopg2.errors.LockNotAvailable:
                self._end_others(_IN_TRANSACTION, 0)
                self._restore(pristine)
        except psycopg2.errors.InsufficientPrivilege as error:
            raise CouldNotRunError(
                f"The database cannot be put back to the template's state: {first_line(error)}. The role needs the "
                "right to set session_replication_role: name a superuser in the database URL, or no URL for an "
                "embedded server.",
            ) from error
        except psycopg2.Error as error:
            raise CouldNotRunError(
                f"The database cannot be put back to the template's state: {first_line(error)}. An app that "
                "changes its tables' definitions while it runs needs a fresh clone instead.",
            ) from error

    def _restore(self, pristine: Pristine) -> None:
        connection = self._connection
        changed = self._changed(pristine)
        now = sequence_states(connection)
        moved = {name: state for name, state in pristine.sequences.items() if now.get(name) != state}
        if not changed and not moved:
            return
        changed |= dict.fromkeys(self._emptied(pristine, changed), True)
        with self._unhindered() as cursor:
            for table in pristine.tables:
                if table in changed:
                    self._restore_rows(table, pristine.contents(table) if changed[table] else None)
            for view in pristine.views:
                if view in changed:
                    cursor.execute(f"REFRESH MATERIALIZED VIEW {view.name_in(connection)}")
            for (schema, name), state in moved.items():
                sequence = f"{quote_ident(schema, connection)}.{quote_ident(name, connection)}"
                cursor.execute("SELECT setval(%s, %s, %s)", (sequence, state.last_value, state.is_called))
            since = self._transaction_id()  # this one's: what it wrote is as old as the template's rows now
        self._since = since

    @contextmanager
    def _unhindered(self) -> Iterator[Cursor]:
        """A transaction in which tables go in any order: to a replica, foreign keys, triggers and rules are silent."""
        connection = self._connection
        connection.autocommit = False
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = %s", (f"{PATIENCE_SECONDS:g}s",))
                cursor.execute("SET LOCAL session_replication_role = replica")
                yield cursor
        finally:
            connection.autocommit = True

    def _changed(self, pristine: Pristine) -> dict[Table, bool]:
        """Tables and views that are not as they were, each with whether rows of the template are gone from it."""
        tables = (*pristine.tables, *pristine.views)
        if not tables:
            return {}
        counts = " UNION ALL ".join(
            f"(SELECT {number}, count(*), count(*) FILTER (WHERE {self._is_new()}) FROM {table.sql(self._connection)})"  # noqa: S608 - quoted names
            for number, table in enumerate(tables)
        )
        with self._connection.cursor() as cursor:
            cursor.execute(counts)
            found = cursor.fetchall()
        changed = {}
        for number, count, new in found:
            table = tables[number]
            missing = count - new != pristine.counts[table]
            if new or missing:
                changed[table] = missing
        return changed

    def _emptied(self, pristine: Pristine, changed: Iterable[Table]) -> list[Table]:
        """Empty the tables whose files have grown long, so that a test is no slower for those before it.

        In a transaction of its own, since VACUUM cuts off only what is empty for everybody; and of all rows: room that
        is left before some of them would be filled first, and an unordered query answer otherwise than before.
        """
        sizes = table_sizes(self._connection, [table for table in pristine.tables if table in changed])
        long = [table for table, size in sizes.items() if size > 2 * pristine.sizes[table] + SPARE_BYTES]
        if not long or not self._wait_for_none(_IN_TRANSACTION, 0):  # whoever reads is in VACUUM's way; another time
            return []
        with self._unhindered() as cursor:
            for table in long:
                cursor.execute(f"DELETE FROM {table.sql(self._connection)}")  # noqa: S608 - a quoted name
        with self._connection.cursor() as cursor:
            for table in long:
                cursor.execute(f"VACUUM (SKIP_LOCKED) {table.name_in(self._connection)}")
        return long

    def _restore_rows(self, table: Table, contents: bytes | None) -> None:
        """Delete all rows and copy `contents` in; without `contents`, delete the new rows."""
        name = table.sql(self._connection)
        with self._connection.cursor() as cursor:
            if contents is None:
                cursor.execute(f"DELETE FROM {name} WHERE {self._is_new()}")  # noqa: S608 - a quoted name
            else:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - a quoted name
                cursor.copy_expert(f"COPY {copied(table, self._connection)} FROM STDIN", io.BytesIO(contents))

    def _is_new(self) -> str:
        """A condition on a row: written after the last reset. Ages, because transaction ids wrap around."""
        return f"age(xmin) < age('{self._since}'::xid)"

    def _transaction_id(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::xid::text")
            (transaction_id,) = cursor.fetchone() or (0,)
        return int(transaction_id)

    def _end_others(self, condition: str, patience: float) -> None:
        """Wait `patience` seconds until no other connection meets the condition, then end those that still do."""
        if self._wait_for_none(condition, patience):
            return
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS} AND {condition}", (APPLICATION_NAME,))
        self._wait_for_none(condition, PATIENCE_SECONDS)

    def _wait_for_none(self, condition: str, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while True:
            with self._connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) {_OTHERS} AND {condition}", (APPLICATION_NAME,))
                if cursor.fetchone() == (0,):
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)


def first_line(error: BaseException) -> str:
    """What a server's error says, without its context."""
    return str(error).strip().partition("\n")[0]
