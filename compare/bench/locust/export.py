"""The mix that a Locust file holds: rehearsed as `compare bench` does, and once more for users beside each other."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.locust.part import Call, Part
from compare.bench.rehearsal import rehearsed
from compare.bench.sides import running
from compare.bench.workload import Player
from compare.errors import UsageError
from compare.traffic.template import UNIQUE
from compare.verdict.sides import check_writes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compare.bench.workload import Sample
    from compare.config import BenchConfig, Config
    from compare.verdict.events import Listener
    from compare.verdict.plan import Plan
    from compare.verdict.side import Side


@dataclass(frozen=True)
class Mix:
    """What goes into the file.

    Attributes:
        apps: what was rehearsed, by side.
        patience: seconds after which an answer counts as missing.
        refused: why other routes are not in it, in words.
    """

    apps: Mapping[str, str]
    patience: float
    parts: Sequence[Part]
    refused: Mapping[str, str]

    @property
    def routes(self) -> set[str]:
        """All that are measured."""
        return {part.route for part in self.parts}


def mixed(config: Config, plan: Plan, options: BenchConfig, listener: Listener) -> Mix:
    """Rehearse the traffic on both sides, and keep what simulated users can send again and again.

    Raises:
        UsageError: a route is named that is not there, or nothing can be sent again and again.
        CouldNotRunError: the database, the set-up or an app does not start.
    """
    check_writes(config, plan.written)
    with running(config, listener) as both:
        sides = list(both.sides.values())
        workload, asked = rehearsed(both.config, plan, sides, options, listener)
        routes = asked or list(workload.samples)
        parts, refused = [], dict(workload.refused)
        for route in routes:
            kept, why = asyncio.run(_beside_each_other(workload.samples[route], sides))
            weight = round(workload.weights[route] / max(1, len(kept)), 3)
            parts += [_part(sample, weight) for sample in kept]
            if not kept:
                refused[route] = why
    if not parts:
        raise UsageError("Nothing can be sent:\n" + "\n".join(f"  {route}: {why}" for route, why in refused.items()))
    return Mix({side.name: side.title for side in config.sides}, options.patience, parts, refused)


async def _beside_each_other(samples: Sequence[Sample], sides: Sequence[Side]) -> tuple[list[Sample], str]:
    """Those of the samples that a second user can play on the same database; or why none can.

    Load of compare's own plays what comes before a sample once; here each simulated user does.
    """
    kept, why = [], ""
    for sample in samples:
        outcome = await _for_a_second(sample, sides) if sample.start else sample
        if isinstance(outcome, str):
            why = outcome
        else:
            kept.append(outcome)
    return kept, why


async def _for_a_second(sample: Sample, sides: Sequence[Side]) -> Sample | str:
    """The sample as it is for a second user, or why it cannot be.

    What comes before may go otherwise (something is there already), if what is repeated then answers as it did; no
    status is held against it.
    """
    seen = list(sample.seen)
    for side in sides:
        if side.clone is not None:
            side.clone.reset()
        player = Player(side)
        try:
            for place, status in enumerate(await _played_twice(sample, player)):
                if seen[place].status in {None, status}:
                    continue
                if place >= sample.start:
                    return (
                        f"to a second user, who sends what comes before it anew, {seen[place].route} answers "
                        f"{status or 'nothing'}; let the scenario put ${{{UNIQUE}}} into what must be new each time"
                    )
                seen[place] = dataclasses.replace(seen[place], status=None)
        finally:
            await player.close()
    return dataclasses.replace(sample, seen=tuple(seen))


async def _played_twice(sample: Sample, player: Player) -> list[int | None]:
    """What each step answers the second of two users."""
    statuses: list[int | None] = []
    for _ in range(2):
        player.begin(sample.scenario)
        asked = [await player.play(step) for step in sample.scenario.steps[: sample.end + 1]]
        statuses = [None if one is None else one.answer.status for one in asked]
    return statuses


def _part(sample: Sample, weight: float) -> Part:
    """As the file has it; each step states the status that was seen."""
    calls = [
        Call(
            seen.route or f"{step.method} {step.target.partition('?')[0]}",
            dataclasses.replace(step, status=seen.status),
        )
        for step, seen in zip(sample.scenario.steps, sample.seen, strict=False)
    ]
    before, repeated = tuple(calls[: sample.start]), tuple(calls[sample.start :])
    return Part(sample.route, weight, sample.scenario.variables, before, repeated)
