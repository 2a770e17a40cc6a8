"""Plays every plant and says of each whether it was found as it must be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from compare.errors import CompareError, UsageError
from compare.findings import Group
from compare.postgres import fill, running_server
from compare.selftest.engine import playing
from compare.selftest.pairs import check_installed, config_of
from compare.selftest.plant import Plant
from compare.selftest.plants import PLANTS
from compare.selftest.result import Result

Judge = Callable[[Plant], tuple[Group, ...]]


def choose_plants(only: str | None) -> tuple[Plant, ...]:
    """The plants whose name, code or layer holds a text. UsageError if there is none."""
    wanted = (only or "").lower()
    chosen = tuple(
        plant for plant in PLANTS if any(wanted in text.lower() for text in (plant.name, plant.code, plant.layer))
    )
    if not chosen:
        raise UsageError(
            f"No plant has {only!r} in its name, code or layer. compare selftest without --only plays all."
        )
    return chosen


def play_all(
    plants: Sequence[Plant], tell: Callable[[Result], None], database_url: str | None = None
) -> tuple[Result, ...]:
    """Play plants on clones of the harbour; `tell` hears of each result at once.

    Raises:
        CouldNotRunError: what the apps need is not installed, or the database or an app does not start.
    """
    check_installed()
    with running_server(database_url) as server:
        server.build_template(partial(fill, config_of("plain", database_url)))
        with playing(server, database_url) as play:
            return checked(plants, lambda plant: play(plant).groups, tell)


def checked(plants: Sequence[Plant], judge: Judge, tell: Callable[[Result], None]) -> tuple[Result, ...]:
    """What a judge makes of each plant. A plant that cannot be played is a result, too."""
    results = []
    for plant in plants:
        begun = time.monotonic()
        groups: tuple[Group, ...] = ()
        failure = ""
        try:
            groups = judge(plant)
        except CompareError as error:
            failure = str(error)
        results.append(Result(plant, groups, time.monotonic() - begun, failure))
        tell(results[-1])
    return tuple(results)
