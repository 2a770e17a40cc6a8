"""What several tests of compare stand on: one embedded server a session, a template and clones a module."""

from collections.abc import Iterator

import pytest

from compare.postgres import Address, Server
from compare.postgres.embedded import embedded_server

from .probed.serving import Probed, probed


@pytest.fixture(scope="session")
def embedded() -> Iterator[Address]:
    """The maintenance database of one embedded server for the whole session."""
    with embedded_server() as address:
        yield address


@pytest.fixture(scope="module")
def server(embedded: Address) -> Iterator[Server]:
    """A server with room for the module's own template; its databases are dropped after the module."""
    server = Server(embedded)
    yield server
    server.close()


@pytest.fixture(scope="session")
def threaded(embedded: Address) -> Iterator[Probed]:
    """The small app on psycopg2 in threads, with a probe inside."""
    with probed(embedded, "threaded") as app:
        yield app


@pytest.fixture(scope="session")
def looped(embedded: Address) -> Iterator[Probed]:
    """The small app on asyncpg, with a probe inside."""
    with probed(embedded, "looped") as app:
        yield app
