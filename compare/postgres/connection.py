"""compare's own connections: named, with fixed settings, always closed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2

from compare.postgres.address import Address

APPLICATION_NAME = "compare"
CONNECT_SECONDS = 10

# The text of a value depends on these, so that they are the same for every reading. Row security must not hide rows
# silently.
_SETTINGS = """
    SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
    SET extra_float_digits = 1; SET row_security = off; SET statement_timeout = 0; SET
    idle_in_transaction_session_timeout = 0; SET client_min_messages = 'warning'
"""


def open_connection(address: Address, within: int = CONNECT_SECONDS) -> Connection:
    """Connect in autocommit mode, within so many seconds unless the address says otherwise.

    Raises:
        psycopg2.OperationalError: No connection; the caller knows what it means to the person.
    """
    options: dict[str, Any] = {
        **dict(address.options),
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password or None,
        "dbname": address.database,
        "application_name": APPLICATION_NAME,
        "client_encoding": "UTF8",
    }
    opened: Connection = psycopg2.connect(**{"connect_timeout": within, **options})
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute(_SETTINGS)
    return opened


@contextmanager
def connected(address: Address, within: int = CONNECT_SECONDS) -> Iterator[Connection]:
    """A connection in autocommit mode, closed at the end of the block."""
    opened = open_connection(address, within)
    try:
        yield opened
    finally:
        opened.close()
