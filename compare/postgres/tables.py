"""What stands in a database: tables, their columns, the sequences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2
from psycopg2.extensions import quote_ident


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: As it stands in the catalogue.
        type: PostgreSQL's own text for the type, such as `numeric(12,2)`.
        sequence: "schema.name" of the sequence that fills it (identity, serial, or a default of nextval); else None.
        generated: Whether it is computed from other columns, so that nobody may write it.
    """

    name: str
    type: str
    sequence: str | None = None
    generated: bool = False


@dataclass(frozen=True)
class Table:
    """An ordinary or partitioned table of the application.

    Attributes:
        schema: As it stands in the catalogue.
        name: As it stands in the catalogue.
        columns: In their physical order.
        primary_key: Names of the key's columns in the key's order; empty without one.
        partitioned: Whether the rows live in partitions.
    """

    schema: str
    name: str
    columns: tuple[Column, ...] = field(repr=False)
    primary_key: tuple[str, ...] = field(repr=False)
    partitioned: bool = field(default=False, repr=False)

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    def sql(self, connection: Connection) -> str:
        """The quoted name for a FROM clause. ONLY where there are no partitions: an heir's rows are the heir's."""
        return self.name_in(connection) if self.partitioned else f"ONLY {self.name_in(connection)}"

    def name_in(self, connection: Connection) -> str:
        """The quoted name."""
        return f"{quote_ident(self.schema, connection)}.{quote_ident(self.name, connection)}"


# Tables of an extension are its business. Temporary and foreign tables are not the application's committed state.
_OURS = r"""
    n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend e
                     WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
"""

# The sequence behind a column: owned by it (identity, serial), or named by the nextval in its default.
_COLUMNS = f"""
    SELECT n.nspname, c.relname, c.relkind = 'p', a.attname, format_type(a.atttypid, a.atttypmod),
           (SELECT sn.nspname || '.' || s.relname
              FROM pg_depend d
              JOIN pg_class s ON s.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
              JOIN pg_namespace sn ON sn.oid = s.relnamespace
             WHERE s.relkind = 'S'
               AND (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                    AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                 OR d.classid = 'pg_attrdef'::regclass AND d.objid = def.oid AND d.refclassid = 'pg_class'::regclass)
             ORDER BY d.classid = 'pg_attrdef'::regclass DESC LIMIT 1),
           a.attgenerated <> '',
           array_position(i.indkey::int2[], a.attnum)
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef def ON def.adrelid = c.oid AND def.adnum = a.attnum
      LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE {{where}} AND {_OURS}
     ORDER BY {{order}}, a.attnum
"""  # noqa: S608 - put together from this file's own constants

_SEQUENCES = f"""
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND {_OURS} ORDER BY 1, 2
"""  # noqa: S608 - put together from this file's own constants


def whole_tables(connection: Connection) -> tuple[Table, ...]:
    """Tables as the application sees them: a partitioned one is one table."""
    return _tables(connection, "c.relkind IN ('r', 'p') AND NOT c.relispartition")


def stored_tables(connection: Connection) -> tuple[Table, ...]:
    """Tables as rows are stored: the leaves of a partitioned one, not its roof."""
    return _tables(connection, "c.relkind = 'r'")


def materialized_views(connection: Connection) -> tuple[Table, ...]:
    """Materialised views that hold data, each before those that may be built on it."""
    return _tables(connection, "c.relkind = 'm' AND c.relispopulated", order="c.oid")


def table_sizes(connection: Connection, tables: Sequence[Table]) -> dict[Table, int]:
    """How many bytes the rows of each table take on disk, with those that are dead and the room that they left."""
    if not tables:
        return {}
    with connection.cursor() as cursor:
        names = [table.name_in(connection) for table in tables]
        cursor.execute(
            "SELECT pg_relation_size(name::regclass) FROM unnest(%s) WITH ORDINALITY AS t (name, n) ORDER BY n",
            (names,),
        )
        return {table: int(size) for table, (size,) in zip(tables, cursor.fetchall(), strict=True)}


def _tables(connection: Connection, where: str, order: str = "n.nspname, c.relname") -> tuple[Table, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS.format(where=where, order=order))
        found = cursor.fetchall()
    tables = []
    for (schema, name, partitioned), group in groupby(found, key=lambda row: row[:3]):
        rows = list(group)
        key = sorted((position, column) for *_, column, _, _, _, position in rows if position is not None)
        columns = tuple(
            Column(column, type_, sequence, generated) for *_, column, type_, sequence, generated, _ in rows
        )
        tables.append(Table(schema, name, columns, tuple(column for _, column in key), partitioned))
    return tuple(tables)


@dataclass(frozen=True)
class SequenceState:
    """Where a sequence stands: `last_value`, and whether it was handed out already."""

    last_value: int
    is_called: bool


def sequence_states(connection: Connection) -> dict[tuple[str, str], SequenceState]:
    """The state of every sequence by (schema, name)."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        names = [(str(schema), str(name)) for schema, name in cursor.fetchall()]
        if not names:
            return {}
        reads = (
            f"SELECT last_value, is_called FROM {quote_ident(schema, connection)}.{quote_ident(name, connection)}"  # noqa: S608 - quoted names
            for schema, name in names
        )
        cursor.execute(" UNION ALL ".join(f"({read})" for read in reads))
        return {name: SequenceState(*state) for name, state in zip(names, cursor.fetchall(), strict=True)}
