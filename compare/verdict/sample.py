"""The sample of the traffic on which each side is compared with itself before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.traffic import Scenario


def sampled(scenarios: Sequence[Scenario], longest: int) -> list[Scenario]:
    """Scenarios of at most `longest` steps in all, those first that add requests of a kind not seen yet.

    At least one scenario, however long.
    """
    chosen: list[Scenario] = []
    seen: set[tuple[str, str]] = set()
    left = longest
    for scenario in sorted(scenarios, key=lambda one: len(one.steps)):
        kinds = {(step.method, step.target) for step in scenario.steps}
        size = sum(step.repeat for step in scenario.steps)
        if kinds <= seen or (size > left and chosen):
            continue
        chosen.append(scenario)
        seen |= kinds
        left -= size
    return chosen
