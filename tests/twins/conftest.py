"""The plain app and the fast one, on databases that are the same."""

from collections.abc import Iterator

import pytest

from compare.postgres import Server
from tests.side_by_side import FAST, PLAIN, Pair, filled_server, paired


@pytest.fixture(scope="module")
def filled() -> Iterator[Server]:
    """A server with the sample data."""
    with filled_server() as server:
        yield server


@pytest.fixture(scope="module")
def apps(filled: Server) -> Iterator[Pair]:
    """The plain app and the fast one."""
    with paired(filled, PLAIN, FAST, zone="Europe/Berlin") as pair:
        yield pair


@pytest.fixture
def pair(apps: Pair) -> Pair:
    """Both apps, their databases as they were in the beginning."""
    apps.reset()
    return apps
