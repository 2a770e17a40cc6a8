"""A clone that nobody writes to: what the template holds, readable while the template itself stays closed."""

import io
import threading

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2
from psycopg2.extensions import quote_ident

from compare.postgres.address import Address
from compare.postgres.connection import open_connection
from compare.postgres.tables import Table, materialized_views, sequence_states, stored_tables, table_sizes

KEPT_BYTES = 1 << 20
"""A table whose text is no longer than this is read once and kept for the next reset."""


class Pristine:
    """Safe to use from several threads.

    Attributes:
        tables: Every table that stores rows (the leaves of a partitioned one).
        views: Every materialised view that holds data, each before those built on it.
        counts: How many rows each of all these holds.
        sizes: How many bytes the rows of each table take.
        sequences: The state of each sequence by (schema, name).
    """

    def __init__(self, address: Address) -> None:
        self._lock = threading.Lock()
        self._connection = open_connection(address)
        self._contents: dict[Table, bytes] = {}
        self.tables = stored_tables(self._connection)
        self.views = materialized_views(self._connection)
        self.counts = {table: self._count(table) for table in (*self.tables, *self.views)}
        self.sizes = table_sizes(self._connection, self.tables)
        self.sequences = sequence_states(self._connection)

    def contents(self, table: Table) -> bytes:
        """All rows in the text format of COPY."""
        with self._lock:
            if (kept := self._contents.get(table)) is not None:
                return kept
            buffer = io.BytesIO()
            with self._connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {copied(table, self._connection)} TO STDOUT", buffer)
            contents = buffer.getvalue()
            if len(contents) <= KEPT_BYTES:
                self._contents[table] = contents
            return contents

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _count(self, table: Table) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table.sql(self._connection)}")  # noqa: S608 - a quoted name
            (count,) = cursor.fetchone() or (0,)
        return int(count)


def copied(table: Table, connection: Connection) -> str:
    """The table and those of its columns that can be written, for a COPY statement."""
    name = table.name_in(connection)
    columns = ", ".join(quote_ident(column.name, connection) for column in table.columns if not column.generated)
    return f"{name} ({columns})" if columns else name
