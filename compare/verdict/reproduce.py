"""From a difference in recorded or generated traffic to the shortest sequence of requests that still shows it.

Each try plays on the run's own two sides, their databases put back to the template's state. What is left is played
once more for legacy's answers, which a person gets as a test and as commands (`compare.report`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.errors import CompareError
from compare.findings import Reply
from compare.verdict.causes import kind
from compare.verdict.shrink import Budget, shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.findings import Finding, Group
    from compare.traffic import Scenario, Values
    from compare.verdict.record import Heard

MOST = 5  # groups of one run that are shrunk
SECONDS = 60.0  # for each


@dataclass(frozen=True)
class Shown:
    """The shortest scenario that shows a difference.

    Attributes:
        finding: The difference, as it was found first.
        scenario: Its steps, the login included.
        replies: Legacy's whole answer to each step; None for a step that was not sent.
        values: What legacy's answers gave for the captures.
    """

    finding: Finding
    scenario: Scenario
    replies: tuple[Reply | None, ...]
    values: Values


@dataclass(frozen=True)
class Played:
    """What came of playing one scenario on fresh databases: all findings, the steps that were sent, legacy's values."""

    findings: Sequence[Finding]
    heard: Sequence[Heard]
    values: Values


def reproductions(
    groups: Sequence[Group], scenarios: Sequence[Scenario], play: Callable[[Scenario], Played]
) -> Iterator[Shown]:
    """One for each group of differences whose first example was met in recorded or generated traffic."""
    by_name = {scenario.name: scenario for scenario in scenarios if scenario.lenient}
    differing = [group.primary for group in groups if group.severity == "difference"]
    for finding in [one for one in differing if one.scenario in by_name][:MOST]:
        found = _reproduced(finding, by_name[finding.scenario or ""], play)
        if found is not None:
            yield found


def _reproduced(finding: Finding, scenario: Scenario, play: Callable[[Scenario], Played]) -> Shown | None:
    """None where the difference does not show again by itself: it took what other scenarios left behind."""
    wanted = kind(finding)

    def differs(candidate: Scenario) -> bool:
        try:
            return any(kind(one) == wanted and one.severity == "difference" for one in play(candidate).findings)
        except CompareError:  # a shorter sequence may be one that a side does not survive: not what is looked for
            return False

    if not differs(scenario):
        return None
    shortest = shrunk(scenario, differs, Budget(seconds=SECONDS))
    played = play(shortest)
    by_step = {heard.context.step: heard for heard in played.heard}
    replies = tuple(_reply(by_step.get(str(step))) for step in shortest.steps)
    return Shown(finding, shortest, replies, played.values)


def _reply(heard: Heard | None) -> Reply | None:
    """Legacy's answer, whole."""
    if heard is None:
        return None
    answer = heard.legacy.answer
    return Reply(answer.status, answer.headers, answer.text or "")
