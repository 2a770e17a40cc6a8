"""A whole run of load: the server, two clones, two apps, rounds in turn, and what they show."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compare.bench import chance
from compare.bench.ceiling import ceiling
from compare.bench.figures import Round, median
from compare.bench.judgement import judged
from compare.bench.result import MIX, SIDES, Benchmark, Measured
from compare.bench.sender import sending
from compare.bench.sides import running
from compare.bench.taking import Taker, machine, postmaster
from compare.bench.workload import chosen, learned, mixed, scripts
from compare.errors import CouldNotRunError, UsageError
from compare.verdict.coverage import check_scenarios
from compare.verdict.events import Stage, StepDone
from compare.verdict.sides import check_writes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from compare.bench.script import Script
    from compare.bench.sender import Sender
    from compare.bench.sides import Running
    from compare.bench.workload import Sample
    from compare.config import BenchConfig, Config, SideName
    from compare.verdict.events import Listener
    from compare.verdict.plan import Plan
    from compare.verdict.side import Side

OPEN_SHARES = (0.5, 0.8)  # of what the slower side managed with clients that wait: the rates of open load
SHARES = {"pairs": 0.6, "curve": 0.85, "open": 0.95}  # of the budget: until when each part may begin another round
WARM_SECONDS = 0.5
RECOVER_SECONDS = 0.3


def bench(config: Config, plan: Plan, options: BenchConfig, listener: Listener) -> Benchmark:
    """Measure both sides.

    Raises:
        UsageError: a route is named that is not there, or nothing can be measured.
        CouldNotRunError: the database, the set-up or an app does not start.
    """
    started_at = time.monotonic()
    for side in config.sides:
        if side.url is not None and side.url.startswith("https:"):
            raise UsageError(f"Load goes over plain HTTP, and {side.name} is {side.url}. Name its http:// address.")
    check_writes(config, plan.written)
    with running(config, listener) as both, sending() as sender:
        result = _measured(both, plan, options, sender, listener)
    return replace(result, seconds=time.monotonic() - started_at)


def _measured(running: Running, plan: Plan, options: BenchConfig, sender: Sender, listener: Listener) -> Benchmark:
    config, sides = running.config, running.sides
    both = [sides[name] for name in SIDES]
    scenarios = plan.scenarios(both[0].subject)
    check_writes(config, scenarios)
    check_scenarios(scenarios, [side.subject.routes for side in both])
    listener(Stage("measuring the generator itself"))
    top = ceiling(sender)
    listener(Stage("finding out what can be sent again and again"))
    workload = asyncio.run(learned(scenarios, both, options))
    routes = chosen(workload, options.routes) or list(workload.samples)[: None if options.full else options.hot]
    taker = Taker(sender, options.patience, postmaster(both))
    bench = Bench(options, sides, running.gauges, taker, chance.pairs_needed(2 * (len(routes) + 1)))
    targets = {MIX: mixed(workload), **{route: list(workload.samples[route]) for route in routes}}
    measured, stopped = [], ""
    for number, (name, samples) in enumerate(targets.items(), 1):
        listener(Stage(f"{number} of {len(targets)}: {name}"))
        try:
            measured.append(bench.measure(name, samples, listener))
        except CouldNotRunError as error:
            stopped = str(error)
            break
    return Benchmark(
        apps={side.name: side.title for side in config.sides},
        machine=machine(),
        ceiling=top,
        clients=options.clients,
        margin=options.margin,
        judged=judged(measured, top, options.margin),
        refused=dict(workload.refused),
        seconds=0.0,
        stopped=stopped,
    )


@dataclass
class Bench:
    """Two running sides, what takes a round of one, and how long each part takes."""

    options: BenchConfig
    sides: Mapping[SideName, Side]
    gauges: Mapping[SideName, Path]
    taker: Taker
    pairs: int

    def measure(self, name: str, samples: Sequence[Sample], listener: Listener) -> Measured:
        """All rounds of one route or of the mix: the comparison, the curve, and the load that does not wait.

        Each part ends with its share of the budget, on a slow side sooner than it would.
        """
        begun = time.monotonic()
        until = {part: begun + share * self.options.budget for part, share in SHARES.items()}
        load = {side: self._prepared(side, samples) for side in SIDES}
        if not all(load.values()):
            return Measured(name, 0.0, stopped="what comes before it no longer answers as it did")
        together = sum(len(script.steps) for script in load["legacy"]) / len(load["legacy"])
        for side in SIDES:
            self.round(side, load[side], self.options.clients, WARM_SECONDS)
        total = self.pairs + len(self.options.concurrency)

        def tell(done: int) -> None:
            listener(StepDone(name, "", done, total))

        pairs = []
        for number in range(self.pairs):
            if time.monotonic() > until["pairs"]:
                break
            order = SIDES if number % 2 == 0 else SIDES[::-1]
            rounds = {side: self.round(side, load[side], self.options.clients, self.options.seconds) for side in order}
            pairs.append((rounds["legacy"], rounds["async"]))
            tell(number + 1)
        sweep, recovered = self._swept(load, until["curve"], tell)
        slower = min((median([pair[place].throughput for pair in pairs]) or 0.0) for place in (0, 1))
        opened: dict[SideName, list[Round]] = {side: [] for side in SIDES}
        for share in OPEN_SHARES if slower > 0 else ():
            if time.monotonic() > until["open"]:
                break
            for side in SIDES:
                clients = max(self.options.clients, 64)
                opened[side].append(self.round(side, load[side], clients, self.options.seconds * 2, share * slower))
        skipped = self.options.concurrency[len(sweep["legacy"]) :]
        return Measured(name, together, tuple(pairs), sweep, opened, recovered, skipped)

    def _swept(
        self, load: Mapping[SideName, Sequence[Script]], until: float, tell: Callable[[int], None]
    ) -> tuple[dict[SideName, list[Round]], dict[SideName, bool]]:
        """The curve, in rising order, until the time is over: it is known from what came before what a round takes."""
        sweep: dict[SideName, list[Round]] = {side: [] for side in SIDES}
        recovered: dict[SideName, bool] = {}
        for number, clients in enumerate(self.options.concurrency, self.pairs + 1):
            slow = (clients / max(done[-1].throughput, 1 / self.options.patience) for done in sweep.values() if done)
            if time.monotonic() + sum(max(self.options.seconds, wanted) for wanted in slow) > until:
                break
            tell(number)
            for side in SIDES:
                done = self.round(side, load[side], clients, self.options.seconds)
                sweep[side].append(done)
                if done.failed:
                    after = self.round(side, load[side], 1, RECOVER_SECONDS)
                    recovered[side] = recovered.get(side, True) and not after.failed and bool(after.good)
        return sweep, recovered

    def _prepared(self, name: SideName, samples: Sequence[Sample]) -> list[Script]:
        side = self.sides[name]
        if side.clone is not None:
            side.clone.reset()
        return asyncio.run(scripts(samples, side))

    def round(
        self, name: SideName, load: Sequence[Script], clients: int, seconds: float, rate: float | None = None
    ) -> Round:
        """One round on one side."""
        return self.taker.round(self.sides[name], self.gauges[name], load, clients, seconds, rate)
