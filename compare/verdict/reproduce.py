"""From a difference in recorded or generated traffic to the shortest sequence of requests that still shows it.

It may take more than the scenario in which it was met: then those that came before are played too. First on the run's
own two apps, their databases put back to the template's state, which is quick. But an app may also have kept something
in its memory: so what is left is played once more on apps that were started for it, and where it does not show there,
the search begins again, with apps started for each try. Legacy's answers of the last play are what a person gets as a
test and as commands (`compare.report`).
"""

from __future__ import annotations

import dataclasses
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.errors import CompareError
from compare.findings import Reply
from compare.traffic import Captured, Missing
from compare.verdict.causes import kind
from compare.verdict.shrink import Budget, shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.findings import Finding, Group
    from compare.traffic import Request, Scenario, Values
    from compare.verdict.answer import Answer
    from compare.verdict.record import Heard

    Play = Callable[[Scenario], "Played"]

MOST = 5  # groups of one run that are shrunk
SECONDS = 50.0  # for each, but for the last proof
BEFORE = (0, 1, 4, 16, 64)  # how many of the scenarios before are played too, until the difference shows


@dataclass(frozen=True)
class Shown:
    """The shortest scenario that shows a difference.

    Attributes:
        finding: The difference, as it was found first.
        scenario: Its steps, the login included.
        replies: Legacy's whole answer to each step; None for a step that was not sent.
        taken: What each of these answers gave for the captures of its step.
    """

    finding: Finding
    scenario: Scenario
    replies: tuple[Reply | None, ...]
    taken: tuple[Values, ...]


@dataclass(frozen=True)
class Played:
    """What came of playing one scenario on fresh databases: all findings, and the steps that were sent."""

    findings: Sequence[Finding]
    heard: Sequence[Heard]


@dataclass(frozen=True)
class Candidate:
    """A difference, where it was met, and the shortest form found so far; None where it did not show again.

    Attributes:
        finding: The difference.
        scenarios: All up to the one in which it was met.
        shortest: What still shows it.
        seconds: Those left for finding a shorter one.
    """

    finding: Finding
    scenarios: Sequence[Scenario]
    shortest: Scenario | None
    seconds: float


def candidates(groups: Sequence[Group], scenarios: Sequence[Scenario], play: Play) -> Iterator[Candidate]:
    """One for each group of differences whose first example was met in recorded or generated traffic.

    `play` sends a scenario to the apps of the run, on databases that are as the template is.
    """
    places = {scenario.name: place for place, scenario in enumerate(scenarios) if scenario.lenient}
    differing = [group.primary for group in groups if group.severity == "difference"]
    for finding in [one for one in differing if one.scenario in places][:MOST]:
        upto = scenarios[: places[finding.scenario or ""] + 1]
        deadline = time.monotonic() + SECONDS
        shortest = _shortest(finding, upto, play, deadline)
        yield Candidate(finding, upto, shortest, deadline - time.monotonic())


def proved(candidate: Candidate, play: Play) -> Shown | None:
    """The shortest scenario that shows the difference on apps that remember nothing; `play` starts both for each call.

    None where it does not show there.
    """
    finding, shortest = candidate.finding, candidate.shortest
    deadline = time.monotonic() + candidate.seconds
    if shortest is not None:
        played = _survived(shortest, play)
        if _shown_at(finding, shortest, played) is not None:
            return _shown(finding, shortest, played)
        # What the apps had in memory may be of these requests too.
        shortest = _shortened(finding, _joined([shortest, shortest]), play, deadline)
    if shortest is None:
        shortest = _shortest(finding, candidate.scenarios, play, deadline)
    return None if shortest is None else _shown(finding, shortest, _survived(shortest, play))


def _shown(finding: Finding, scenario: Scenario, played: Played) -> Shown:
    """With what legacy answered."""
    answers = {heard.context.step: heard.legacy.answer for heard in played.heard}
    sent = [(step, answers.get(str(step))) for step in scenario.steps]
    replies = tuple(None if answer is None else _reply(answer) for _, answer in sent)
    return Shown(finding, scenario, replies, tuple(_taken(step, answer) for step, answer in sent))


def _shortest(finding: Finding, scenarios: Sequence[Scenario], play: Play, deadline: float) -> Scenario | None:
    """The last scenario, after as many of the others as it takes, made shorter; None where all that is not enough."""
    for before in BEFORE:
        found = _shortened(finding, _joined(scenarios[-before - 1 :]), play, deadline)
        if found is not None or before >= len(scenarios) - 1 or time.monotonic() >= deadline:
            return found
    return None


def _shortened(finding: Finding, scenario: Scenario, play: Play, deadline: float) -> Scenario | None:
    """A scenario made as short as can be until then; None where it does not show the difference."""

    def shows(candidate: Scenario) -> int | None:
        return _shown_at(finding, candidate, _survived(candidate, play))

    at = shows(scenario)
    if at is None:
        return None
    first = dataclasses.replace(scenario, steps=scenario.steps[:at])
    return shrunk(first, shows, Budget(seconds=deadline - time.monotonic()))


def _joined(scenarios: Sequence[Scenario]) -> Scenario:
    """The steps of all, one after the other, under the last one's name."""
    steps = [step for scenario in scenarios for step in scenario.steps]
    numbered = tuple(dataclasses.replace(step, number=number) for number, step in enumerate(steps, 1))
    variables = dict(pair for scenario in scenarios for pair in scenario.variables)
    return dataclasses.replace(scenarios[-1], steps=numbered, variables=tuple(variables.items()))


def _survived(scenario: Scenario, play: Play) -> Played:
    """What came of playing it; nothing where a side did not survive, which is not what is looked for."""
    try:
        return play(scenario)
    except CompareError:
        return Played((), ())


def _shown_at(finding: Finding, scenario: Scenario, played: Played) -> int | None:
    """The number of the first step at which a difference of the same kind was found."""
    wanted = kind(finding)
    numbers = {str(step): step.number for step in scenario.steps}
    alike = [one for one in played.findings if kind(one) == wanted and one.severity == "difference"]
    # What is found at the end alone, in the tables, belongs to no step.
    return min((numbers.get(one.step or "", len(scenario.steps)) for one in alike), default=None)


def _reply(answer: Answer) -> Reply:
    """An answer, whole."""
    return Reply(answer.status, answer.headers, answer.text or "")


def _taken(step: Request, answer: Answer | None) -> Values:
    """What an answer holds of that which its step captures."""
    found: Values = {}
    if answer is None:
        return found
    for capture in step.captures:
        with suppress(Missing):
            found[capture.name] = capture.take(Captured(answer.headers, answer.body))
    return found
