"""No false alarm: `uv run python -m tests.benchmarks.same [REQUESTS]` compares the twins with themselves at length.

Legacy with itself, async with itself, and legacy with async, each over at least so many requests (10,000 if not said):
all scenarios again and again, on databases put back to the template's state. Prints what was found; exits 1 for a
difference.
"""

import sys
import time
from functools import partial
from pathlib import Path

from compare.config import Config, SideConfig, load
from compare.postgres import Server, fill, running_server
from compare.verdict import choose_scenarios
from compare.verdict.run import Run
from compare.verdict.sides import opened

ROOT = Path(__file__).parents[2]
REQUESTS = 10_000


def main() -> None:
    """Compare, and print."""
    least = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    config = load(ROOT / "pyproject.toml")
    found = 0
    with running_server(None) as server:
        server.build_template(partial(fill, config))
        for pair in ((config.legacy, config.legacy), (config.async_, config.async_), config.sides):
            found += _compared(server, config, pair, least)
    sys.exit(1 if found else 0)


def _compared(server: Server, config: Config, pair: tuple[SideConfig, SideConfig], least: int) -> int:
    """Play rounds until there were enough requests; how many differences there were."""
    plan = choose_scenarios(config)
    sent = differences = 0
    hazards: set[tuple[str, str]] = set()
    begun = time.perf_counter()
    with opened(server, config, pair) as sides:
        scenarios = plan.scenarios(sides.legacy.subject)
        while sent < least:
            run = Run.of(config, sides.fresh(), scenarios, lambda _event: None)
            run.play(scenarios)
            run.settle()
            sent += run.record.requests
            for group in run.record.grouping.groups():
                primary = group.primary
                if group.severity == "difference":
                    differences += 1
                    print(f"  {primary.code} {primary.where} on {primary.route}: {primary.legacy} | {primary.async_}")
                elif group.severity == "hazard":
                    hazards.add((primary.code, primary.where))
    seconds = time.perf_counter() - begun
    names = f"{pair[0].name} against {pair[1].name}"
    print(
        f"{names:<24} {sent:>7,} requests  {differences} differences  {len(hazards)} hazards  {seconds:8.1f} s  "
        f"{1000 * seconds / sent:6.1f} ms a request",
        flush=True,
    )
    return differences


if __name__ == "__main__":
    main()
