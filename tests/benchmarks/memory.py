"""Whether memory stays flat however long a run: `python -m tests.benchmarks memory`.

Writes, reads and deletes rows on the pair of the tests, and prints what this process holds after 1,000 requests and
after every further tenth: megabytes in memory, and Python's own count of blocks. REQUESTS in the environment changes
how many.
"""

import gc
import os
import sys
from contextlib import closing
from pathlib import Path

from compare.verdict.events import Event, StepDone
from compare.verdict.run import Run
from tests.benchmarks.pair import pair_running, scenario_named

REQUESTS = int(os.environ.get("REQUESTS", "50000"))
FIRST = 1_000


def main() -> None:
    """Measure and print."""
    scenario = scenario_named("an entry is torn out")
    looks = {FIRST, *range(REQUESTS // 10, REQUESTS + 1, REQUESTS // 10)}

    def listener(event: Event) -> None:
        if isinstance(event, StepDone) and event.done in looks:
            gc.collect()
            print(
                f"{event.done:7,} requests   {_resident():7.1f} MB   {sys.getallocatedblocks():9,} blocks", flush=True
            )

    with pair_running() as (config, sides, _):
        scenarios = [scenario] * (REQUESTS // len(scenario.steps) + 1)
        with closing(Run.of(config, sides, scenarios, listener)) as run:
            run.play(scenarios)
            run.settle()
            print(f"{run.record.requests:,} requests, {len(run.record.findings)} findings")


def _resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
