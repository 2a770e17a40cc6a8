"""The lockstep engine on the self-test's pairs: a plant in, its recording with the groups out."""

from __future__ import annotations

import copy
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError
from compare.selftest.pairs import config_of
from compare.selftest.recording import recorded
from compare.verdict import coverage
from compare.verdict.learned import template
from compare.verdict.record import Context
from compare.verdict.run import Run
from compare.verdict.sides import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.config import Config
    from compare.postgres import Server
    from compare.selftest.plant import PairName, Plant
    from compare.selftest.recording import Recording
    from compare.verdict.learned import Template
    from compare.verdict.sides import Sides

LINGERING = 1.2  # seconds after which the apps have given back what a plant left open


@contextmanager
def playing(server: Server, database_url: str | None = None) -> Iterator[Callable[[Plant], Recording]]:
    """Plays plants: starts a pair when the first plant asks for it, and resets its databases for each.

    The calls raise CouldNotRunError where a pair does not start or dies, UsageError where a plant's steps do not hold.
    """
    with ExitStack() as stack:
        pairs: dict[PairName, tuple[Config, Sides, Template]] = {}
        down: dict[PairName, CouldNotRunError] = {}

        def play(plant: Plant) -> Recording:
            if plant.pair in down:  # it would not start for the next plant either
                raise down[plant.pair]
            if plant.pair not in pairs:
                config = config_of(plant.pair, database_url)
                try:
                    sides = stack.enter_context(opened(server, config, config.sides))
                except CouldNotRunError as error:
                    down[plant.pair] = error
                    raise
                pairs[plant.pair] = config, sides, stack.enter_context(template())
            recording = played(plant, *pairs[plant.pair])
            if plant.lingers:
                time.sleep(LINGERING)
            return recording

        yield play


def played(plant: Plant, config: Config, sides: Sides, known: Template) -> Recording:
    """Play one plant on a pair that is up, on data as the template has it."""
    fresh = sides.fresh()
    with closing(Run.of(config, fresh, [plant.scenario], lambda _event: None, known=known)) as run:
        run.record.keep = True
        before = copy.deepcopy(run.record.judge)
        routes = [side.subject.routes for side in fresh.both]
        for route, difference in coverage.table_differences(routes[0], routes[1]):
            run.record.add([difference], Context(route))
        run.play([plant.scenario])
        run.settle()
        return recorded(before, run)
