"""Whether memory stays flat however long a run: `python -m tests.benchmarks memory`.

Writes, reads and deletes rows on the pair of the tests, and prints what this process holds after 1,000 requests and
after every further tenth: Python's own count and the resident size. REQUESTS in the environment changes how many.
"""

import gc
import os
import tracemalloc
from contextlib import closing
from pathlib import Path

from compare.verdict.events import Event, StepDone
from compare.verdict.run import Run
from tests.benchmarks.pair import pair_running, scenario_named

REQUESTS = int(os.environ.get("REQUESTS", "50000"))
FIRST = 1_000
LARGEST = 12  # places that grew most


def main() -> None:
    """Measure and print."""
    scenario = scenario_named("an entry is torn out")
    looks = {FIRST, *range(REQUESTS // 10, REQUESTS + 1, REQUESTS // 10)}
    snapshots: list[tracemalloc.Snapshot] = []

    def listener(event: Event) -> None:
        if isinstance(event, StepDone) and event.done in looks:
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
            print(f"{event.done:7,} requests   {held / 1e6:7.2f} MB held   {_resident():7.1f} MB resident", flush=True)
            snapshots[1:] = [tracemalloc.take_snapshot()]

    with pair_running() as (config, sides, _):
        scenarios = [scenario] * (REQUESTS // len(scenario.steps) + 1)
        tracemalloc.start()
        with closing(Run.of(config, sides, scenarios, listener)) as run:
            run.play(scenarios)
            run.settle()
            print(f"{run.record.requests:,} requests, {len(run.record.findings)} findings")
    for line in snapshots[-1].compare_to(snapshots[0], "lineno")[:LARGEST]:
        print(f"  {line.size_diff / 1e3:9.1f} kB more   {line.traceback}")


def _resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
