"""What a lockstep run costs above its requests: `python -m tests.benchmarks lockstep`.

The same scenario is played in full (probe, six layers, both sides at once), and sent by the same client to one side
after the other, on apps without a probe, with nothing looked at. Prints milliseconds a request and the ratio, of
processor time of this process too. ROUNDS in the environment changes how often the scenario is sent.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from compare.config import Config
from compare.traffic import Captured, Scenario
from compare.verdict.run import Run
from compare.verdict.side import Stamp
from compare.verdict.sides import Sides
from tests.benchmarks.pair import pair_running, scenario_named

ROUNDS = int(os.environ.get("ROUNDS", "60"))
REPEATS = 3
Cost = tuple[float, float]  # milliseconds a request: of the clock, and of this process's processor time


def main() -> None:
    """Measure and print."""
    scenarios = [scenario_named("an entry is torn out")] * ROUNDS
    with pair_running(probe=False) as (_, sides, _server):
        plain = [_cost(scenarios, lambda: _in_turn(sides, scenarios)) for _ in range(REPEATS)]
    with pair_running() as (config, sides, _server):
        full = [_cost(scenarios, lambda: _in_lockstep(config, sides, scenarios)) for _ in range(REPEATS)]
    requests = sum(len(one.steps) for one in scenarios)
    print(f"{requests} requests to each side, medians of {REPEATS} rounds; load {os.getloadavg()[0]:.1f}")
    for name, costs in (("one side after the other", plain), ("in lockstep, all layers", full)):
        wall, cpu = (statistics.median(part) for part in zip(*costs, strict=True))
        print(f"{name:<26} {wall:7.2f} ms a request, {cpu:7.2f} ms of it work of compare")
    ratio = statistics.median(cost[0] for cost in full) / statistics.median(cost[0] for cost in plain)
    print(f"{'ratio':<26} {ratio:7.2f}")


def _cost(scenarios: Sequence[Scenario], play: Callable[[], None]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    play()
    requests = sum(len(one.steps) for one in scenarios)
    return (time.perf_counter() - wall) / requests * 1e3, (time.process_time() - cpu) / requests * 1e3


def _in_lockstep(config: Config, sides: Sides, scenarios: Sequence[Scenario]) -> None:
    again = sides.fresh()
    with closing(Run.of(config, again, scenarios, lambda _event: None)) as run:
        run.play(scenarios)


def _in_turn(sides: Sides, scenarios: Sequence[Scenario]) -> None:
    """Every request to legacy, then to async, then the next."""
    legacy, async_ = sides.fresh().both

    async def send() -> None:
        async with legacy.client, async_.client:
            for number, scenario in enumerate(scenarios):
                for side in (legacy, async_):
                    side.begin(dict(scenario.variables))
                for step in scenario.steps:
                    for side in (legacy, async_):
                        answer = (await side.ask(step, Stamp(str(number)))).answer
                        for capture in step.captures:
                            side.values[capture.name] = capture.take(Captured(answer.headers, answer.body))

    asyncio.run(send())


if __name__ == "__main__":
    main()
