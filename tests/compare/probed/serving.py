"""The small apps, served with a probe inside on a database of their own."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from compare.config import SideConfig
from compare.postgres import Address, Server
from compare.postgres.clone import Clone
from compare.postgres.connection import connected
from compare.subjects import started
from compare.subjects.feed import Feed, ProbeSettings, announced
from compare.subjects.moments import Trace

from .shelf import SCHEMA

ROOT = Path(__file__).parents[3]
WITHIN = 10.0  # far longer than anything takes that comes to rest at all


@dataclass
class Probed:
    """An app, what its probe sees, and its database."""

    base_url: str
    feed: Feed
    clone: Clone
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, path: str, method: str = "GET", **headers: str) -> tuple[str, httpx.Response]:
        """One request; returns its id too."""
        identity = f"r{next(self.numbers)}"
        sent = dict([announced(identity)]) | headers
        with httpx.Client(trust_env=False, timeout=WITHIN) as client:
            return identity, client.request(method, self.base_url + path, headers=sent)

    def trace(self, path: str, method: str = "GET", within: float = WITHIN) -> Trace:
        """What the app did for one request."""
        identity, _ = self.send(path, method)
        return self.feed.trace(identity, within)


@contextmanager
def probed(embedded: Address, app: str) -> Iterator[Probed]:
    """Serve one of the apps until the block ends."""
    server = Server(embedded)
    server.build_template(_fill)
    url = "{sync_url}" if app == "threaded" else "{async_url}"
    side = SideConfig.model_validate(
        {"name": "async", "app": f"tests.compare.probed.{app}:app", "directory": ROOT, "env": {"DATABASE_URL": url}}
    )
    with server.clone(app) as clone, started(side, clone.address, probe=ProbeSettings()) as subject:
        assert subject.feed is not None
        yield Probed(subject.base_url, subject.feed, clone)
    server.close()


def _fill(address: Address) -> None:
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
