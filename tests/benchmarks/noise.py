"""Whether chance is taken for a difference, and a difference for chance: `python -m tests.benchmarks noise`.

One of the small pair's apps against itself, RUNS times (100 if the environment does not say): what `compare bench`
judges by, the pairs of rounds of the mix and of some routes. Both apps are started anew for each run, as they are for
each `compare bench`: what two processes of one app differ by stays as long as they live, and would else be met once.
Prints how often anything was called faster or slower. Then the same with one route of the async side that takes a tenth
more of its own processor time, measured first: whether that route is called slower, and no other; and how long the
whole command takes that finds it.

APP in the environment is the app, `aio` or `legacy`; ROUND the seconds of a round; ROUTES which are measured, with
commas between them.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from compare.bench.ceiling import ceiling
from compare.bench.figures import median
from compare.bench.judgement import judged
from compare.bench.result import MIX, SIDES, Judged
from compare.bench.run import SHARES, Bench, bench
from compare.bench.sender import Sender, sending
from compare.bench.sides import opened
from compare.bench.taking import machine
from compare.bench.workload import Workload, learned, mixed
from compare.config import Config, load
from compare.postgres import Server, fill, running_server
from compare.verdict import choose_scenarios

ROOT = Path(__file__).parents[2]
PAIR = ROOT / "tests" / "compare" / "pair" / "compare.toml"
URL = {"aio": "{url}", "legacy": "{sync_url}"}
APP = os.environ.get("APP", "aio")
ROUTES = os.environ.get("ROUTES", "GET /watches,POST /entries").split(",")
SLOWER = "GET /watches"
SHARE = 0.1
WRONG = {"faster", "slower"}


def _config(slowed: str = "") -> Config:
    """The app on both sides, where async may burn so much in one route."""
    env = {"DATABASE_URL": URL[APP], "PAIR_APP": APP}
    told: dict[str, object] = {}
    for side in SIDES:
        told |= {f"{side}.app": "tests.benchmarks.slowed:app", f"{side}.directory": str(ROOT), f"{side}.env": env}
    told["async.env"] = env | ({"SLOWED": slowed} if slowed else {})
    if "ROUND" in os.environ:
        told["bench.seconds"] = float(os.environ["ROUND"])
    return load(PAIR, told)


@dataclass
class Noise:
    """What is the same in all runs."""

    server: Server
    sender: Sender
    top: float
    workload: Workload

    def run(self, config: Config, routes: Sequence[str]) -> list[Judged]:
        """Both apps anew, and all that a verdict stands on; what is said of each."""
        targets = {MIX: mixed(self.workload), **{route: list(self.workload.samples[route]) for route in routes}}
        measured = []
        with opened(self.server, config) as running:
            measuring = Bench.of(running, config.bench, self.sender, len(targets))
            with measuring.apart():
                for name, samples in targets.items():
                    script = {side: measuring.prepared(side, samples) for side in SIDES}
                    until = time.monotonic() + SHARES["pairs"] * config.bench.budget
                    measured.append(measuring.compared(name, script, until, lambda _: None))
        return judged(measured, self.top, config.bench.margin)


def main() -> None:
    """Measure and print."""
    runs, config = int(os.environ.get("RUNS", "100")), _config()
    targets = ", ".join((MIX, *ROUTES))
    print(f"{machine()}; rounds of {config.bench.seconds} s; {targets}")
    with _noise(config) as noise:
        _against_itself(noise, config, runs)
        _slowed(noise, config)


@contextmanager
def _noise(config: Config) -> Iterator[Noise]:
    """The server, the generator, and what can be sent again and again."""
    with running_server(None) as server, sending() as sender:
        server.build_template(partial(fill, config))
        with opened(server, config) as running:
            sides = list(running.sides.values())
            scenarios = choose_scenarios(config).scenarios(sides[0].subject)
            workload = asyncio.run(learned(scenarios, sides, config.bench))
        yield Noise(server, sender, ceiling(sender), workload)


def _against_itself(noise: Noise, config: Config, runs: int) -> None:
    """Count the runs in which anything was said to differ."""
    alarms, mute, verdicts = 0, 0, Counter[str]()
    for number in range(1, runs + 1):
        begun = time.perf_counter()
        said = noise.run(config, ROUTES)
        verdicts.update(one.verdict for one in said)
        alarms += any(one.verdict in WRONG for one in said)
        mute += all(one.verdict == "none" for one in said)
        print(f"{number:4} {time.perf_counter() - begun:5.1f} s  {_words(said)}", flush=True)
    print(f"{APP} against {APP}: {runs} runs, in {alarms} something is faster or slower; {dict(verdicts)}", flush=True)
    if mute:
        print(f"In {mute} of them nothing could be said of anything: they tell nothing of false alarms.", flush=True)


def _slowed(noise: Noise, config: Config) -> None:
    """Find out what a route takes, slow it down on one side, and look for it: among others, then as a person would."""
    with opened(noise.server, config) as running:
        measuring = Bench.of(running, config.bench, noise.sender, 1)
        script = measuring.prepared("legacy", noise.workload.samples[SLOWER])
        with measuring.apart():
            rounds = [measuring.round("legacy", script, config.bench.clients, 1.0) for _ in range(5)]
    takes = median([done.cpu_each or 0.0 for done in rounds])
    burnt = SHARE * (takes or 0.0)
    print(f"{SLOWER} takes {1e6 * (takes or 0.0):.0f} µs of processor time, on async {1e6 * burnt:.0f} µs more")
    slower = _config(f"{SLOWER}={burnt:.9f}")
    print(f"all of them: {_words(noise.run(slower, ROUTES))}", flush=True)
    options = slower.bench.model_copy(update={"routes": (SLOWER,), "concurrency": (slower.bench.clients,)})
    found = bench(slower, choose_scenarios(slower), options, lambda _: None)
    command = f"compare bench --routes {SLOWER!r} --concurrency {options.clients}"
    print(f"{command}, {found.seconds:.1f} s: {_words(found.judged)}")


def _words(said: Sequence[Judged]) -> str:
    return "; ".join(f"{one.measured.name} {_word(one)}" for one in said)


def _word(one: Judged) -> str:
    found = one.throughput
    if found is None:
        return one.words
    pairs = len(one.measured.pairs)
    return f"{one.verdict} {found.value:.3f} ({found.low:.3f} to {found.high:.3f}, {pairs} pairs)"


if __name__ == "__main__":
    main()
