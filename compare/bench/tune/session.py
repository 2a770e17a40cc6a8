"""The side under a setting: started with it, measured, and ended."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.bench.chance import pairs_needed
from compare.bench.gauge import gauging
from compare.bench.run import WARM_SECONDS
from compare.bench.tune.own import told
from compare.bench.tune.search import hopeless
from compare.bench.tune.setting import AS_IT_IS, Setting
from compare.bench.tune.trial import LOST, Trial, failing
from compare.bench.workload import scripts
from compare.errors import CouldNotRunError
from compare.probe.tuning import VARIABLE
from compare.process import scratch
from compare.subjects import started
from compare.verdict.events import Stage
from compare.verdict.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from compare.bench.figures import Round
    from compare.bench.script import Script
    from compare.bench.taking import Taker
    from compare.bench.tune.own import Own
    from compare.bench.workload import Sample
    from compare.config import BenchConfig, SideConfig
    from compare.postgres import Clone, Server
    from compare.verdict.events import Listener

PASSES = 2
ALONE_SECONDS = 1.5
FEWEST_TURNS = 6  # of the last rounds, however late it is: fewer can hold nothing of three settings
HEAT = 4  # of them that the same processes take, on the same database
LONGER = 2  # times a round of the comparison: there are few of a setting that is only tried


@dataclass(frozen=True)
class Opened:
    """An app that runs under a setting, on a clone of its own.

    Attributes:
        gauges: the folder in which it shows its gauges.
        telling: the folder in which it tells what it has itself.
    """

    side: Side
    gauges: Path
    telling: Path

    @property
    def own(self) -> Own:
        """What the app has itself, as far as it has told."""
        return told(self.telling)


@contextmanager
def opened(side: SideConfig, clone: Clone, setting: Setting, patience: float) -> Iterator[Opened]:
    """Start the app under a setting.

    Raises:
        CouldNotRunError: it does not start.
    """
    with ExitStack() as stack:
        gauges, telling = stack.enter_context(scratch()), stack.enter_context(scratch())
        wanted = {"pool": setting.pool, "overflow": setting.overflow, "threads": setting.threads}
        env = {**gauging(side, gauges), VARIABLE: json.dumps({"folder": str(telling), **wanted})}
        subject = stack.enter_context(started(side, clone.address, env=env))
        yield Opened(Side.of(subject, clone, patience=patience), gauges, telling)


@dataclass(frozen=True)
class Prepared:
    """The load, and the database after all that comes before it was played there.

    That is the log-ins and whatever else the load stands on: it is played once, and copied for each setting.
    """

    clone: Clone
    scripts: Sequence[Script]


def prepared(app: Opened, clone: Clone, samples: Sequence[Sample]) -> Prepared:
    """Play what comes before the load on a fresh database."""
    clone.reset()
    return Prepared(clone, asyncio.run(scripts(samples, app.side)))


@dataclass
class Session:
    """Measures settings of one side.

    Attributes:
        samples: what is sent, in the proportion of the traffic.
        ready: the load on a database that is copied; None where the app keeps in its own memory what the load stands
            on: all that comes before is played anew then, each time.
        expected: scripts that the load has: another load would not compare.
        clients: that send at a time.
        until: when there is no time for another trial; of `time.monotonic`.
        skipped: settings for which there was none.
    """

    server: Server
    side: SideConfig
    taker: Taker
    samples: Sequence[Sample]
    ready: Prepared | None
    expected: int
    clients: int
    options: BenchConfig
    patience: float
    listener: Listener
    until: float
    skipped: list[Setting] = field(default_factory=list)

    def current(self) -> tuple[Own, Trial]:
        """What the app has itself, once it was under load, and how it does with that.

        Raises:
            CouldNotRunError: it does not start, or no longer answers the load.
        """
        if self.ready is not None:
            with self._opened(AS_IT_IS) as app:
                alone = self.taker.round(app.side, app.gauges, self.ready.scripts, 1, ALONE_SECONDS)
            if alone.failed:
                self.ready = None
        with self._opened(AS_IT_IS) as app:
            load = self._load(app)
            self._round(app, load, WARM_SECONDS)
            rounds = [self._round(app, load, self.options.seconds * LONGER) for _ in range(PASSES)]
            own = app.own
        return own, Trial(own.setting, rounds, current=True)

    def attempt(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings in turn, largest first and back, so that what drifts meets all of them.

        What fails is not tried again, and what has less of everything not at all. A setting for which there is no time
        left is left out.
        """
        rounds: dict[Setting, list[Round]] = {}
        stopped: dict[Setting, str] = {}
        took = 0.0
        for number in range(PASSES):
            for setting in sorted(settings, key=Setting.amounts, reverse=number % 2 == 0):
                if (why := hopeless(setting, rounds)) is not None:
                    stopped.setdefault(setting, why)
                if setting in stopped or (number and not Trial(setting, rounds.get(setting, ())).usable):
                    continue
                begun = time.monotonic()
                if begun + took > self.until:
                    self._skip(setting, rounds)
                    continue
                self.listener(Stage(f"trying {setting} ({number + 1} of {PASSES})"))
                try:
                    rounds[setting] = [*rounds.get(setting, ()), self._tried(setting)]
                except CouldNotRunError as error:
                    stopped[setting] = str(error).splitlines()[0]
                took = time.monotonic() - begun
        return [
            Trial(setting, tuple(rounds.get(setting, ())), stopped=stopped.get(setting, ""))
            for setting in settings
            if setting in rounds or setting in stopped
        ]

    def held_against(self, current: Trial, settings: Sequence[Setting], until: float) -> list[Trial]:
        """Rounds of what the app has itself, which comes first, and of settings, in turn; all of them run meanwhile."""
        every = (AS_IT_IS, *settings)
        rounds: list[list[Round]] = [[] for _ in every]
        turns = pairs_needed(len(settings))
        for number in range(0, turns, HEAT):
            if number >= FEWEST_TURNS and time.monotonic() > until:
                break
            self.listener(Stage(f"holding the best against what it has now: {number} of {turns} rounds"))
            for turn in self._heat(every, min(HEAT, turns - number)):
                for done, one in zip(rounds, turn, strict=True):
                    done.append(one)
        own = Trial(current.setting, tuple(rounds[0]), current=True)
        return [own, *(Trial(setting, tuple(done)) for setting, done in zip(settings, rounds[1:], strict=True))]

    def _heat(self, settings: Sequence[Setting], turns: int) -> Iterator[Sequence[Round]]:
        """A few rounds of each: on data that is not used up yet, and in processes that are not the same each time."""
        with ExitStack() as stack:
            apps = [stack.enter_context(self._opened(setting)) for setting in settings]
            loads = [self._load(app) for app in apps]
            for app, load in zip(apps, loads, strict=True):
                self._round(app, load, WARM_SECONDS)
            places = range(len(apps))
            for number in range(turns):
                order = places if number % 2 == 0 else reversed(places)
                done = {place: self._round(apps[place], loads[place], self.options.seconds) for place in order}
                yield [done[place] for place in places]

    def _tried(self, setting: Setting) -> Round:
        with self._opened(setting) as app:
            load = self._load(app)
            warm = self._round(app, load, WARM_SECONDS)
            if failing([warm]) > LOST:
                return warm
            return self._round(app, load, self.options.seconds * LONGER)

    @contextmanager
    def _opened(self, setting: Setting) -> Iterator[Opened]:
        """A fresh clone takes less time than the reset of one that load was written to."""
        source = None if self.ready is None else self.ready.clone
        with (
            self.server.clone(f"tune {self.side.name}", source) as clone,
            opened(self.side, clone, setting, self.patience) as app,
        ):
            yield app

    def _load(self, app: Opened) -> Sequence[Script]:
        load = asyncio.run(scripts(self.samples, app.side)) if self.ready is None else self.ready.scripts
        if len(load) < self.expected:
            missing = self.expected - len(load)
            raise CouldNotRunError(f"{missing} of {self.expected} requests do not answer as they do without it")
        return load

    def _round(self, app: Opened, load: Sequence[Script], seconds: float) -> Round:
        return self.taker.round(app.side, app.gauges, load, self.clients, seconds)

    def _skip(self, setting: Setting, rounds: dict[Setting, list[Round]]) -> None:
        if setting not in rounds and setting not in self.skipped:
            self.skipped.append(setting)
