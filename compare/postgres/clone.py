"""A copy of the template for one side: what is committed in it, and the way back to the template's state."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2
from psycopg2.extensions import quote_ident
from psycopg2.extras import RealDictCursor

from compare.errors import CouldNotRunError
from compare.postgres.address import Address
from compare.postgres.connection import APPLICATION_NAME, open_connection
from compare.postgres.definitions import fingerprint
from compare.postgres.pristine import Pristine
from compare.postgres.reset import Restorer, first_line
from compare.postgres.tables import Table, sequence_states, whole_tables

ROWS_A_ROUND = 2_000

_BUSY = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_type = 'client backend'
                      AND application_name <> %s AND coalesce(state, '') NOT IN ('idle', 'disabled'))
"""


class Clone:
    """One database, made from the template. Safe to use from several threads; one statement at a time.

    Attributes:
        address: For the app that is to use it.
    """

    def __init__(self, address: Address, pristine: Callable[[], Pristine]) -> None:
        self.address = address
        self._lock = threading.RLock()
        self._open: Connection | None = None
        self._restorer = Restorer(self._connected, pristine)
        self._definitions = fingerprint(self._connected())

    def tables(self) -> tuple[Table, ...]:
        """The user's tables of all schemas but the system's, by schema and name; a partitioned table is one."""
        with self._lock:
            return whole_tables(self._connected())

    def rows(self, table: Table) -> Iterator[tuple[str | None, ...]]:
        """Every committed row, in primary-key order or as stored, each value as PostgreSQL's own text; None is NULL.

        Read through a cursor on the server over a connection of its own, with fixed settings (UTC, ISO dates, hex
        bytea).
        """
        with closing(open_connection(self.address)) as connection:
            connection.autocommit = False
            columns = ", ".join(f"{quote_ident(column.name, connection)}::text" for column in table.columns)
            order = ", ".join(quote_ident(name, connection) for name in table.primary_key)
            if not order and not table.partitioned:
                order = "ctid"
            query = f"SELECT {columns} FROM {table.sql(connection)}" + (f" ORDER BY {order}" if order else "")  # noqa: S608 - quoted names
            with connection.cursor(name="rows") as cursor:
                cursor.itersize = ROWS_A_ROUND
                cursor.execute(query)
                yield from cursor

    def digest(self, table: Table) -> str:
        """A text that two tables share if they hold the same rows, in whatever order; computed in the server."""
        with self._lock, (connection := self._connected()).cursor() as cursor:
            row = 'ROW("row under digest".*)::text'
            cursor.execute(
                f"SELECT count(*), sum(hashtextextended({row}, 0)), sum(hashtextextended({row}, 1))"  # noqa: S608 - quoted names
                f' FROM {table.sql(connection)} AS "row under digest"',
            )
            (count, *sums) = cursor.fetchone() or (0,)
        return f"{count} rows {':'.join(str(total) for total in sums)}"

    def horizon(self) -> int:
        """The id that the next transaction will have: all that is committed now has lower ones."""
        (row,) = self.fetch("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next")
        return int(str(row["next"]))

    def writer(self, table: Table, row: Sequence[str | None]) -> int | None:
        """The id (its lower 32 bits) of the transaction that wrote a row as `rows` gives it; None if it is gone."""
        values = {column.name: value for column, value in zip(table.columns, row, strict=True)}
        names = table.primary_key or tuple(values)
        with self._lock, (connection := self._connected()).cursor() as cursor:
            where = " AND ".join(f"{quote_ident(name, connection)}::text IS NOT DISTINCT FROM %s" for name in names)
            query = f"SELECT xmin::text FROM {table.sql(connection)} WHERE {where} LIMIT 1"  # noqa: S608 - quoted names
            cursor.execute(query, [values[name] for name in names])
            found = cursor.fetchone()
        return int(found[0]) if found else None

    def holds(self, table: Table, column: str, value: object) -> bool:
        """Whether any committed row of a table has this value in a column."""
        with self._lock, (connection := self._connected()).cursor() as cursor:
            name = quote_ident(column, connection)
            cursor.execute(f"SELECT 1 FROM {table.sql(connection)} WHERE {name} = %s LIMIT 1", (value,))  # noqa: S608 - quoted names
            return cursor.fetchone() is not None

    def sequences(self) -> dict[str, int | None]:
        """The last value that each sequence ("schema.name") handed out; None if it never did."""
        with self._lock:
            states = sequence_states(self._connected())
        return {
            f"{schema}.{name}": state.last_value if state.is_called else None
            for (schema, name), state in states.items()
        }

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no connection but ours is at work or in a transaction; False if `timeout` seconds pass before."""
        deadline = time.monotonic() + timeout
        pause = 0.001
        while True:
            with self._lock, self._connected().cursor() as cursor:
                cursor.execute(_BUSY, (APPLICATION_NAME,))
                if cursor.fetchone() == (False,):
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    def reset(self) -> None:
        """Put tables and sequences back to the template's state; connections of the app stay open.

        Only what changed since the clone was made or last reset is touched. A connection that has a transaction open
        with changes in it, or that holds a lock in the way, is ended. Left alone: tables and sequences made since;
        large objects; what a session holds (advisory locks, cached sequence values, temporary tables).

        Raises:
            CouldNotRunError: A table was dropped or altered, or the role may not set session_replication_role.
        """
        with self._lock:
            self._restorer.reset()

    def altered(self) -> bool:
        """Whether tables, functions or settings are defined otherwise than in the template: no reset mends that."""
        return self.definitions() != self._definitions

    def definitions(self) -> str:
        """A text that changes with any definition in the database and with the database's own settings."""
        with self._lock:
            return fingerprint(self._connected())

    def execute(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> None:
        """Run one statement, committed at once."""
        with self._lock, self._connected().cursor() as cursor:
            cursor.execute(sql, params or None)

    def fetch(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, object]]:
        """Run one query; its rows by column name."""
        with self._lock, self._connected().cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(sql, params or None)
            return [dict(row) for row in cursor.fetchall()]

    def close(self) -> None:
        """Close compare's own connection."""
        if self._open is not None:
            self._open.close()

    def _connected(self) -> Connection:
        """Our connection, opened anew where somebody ended it: an app's test may end every connection it sees."""
        if self._open is not None:
            try:
                with self._open.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except psycopg2.Error:
                self._open.close()
            else:
                return self._open
        try:
            self._open = open_connection(self.address)
        except psycopg2.Error as error:
            raise CouldNotRunError(f"The database server does not answer any more: {first_line(error)}.") from error
        return self._open
