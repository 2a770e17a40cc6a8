"""From scenarios to load: which of their requests can be sent again and again, and how.

A scenario runs once, load does not end. For each step it is found out, by doing it on both sides, whether it answers
the same when it is sent alone over and over (a read, a transfer with a fresh key), and where not, which of the steps
before it have to be sent with it each time (an order is made before it is paid). What answers otherwise the second time
however it is sent cannot be measured, and is listed with what it answered.
"""

from __future__ import annotations

import random
import time
import zlib
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from compare.bench.script import Script, Step, token
from compare.errors import CouldNotRunError, UsageError
from compare.traffic import Captured, Missing
from compare.traffic.template import UNIQUE
from compare.verdict.coverage import find_route
from compare.verdict.side import Side, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compare.config import BenchConfig
    from compare.subjects import Routes
    from compare.traffic import Request, Scenario, Values
    from compare.verdict.side import Asked

TIMES = 3  # a step that answers the same so often in a row does so for ever
LONGEST = 6  # steps that are sent together
CANDIDATES = 4  # scenarios that are tried of a route that was asked for
OTHERWISE = 2  # and of any other
DECK = 64  # scripts of the mix, in the proportion of the traffic
GOOD = range(200, 400)
LEFT_OUT = {"host", "content-length", "x-compare-request"}

_numbers = count(1)


@dataclass(frozen=True)
class Seen:
    """What the rehearsal saw of a step.

    Attributes:
        route: as `GET /orders/{id}`; '' where it goes to none, or was not sent.
        status: that both sides answered; None where they did not answer the same.
    """

    route: str
    status: int | None


@dataclass(frozen=True)
class Sample:
    """Where a request of a route stands in the traffic, and from which of its steps on it is sent again and again."""

    route: str
    scenario: Scenario
    start: int
    end: int  # the step itself
    steady: bool = False  # whether its body was the same each time, on each side
    seen: tuple[Seen, ...] = ()  # of each step up to the end

    @property
    def steps(self) -> Sequence[Request]:
        """What is sent together."""
        return self.scenario.steps[self.start : self.end + 1]


@dataclass(frozen=True)
class Workload:
    """What can be measured.

    Attributes:
        samples: by route, those that can be sent again and again.
        weights: how often each route stands in the traffic.
        refused: why other routes cannot be measured, in words.
    """

    samples: Mapping[str, tuple[Sample, ...]]
    weights: Mapping[str, int]
    refused: Mapping[str, str] = field(default_factory=dict)


class Player:
    """Plays steps on one side, for what comes of them."""

    def __init__(self, side: Side) -> None:
        self.side = side.again()

    def begin(self, scenario: Scenario) -> None:
        """A new scenario: its constants, no cookies."""
        self.side.begin(dict(scenario.variables))

    async def play(self, step: Request) -> Asked | None:
        """Send a step, and keep what it captures; None for one that lacks a value."""
        if step.lacks(self.side.values):
            return None
        asked = await self.side.ask(step, Stamp(str(next(_numbers))))
        answer = Captured(asked.answer.headers, asked.answer.body)
        for capture in step.captures:
            try:
                self.side.values[capture.name] = capture.take(answer)
            except Missing:
                self.side.values.pop(capture.name, None)
        return asked

    async def close(self) -> None:
        """Its connections."""
        await self.side.client.aclose()


async def learned(scenarios: Sequence[Scenario], sides: Sequence[Side], options: BenchConfig) -> Workload:
    """Play all the traffic once, and find out of each route how it can be repeated.

    Unless all routes are asked for, those that are asked for come first, then the most frequent; what cannot be tried
    in `options.rehearsal` seconds is left out, and said to be.
    """
    players = [Player(side) for side in sides]
    begun = time.monotonic()
    try:
        places, weights, refused = await _rehearsed(scenarios, players)
        samples: dict[str, tuple[Sample, ...]] = {}
        for route in sorted(places, key=lambda name: name not in options.routes):  # stable: most frequent first
            wanted = options.full or route in options.routes
            if not wanted and time.monotonic() - begun > options.rehearsal:
                refused[route] = "no time was left to try whether it can be sent again; --routes or --full takes it"
                continue
            kept, why = await _kept(route, places[route][: CANDIDATES if wanted else OTHERWISE], players)
            if kept:
                samples[route] = kept
            else:
                refused[route] = why
        return Workload(samples, weights, refused)
    finally:
        for player in players:
            await player.close()


def chosen(workload: Workload, routes: Sequence[str]) -> list[str]:
    """The routes that were asked for, once it is known that they can be measured.

    Raises:
        UsageError: one cannot, or nothing can be measured at all.
    """
    if not workload.samples:
        raise UsageError("Nothing can be measured:\n" + "\n".join(f"  {k}: {v}" for k, v in workload.refused.items()))
    unknown = [route for route in routes if route not in workload.samples]
    if unknown:
        lines = [f"  {route}: {workload.refused.get(route, 'no scenario asks it')}" for route in unknown]
        known = "\n".join(f"  {route}" for route in workload.samples)
        raise UsageError("Cannot be measured:\n" + "\n".join(lines) + f"\nWhat can be:\n{known}")
    return list(routes)


async def _kept(
    route: str, candidates: Sequence[tuple[Scenario, int]], players: Sequence[Player]
) -> tuple[tuple[Sample, ...], str]:
    """Those of the places that can be repeated, or why none can."""
    kept, why = [], ""
    for scenario, place in candidates:
        outcome = await _repeatable(route, scenario, place, players)
        if isinstance(outcome, Sample):
            kept.append(outcome)
        else:
            why = outcome
    return tuple(kept), why


async def _rehearsed(
    scenarios: Sequence[Scenario], players: Sequence[Player]
) -> tuple[dict[str, list[tuple[Scenario, int]]], dict[str, int], dict[str, str]]:
    """Where each route is asked and answers well, how often it is asked at all, and why there is no such place."""
    _reset(players)
    tables = [player.side.subject.routes for player in players]
    places: dict[str, list[tuple[Scenario, int]]] = {}
    set_up: dict[str, list[tuple[Scenario, int]]] = {}
    weights: dict[str, int] = {}
    refused: dict[str, str] = {}
    for scenario in scenarios:
        for player in players:
            player.begin(scenario)
        for place, step in enumerate(scenario.steps):
            asked = [await player.play(step) for player in players]
            if None in asked or step.method == "HEAD":
                continue
            statuses = [one.answer.status for one in asked if one is not None]
            targets = [one.wire.target for one in asked if one is not None]
            route = find_route(step.method, targets[0], tables)
            if route is None or route.docs:
                continue
            name = str(route)
            if step.prelude is None:
                weights[name] = weights.get(name, 0) + 1
            if len(set(statuses)) > 1:
                refused.setdefault(name, f"legacy answers {statuses[0]} and async {statuses[1]}: compare run shows why")
            elif statuses[0] in GOOD and step.until is None:
                (places if step.prelude is None else set_up).setdefault(name, []).append((scenario, place))
            else:
                refused.setdefault(name, f"it only answers {statuses[0]}")
    for name, found in set_up.items():  # what only a set-up asks counts once, however many scenarios it is set up for
        weights.setdefault(name, 1)
        places.setdefault(name, found)
    order = sorted(places, key=lambda name: -weights[name])
    return {name: places[name] for name in order}, weights, {k: v for k, v in refused.items() if k not in places}


async def _repeatable(route: str, scenario: Scenario, place: int, players: Sequence[Player]) -> Sample | str:
    """How a step can be sent over and over, or what stands in the way."""
    why = ""
    earlier = range(place - 1, max(-1, place - LONGEST), -1)
    for start in (place, *(number for number in earlier if scenario.steps[number].method not in {"GET", "OPTIONS"})):
        _reset(players)
        answers: list[list[int | None]] = []
        bodies: list[list[int]] = [[] for _ in players]
        played: list[list[Asked | None]] = []
        for number, player in enumerate(players):
            player.begin(scenario)
            asked = before = [await player.play(step) for step in scenario.steps[:start]]
            for _ in range(TIMES):
                asked = [await player.play(step) for step in scenario.steps[start : place + 1]]
                answers.append([None if one is None else one.answer.status for one in asked])
                bodies[number].append(0 if asked[-1] is None else zlib.crc32(asked[-1].answer.body))
            played.append([*before, *asked])
        if all(statuses == answers[0] for statuses in answers) and answers[0][-1] in GOOD:
            steady = all(len(set(seen)) == 1 for seen in bodies)
            tables = [player.side.subject.routes for player in players]
            seen = tuple(_seen(step, tables) for step in zip(*played, strict=True))
            return Sample(route, scenario, start, place, steady, seen)
        last = [statuses[-1] for statuses in answers]
        why = why or (
            f"sent again, it answers {', '.join(str(status) for status in last[:TIMES])}; let the scenario put "
            f"${{{UNIQUE}}} into what must be new each time"
        )
    return why


def _seen(asked: Sequence[Asked | None], tables: Sequence[Routes]) -> Seen:
    """One step, as each side was asked it."""
    statuses = {None if one is None else one.answer.status for one in asked}
    sent = next((one.wire for one in asked if one is not None), None)
    route = None if sent is None else find_route(sent.method, sent.target, tables)
    return Seen("" if route is None else str(route), statuses.pop() if len(statuses) == 1 else None)


def mixed(workload: Workload, routes: Sequence[str] = ()) -> list[Sample]:
    """Samples in the proportion of the traffic, of these routes or all; in an order of chance, always the same."""
    kept = {route: samples for route, samples in workload.samples.items() if not routes or route in routes}
    total = sum(workload.weights[route] for route in kept)
    deck = []
    for route, samples in kept.items():
        times = max(1, round(workload.weights[route] / total * DECK))
        deck += [samples[number % len(samples)] for number in range(times)]
    random.Random(0).shuffle(deck)  # noqa: S311 - no secret
    return deck


async def scripts(samples: Sequence[Sample], side: Side) -> list[Script]:
    """What is sent to this side, on its database as it is now: what comes before each sample is played here, once.

    A sample whose steps no longer answer as they did is left out.

    Raises:
        CouldNotRunError: the app does not answer any more. Every further request would be waited for as long.
    """
    player = Player(side)
    made: dict[int, Script | None] = {}
    try:
        for sample in samples:
            if id(sample) in made:
                continue
            player.begin(sample.scenario)
            for step in sample.scenario.steps[: sample.start]:
                await _answered(player, step)
            made[id(sample)] = await _script(sample, player)
    finally:
        await player.close()
    return [script for sample in samples if (script := made[id(sample)]) is not None]


async def _answered(player: Player, step: Request) -> Asked | None:
    """Play a step that has to be answered, whatever the answer is."""
    asked = await player.play(step)
    if asked is not None and asked.answer.status is None:
        side = player.side.subject.name
        raise CouldNotRunError(
            f"The {side} app does not answer any more: {step.method} {step.target}, {asked.answer.failure}."
        )
    return asked


async def _script(sample: Sample, player: Player) -> Script | None:
    """The steps of a sample with what is known before, each played once for the answer it has to have."""
    tokens: Values = {UNIQUE: token(UNIQUE)}  # what is only known under load: more with each step that captures
    steps = []
    for step in sample.steps:
        if step.lacks(player.side.values):
            return None
        needed = set(step.names())
        asked_values = {**player.side.values, **{name: value for name, value in tokens.items() if name in needed}}
        wire = step.render(asked_values)
        names = tuple(sorted(needed & tokens.keys()))
        cookies = player.side.jar.header(wire.target, wire.cookies)
        headers = [(key.lower(), value) for key, value in wire.headers if key.lower() not in LEFT_OUT]
        if cookies and "cookie" not in dict(headers):
            headers.append(("cookie", cookies))
        asked = await _answered(player, step)
        if asked is None:
            return None
        if step is sample.steps[-1] and asked.answer.status not in GOOD:
            return None
        tokens |= {capture.name: token(capture.name) for capture in step.captures}
        body = wire.content.decode("utf-8" if names else "latin-1")
        steps.append(
            Step(
                step.method,
                wire.target,
                tuple(headers),
                body,
                names,
                tuple((capture.name, capture.expression) for capture in step.captures),
                asked.answer.status,
                zlib.crc32(asked.answer.body) if sample.steady and step is sample.steps[-1] else None,
            )
        )
    return Script(sample.route, tuple(steps))


def _reset(players: Sequence[Player]) -> None:
    for player in players:
        if player.side.clone is not None:
            player.side.clone.reset()
