"""The small pair of the tests, running, for the benchmarks that send requests to it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from compare.config import Config, load
from compare.postgres import Server, fill, running_server
from compare.traffic import Scenario, load_scenarios
from compare.verdict.sides import Sides, opened

PAIR = Path(__file__).parents[1] / "compare" / "pair"


@contextmanager
def pair_running(**changes: object) -> Iterator[tuple[Config, Sides, Server]]:
    """Both apps on clones of their template, on a server of their own."""
    config = load(PAIR / "compare.toml", changes)
    with running_server(None) as server:
        server.build_template(partial(fill, config))
        with opened(server, config, config.sides) as sides:
            yield config, sides, server


def scenario_named(name: str) -> Scenario:
    """One of the pair's own scenarios."""
    found = load_scenarios([*(PAIR / "scenarios").glob("*.yaml")])
    return next(one for one in found if one.name == name)


def closed(sides: Sides) -> None:
    """Close the clients of sides that nothing was played on."""
    for side in sides.both:
        asyncio.run(side.client.aclose())
