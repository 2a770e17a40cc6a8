"""A whole run of load: the server, two clones, two apps, rounds in turn, and what they show."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compare.bench import chance
from compare.bench.ceiling import ceiling
from compare.bench.cores import apart
from compare.bench.figures import Round, joined, median
from compare.bench.judgement import judged
from compare.bench.rehearsal import rehearsed
from compare.bench.result import MIX, SIDES, Benchmark, Measured
from compare.bench.sender import sending
from compare.bench.sides import running
from compare.bench.taking import Taker, machine, postmaster
from compare.bench.workload import mixed, scripts
from compare.errors import CouldNotRunError, UsageError
from compare.verdict.events import Stage, StepDone
from compare.verdict.sides import check_writes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
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
SHARES = {"pairs": 0.55, "curve": 0.85, "open": 0.95}  # of the budget: until when each part may begin another round
WARM_SECONDS = 0.5
RECOVER_SECONDS = 0.3
DISTURBED = 0.3  # of one core, taken by other programs in a round: its pair is taken again
TURN_SECONDS = 0.1
ANSWERS = 3  # for each client, at least, in a turn


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
    workload, asked = rehearsed(config, plan, both, options, listener)
    listener(Stage("measuring the generator itself"))
    top = ceiling(sender)
    routes = asked or list(workload.samples)[: None if options.full else options.hot]
    targets = {MIX: mixed(workload), **{route: list(workload.samples[route]) for route in routes}}
    bench = Bench.of(running, options, sender, len(targets))
    measured, stopped = [], ""
    with bench.apart():
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
    embedded: bool = False

    @classmethod
    def of(cls, running: Running, options: BenchConfig, sender: Sender, targets: int) -> Bench:
        """For so many targets, of which what is said is held together."""
        taker = Taker(sender, options.patience, postmaster(list(running.sides.values())))
        pairs, embedded = chance.pairs_needed(2 * targets), running.config.database.url is None
        return cls(options, running.sides, running.gauges, taker, pairs, embedded)

    def apart(self) -> AbstractContextManager[None]:
        """The apps on cores of their own; a database server that was not started for this stays where it is."""
        server = self.taker.postmaster if self.embedded else None
        return apart([side.subject.pid for side in self.sides.values()], [self.taker.sender.pid, server])

    def measure(self, name: str, samples: Sequence[Sample], listener: Listener) -> Measured:
        """All rounds of one route or of the mix: the comparison, the curve, and the load that does not wait.

        Each part ends with its share of the budget, on a slow side sooner than it would.
        """
        begun = time.monotonic()
        until = {part: begun + share * self.options.budget for part, share in SHARES.items()}
        total = self.pairs + len(self.options.concurrency)

        def tell(done: int) -> None:
            listener(StepDone(name, "", done, total))

        load = {side: self.prepared(side, samples) for side in SIDES}
        compared = self.compared(name, load, until["pairs"], tell)
        if compared.stopped:
            return compared
        pairs = compared.pairs
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
        return replace(compared, sweep=sweep, open=opened, recovered=recovered, skipped=skipped)

    def compared(
        self, name: str, load: Mapping[SideName, Sequence[Script]], until: float, tell: Callable[[int], None]
    ) -> Measured:
        """The pairs of rounds alone, which are all that a verdict stands on.

        A pair that another program disturbed is taken again while there is time. That it was does not depend on which
        side is the faster one, so what is left is no more for one than for the other. Without enough of them all
        count, and the verdict says who had the machine.
        """
        if not all(load.values()):
            return Measured(name, 0.0, stopped="what comes before it no longer answers as it did")
        together = sum(len(script.steps) for script in load["legacy"]) / len(load["legacy"])
        warm = [self.round(side, load[side], self.options.clients, WARM_SECONDS) for side in SIDES]
        turns = self._turns(min(done.throughput for done in warm))
        pairs: list[tuple[Round, Round]] = []
        calm: list[tuple[Round, Round]] = []
        while len(calm) < self.pairs and time.monotonic() <= until:
            pairs.append(self._pair(load, turns, first=len(pairs) * turns))
            if all((done.others or 0.0) <= DISTURBED for done in pairs[-1]):
                calm.append(pairs[-1])
                tell(len(calm))
        return Measured(name, together, tuple(calm if len(calm) == self.pairs else pairs))

    def _turns(self, throughput: float) -> int:
        """In how many turns a round is taken: more on a side that answers fast, one on a slow one.

        The speed of a virtual machine's core changes by a third several times a second, with what its neighbours do.
        What both sides do within a tenth of a second meets more of the same than what they do within one; but a turn
        begins and ends with connections that wait, so it has to be long against a single answer.
        """
        answers = ANSWERS * self.options.clients / throughput if throughput else math.inf
        return max(1, round(self.options.seconds / max(TURN_SECONDS, answers)))

    def _pair(self, load: Mapping[SideName, Sequence[Script]], turns: int, first: int) -> tuple[Round, Round]:
        """A round of each side, in turns; who begins takes turns too, so that a drift meets both."""
        rounds: dict[SideName, list[Round]] = {side: [] for side in SIDES}
        for number in range(first, first + turns):
            for side in SIDES if number % 2 == 0 else SIDES[::-1]:
                done = self.round(side, load[side], self.options.clients, self.options.seconds / turns)
                rounds[side].append(done)
        return joined(rounds["legacy"]), joined(rounds["async"])

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

    def prepared(self, name: SideName, samples: Sequence[Sample]) -> list[Script]:
        """What is sent to a side, on a database put back to the template's state."""
        side = self.sides[name]
        if side.clone is not None:
            side.clone.reset()
        return asyncio.run(scripts(samples, side))

    def round(
        self, name: SideName, load: Sequence[Script], clients: int, seconds: float, rate: float | None = None
    ) -> Round:
        """One round on one side."""
        return self.taker.round(self.sides[name], self.gauges[name], load, clients, seconds, rate)
