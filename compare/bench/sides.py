"""Both apps on clones of their own, as everything starts that sends them load."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from compare.bench.gauge import gauging
from compare.bench.result import SIDES
from compare.postgres import fill, running_server
from compare.process import scratch
from compare.subjects import checked_out, started
from compare.verdict.events import Stage
from compare.verdict.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from compare.config import Config, SideName
    from compare.postgres import Server
    from compare.verdict.events import Listener


@dataclass(frozen=True)
class Running:
    """Both apps while they are up.

    Attributes:
        config: with the checkouts of what is named by a ref.
        gauges: the folder in which each side shows its gauges.
    """

    config: Config
    sides: Mapping[SideName, Side]
    gauges: Mapping[SideName, Path]


@contextmanager
def running(config: Config, listener: Listener) -> Iterator[Running]:
    """The server, the template, two clones and two apps until the block ends.

    Raises:
        CouldNotRunError: the database, the set-up or an app does not start.
    """
    with checked_out(config) as taken:
        listener(Stage("starting PostgreSQL"))
        with running_server(config.database.url) as server:
            listener(Stage("building the template database"))
            server.build_template(partial(fill, taken))
            listener(Stage("starting both apps"))
            with opened(server, taken) as both:
                yield both


@contextmanager
def opened(server: Server, config: Config) -> Iterator[Running]:
    """Both sides; of compare's nothing but the gauges is inside them."""
    with ExitStack() as stack:
        sides: dict[SideName, Side] = {}
        gauges: dict[SideName, Path] = {}
        for name in SIDES:
            side = config.side(name)
            clone = stack.enter_context(server.clone(f"bench {name}")) if side.on_clone else None
            folder = stack.enter_context(scratch())
            inside = gauging(side, folder) if config.probe else {}
            subject = stack.enter_context(started(side, None if clone is None else clone.address, env=inside))
            gauges[name] = folder
            sides[name] = Side.of(subject, clone, patience=config.limits.request)
        yield Running(config, sides, gauges)
