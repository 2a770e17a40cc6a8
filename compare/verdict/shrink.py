"""Shrinking: the shortest form of a scenario that still makes the sides differ.

First steps are taken away (delta debugging: halves, quarters, single ones), then what is left is made plainer: no
redundant capture, query, header or cookie, smaller bodies. A try costs two fresh clones and all its requests, so the
tries are counted and timed, and none is made twice. Nothing is left to chance: the same `shows` gives the same end.
"""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compare.traffic.template import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.traffic import Request, Scenario
    from compare.traffic.template import Json

SECONDS = 60.0
ATTEMPTS = 200


@dataclass(frozen=True)
class Budget:
    """How long shrinking may take: `seconds` of wall clock, and `attempts` calls of `shows`."""

    seconds: float = SECONDS
    attempts: int = ATTEMPTS


def shrunk(scenario: Scenario, shows: Callable[[Scenario], int | None], budget: Budget | None = None) -> Scenario:
    """The shortest and plainest scenario found that still shows the difference; the given one if there is none.

    Args:
        scenario: One that shows it at its last step; that is not tried again. Its variables, login and name stay.
        shows: Plays a scenario on clones that are as the template is, and gives the number of the first step at which
            the difference that matters shows, or None. Which one matters is for the caller to say: usually one of the
            same code at the same place.
        budget: When it is over, the best so far is the answer.
    """
    search = _Search(shows, budget or Budget(), scenario)
    search.fewer_steps()
    search.plainer_steps()
    search.fewer_steps()  # a plainer request may do without what the one before needed
    return search.best


@dataclass
class _Search:
    shows: Callable[[Scenario], int | None]
    budget: Budget
    best: Scenario
    attempts: int = 0
    _begun: float = field(default_factory=time.monotonic)
    _tried: set[str] = field(default_factory=set)

    def _holds(self, steps: Sequence[Request]) -> bool:
        """Try these steps; where they still differ they are the best so far."""
        numbered = tuple(dataclasses.replace(step, number=number) for number, step in enumerate(steps, 1))
        if not numbered or numbered == self.best.steps:
            return False
        key = repr(numbered)
        spent = self.attempts >= self.budget.attempts or time.monotonic() - self._begun >= self.budget.seconds
        if key in self._tried or spent:
            return False
        self._tried.add(key)
        self.attempts += 1
        at = self.shows(dataclasses.replace(self.best, steps=numbered))
        if at is None:
            return False
        self.best = dataclasses.replace(self.best, steps=numbered[:at])
        return True

    def fewer_steps(self) -> None:
        """Take away as many neighbouring steps at once as can be; begin again with all that is left."""
        size = len(self.best.steps)
        if self._holds(_with_producers(self.best.steps, {size - 1})):  # the last step is where it showed, mostly
            size = len(self.best.steps)
        while size >= 1:
            size = min(size, len(self.best.steps))
            if not any(self._without(start, size) for start in range(len(self.best.steps) - size, -1, -1)):
                size = size // 2 if size > 1 else 0

    def _without(self, start: int, size: int) -> bool:
        """Whether it works without the steps from `start` on, but for those that a kept step needs a value of."""
        kept = {index for index in range(len(self.best.steps)) if not start <= index < start + size}
        return self._holds(_with_producers(self.best.steps, kept))

    def plainer_steps(self) -> None:
        """Make each step plainer, as long as one can be made so."""
        going = True
        while going:
            going = any(
                self._holds((*self.best.steps[:index], plainer, *self.best.steps[index + 1 :]))
                for index in range(len(self.best.steps) - 1, -1, -1)
                for plainer in _plainer_step(self.best, index)
            )


def _with_producers(steps: Sequence[Request], kept: set[int]) -> list[Request]:
    """The kept steps and, for each name that one of them refers to, the nearest earlier step that captures it."""
    wanted = sorted(kept, reverse=True)
    found = set(kept)
    while wanted:
        index = wanted.pop(0)
        for name in steps[index].names():
            producer = next(
                (at for at in range(index - 1, -1, -1) if any(one.name == name for one in steps[at].captures)), None
            )
            if producer is not None and producer not in found:
                found.add(producer)
                wanted.append(producer)
    return [steps[index] for index in sorted(found)]


def _plainer_step(scenario: Scenario, index: int) -> Iterator[Request]:
    """The forms of one step that are a little plainer, the boldest first."""
    step = scenario.steps[index]
    yield from _fewer_captures(scenario, index)
    if step.repeat > 1:
        yield dataclasses.replace(step, repeat=1)
    for key in ("query", "headers", "cookies"):
        pairs = getattr(step, key)
        for drop in _runs(len(pairs)):
            fewer: dict[str, Any] = {key: tuple(pair for at, pair in enumerate(pairs) if at not in drop)}
            yield dataclasses.replace(step, **fewer)
    if step.body_kind != "none":
        yield dataclasses.replace(step, body_kind="none", body=None)
        for plainer in _plainer(step.body):
            yield dataclasses.replace(step, body=plainer)
    for at, (name, value) in enumerate(step.query):
        for less in _plainer(value):
            yield dataclasses.replace(step, query=(*step.query[:at], (name, less), *step.query[at + 1 :]))


def _fewer_captures(scenario: Scenario, index: int) -> Iterator[Request]:
    """A step without what nobody needs; then without each value that an earlier step may have given."""
    step = scenario.steps[index]
    needed = {name for later in scenario.steps[index + 1 :] for name in later.names()}
    used = tuple(capture for capture in step.captures if capture.name in needed)
    if used != step.captures:
        yield dataclasses.replace(step, captures=used)
    earlier = {capture.name for before in scenario.steps[:index] for capture in before.captures}
    for one in used:
        if one.name in earlier:
            yield dataclasses.replace(step, captures=tuple(other for other in used if other != one))


def _plainer(value: Json) -> Iterator[Json]:
    """Values that are less of the same: fewer keys and items, shorter text, numbers nearer to 0. Ends for each type."""
    if isinstance(value, dict):
        keys = list(value)
        for drop in _runs(len(keys)):
            yield {key: value[key] for at, key in enumerate(keys) if at not in drop}
        for key in keys:
            for less in _plainer(value[key]):
                yield {**value, key: less}
    elif isinstance(value, list):
        for drop in _runs(len(value)):
            yield [item for at, item in enumerate(value) if at not in drop]
        for at, item in enumerate(value):
            for less in _plainer(item):
                yield [*value[:at], less, *value[at + 1 :]]
    else:
        yield from _plainer_scalar(value)


def _plainer_scalar(value: Json) -> Iterator[Json]:
    if isinstance(value, str):
        if not any(names(value)) and not value.startswith("base64:"):
            yield from dict.fromkeys(text for text in ("", "a", value[: len(value) // 2]) if len(text) < len(value))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        smaller = (0, 1, int(value) // 2, int(value))
        yield from dict.fromkeys(number for number in smaller if _size(number) < _size(value))


def _size(number: float) -> tuple[float, bool]:
    """Whole numbers before others of their kind, small before large, positive before negative."""
    return abs(number) + (0 if isinstance(number, int) else 0.5), number < 0


def _runs(length: int) -> Iterator[range]:
    """What to take away of a sequence: the halves first, then each one; from the end, where the least needed stands."""
    if length > 3:  # noqa: PLR2004 - below, the halves are single ones
        yield from (range(length // 2, length), range(length // 2))
    for at in range(length - 1, -1, -1):
        yield range(at, at + 1)
