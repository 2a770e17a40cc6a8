"""How long a stateful difference takes to shrink: `python -m tests.benchmarks shrink`.

Two defects of the tests' pair show only after certain other requests: a list that is cut off once the table holds more
rows, and one that async keeps in its memory. They are met in the middle of a long scenario. Prints how many requests
were played and are left, and the seconds from the end of the run to the proof on apps started anew.
"""

import dataclasses
import os
import time
from functools import partial

from compare.config import load
from compare.postgres import fill, running_server
from compare.traffic import Scenario, load_scenarios
from compare.verdict import Event, Plan, Stage
from compare.verdict.run import run_on
from tests.benchmarks.pair import PAIR

DEFECTS = ("page", "stale")
ROUNDS = 4


def main() -> None:
    """Measure and print."""
    for defect in DEFECTS:
        os.environ["PAIR_BUG"] = defect
        _measure(defect)
    del os.environ["PAIR_BUG"]


def _measure(defect: str) -> None:
    config = load(PAIR / "compare.toml", {"sample": 0})
    moments: list[float] = []

    def listener(event: Event) -> None:
        if isinstance(event, Stage) and event.text.startswith("looking for the shortest way"):
            moments.append(time.monotonic())

    with running_server(None) as server:
        server.build_template(partial(fill, config))
        verdict = run_on(server, config, Plan(config, [_long()]), listener)
        seconds = time.monotonic() - moments[0]
    (shown,) = verdict.reproductions
    calls = ", ".join(f"{step.method} {step.target}" for step in shown.scenario.steps)
    print(f"{defect:<6} {shown.finding.code}  {verdict.requests:3} requests to {len(shown.scenario.steps)}", end="  ")
    print(f"{seconds:5.1f} s   {calls}", flush=True)


def _long() -> Scenario:
    """All of the pair's own steps, several times, as if somebody had recorded them."""
    found = load_scenarios(sorted((PAIR / "scenarios").glob("*.yaml")))
    steps = [dataclasses.replace(step, status=None, prelude=None) for one in found * ROUNDS for step in one.steps]
    numbered = tuple(dataclasses.replace(step, number=number) for number, step in enumerate(steps, 1))
    variables = tuple(pair for one in found for pair in one.variables)
    return dataclasses.replace(found[0], name="a long day", steps=numbered, variables=variables, origin="recorded")


if __name__ == "__main__":
    main()
