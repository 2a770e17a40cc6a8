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
from compare.bench.tune.setting import AS_IT_IS
from compare.bench.tune.trial import Trial
from compare.bench.workload import scripts
from compare.errors import CouldNotRunError
from compare.probe.tuning import VARIABLE
from compare.process import scratch
from compare.subjects import started
from compare.verdict.events import Stage
from compare.verdict.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from compare.bench.figures import Round
    from compare.bench.script import Script
    from compare.bench.taking import Taker
    from compare.bench.tune.own import Own
    from compare.bench.tune.setting import Setting
    from compare.bench.workload import Sample
    from compare.config import BenchConfig, SideConfig
    from compare.postgres import Server
    from compare.verdict.events import Listener

PASSES = 2
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
def opened(server: Server, side: SideConfig, setting: Setting, patience: float) -> Iterator[Opened]:
    """Start the app under a setting. A fresh clone takes less time than the reset of one that load was written to.

    Raises:
        CouldNotRunError: it does not start.
    """
    with ExitStack() as stack:
        clone = stack.enter_context(server.clone(f"tune {side.name}"))
        gauges, telling = stack.enter_context(scratch()), stack.enter_context(scratch())
        wanted = {"pool": setting.pool, "overflow": setting.overflow, "threads": setting.threads}
        env = {**gauging(side, gauges), VARIABLE: json.dumps({"folder": str(telling), **wanted})}
        subject = stack.enter_context(started(side, clone.address, env=env))
        yield Opened(Side.of(subject, clone, patience=patience), gauges, telling)


@dataclass
class Session:
    """Measures settings of one side.

    Attributes:
        samples: what is sent, in the proportion of the traffic.
        clients: that send at a time.
        expected: scripts that the load of the app as it is has: another load would not compare.
        until: when there is no time for another trial; of `time.monotonic`.
        skipped: settings for which there was none.
    """

    server: Server
    side: SideConfig
    taker: Taker
    samples: Sequence[Sample]
    clients: int
    options: BenchConfig
    patience: float
    listener: Listener
    until: float
    expected: int = 0
    skipped: list[Setting] = field(default_factory=list)

    def current(self, app: Opened) -> tuple[Own, Trial]:
        """What the app has itself, once it was under load, and how it does with that."""
        load = self._load(app)
        self.expected = len(load)
        if not load:
            raise CouldNotRunError("Nothing of the load answers any more as it did when it was tried out.")
        self._round(app, load, WARM_SECONDS)
        rounds = [self._round(app, load, self.options.seconds * LONGER) for _ in range(PASSES)]
        own = app.own
        return own, Trial(own.setting, rounds, current=True)

    def attempt(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings in turn, there and back, so that what drifts meets all of them; what fails is not tried again.

        A setting for which there is no time left is left out.
        """
        rounds: dict[Setting, list[Round]] = {}
        stopped: dict[Setting, str] = {}
        took = 0.0
        for number in range(PASSES):
            for setting in settings if number % 2 == 0 else tuple(reversed(settings)):
                if setting in stopped or (number and not Trial(setting, rounds.get(setting, ())).usable):
                    continue
                begun = time.monotonic()
                if begun + took > self.until:
                    self._skip(setting, rounds)
                    continue
                self.listener(Stage(f"trying {setting} ({number + 1} of {PASSES})"))
                try:
                    rounds.setdefault(setting, []).append(self._tried(setting))
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
        with ExitStack() as stack:
            every = (AS_IT_IS, *settings)
            self.listener(Stage("starting the app once for each of the best"))
            apps = [stack.enter_context(self._opened(setting)) for setting in every]
            loads = [self._load(app) for app in apps]
            for app, load in zip(apps, loads, strict=True):
                self._round(app, load, WARM_SECONDS)
            rounds: list[list[Round]] = [[] for _ in every]
            turns = pairs_needed(len(settings))
            for number in range(turns):
                if time.monotonic() > until:
                    break
                self.listener(Stage(f"holding the best against what it has now: {number + 1} of {turns}"))
                places = range(len(every)) if number % 2 == 0 else reversed(range(len(every)))
                for place in places:
                    rounds[place].append(self._round(apps[place], loads[place], self.options.seconds))
        own = Trial(current.setting, tuple(rounds[0]), current=True)
        return [own, *(Trial(setting, tuple(done)) for setting, done in zip(settings, rounds[1:], strict=True))]

    def _tried(self, setting: Setting) -> Round:
        with self._opened(setting) as app:
            load = self._load(app)
            if len(load) < self.expected:
                missing = self.expected - len(load)
                raise CouldNotRunError(f"{missing} of {self.expected} requests do not answer as they do without it")
            self._round(app, load, WARM_SECONDS)
            return self._round(app, load, self.options.seconds * LONGER)

    def _opened(self, setting: Setting) -> AbstractContextManager[Opened]:
        return opened(self.server, self.side, setting, self.patience)

    def _load(self, app: Opened) -> list[Script]:
        return asyncio.run(scripts(self.samples, app.side))

    def _round(self, app: Opened, load: Sequence[Script], seconds: float) -> Round:
        return self.taker.round(app.side, app.gauges, load, self.clients, seconds)

    def _skip(self, setting: Setting, rounds: dict[Setting, list[Round]]) -> None:
        if setting not in rounds and setting not in self.skipped:
            self.skipped.append(setting)
