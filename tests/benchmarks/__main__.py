"""How long the first run takes: `uv run python -m tests.benchmarks`, or the benchmarks named after it.

`lockstep`, `rows`, `memory`, `shrink`, `html`, `audit`, `trace`, `noise`, `speed` and `levers` are modules of this
package, and say themselves what they measure.

Medians and ranges in seconds of the embedded server, the template, clone and app start a side, a reset between two
tests, a whole `compare`, and the shared suite. Quote them from a machine that does nothing else.
"""

import importlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from compare.config import SideConfig, load
from compare.postgres import Clone, Server, fill, running_server
from compare.subjects import started

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Measure and print."""
    config = load(ROOT / "pyproject.toml")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    report("embedded PostgreSQL: start and stop", 5, _start_server)
    with running_server(None) as server:
        report("template: migrations and seed rows", 5, partial(server.build_template, partial(fill, config)))
        for side in config.sides:
            report(f"database clone and app start: {side.name}", 5, partial(_start, server, side))
        with server.clone("reset") as clone:
            clone.reset()
            report("reset between two tests, one row written", 20, partial(_change_and_reset, clone))
    report("compare: all scenarios of the twins", 3, partial(_python, "-m", "compare"))
    report("the shared suite", 1, partial(_python, "-m", "pytest", "-q", "tests/shared"))


def report(name: str, rounds: int, work: Callable[[], float | None]) -> None:
    """Print the median and the range of `rounds` rounds; `work` may say itself how long the part in question took."""
    seconds = sorted(_timed(work) for _ in range(rounds))
    middle = statistics.median(seconds)
    print(f"{name:<45} {middle:8.3f} s   ({seconds[0]:.3f} to {seconds[-1]:.3f}, {rounds} rounds)", flush=True)


def _timed(work: Callable[[], float | None]) -> float:
    begun = time.perf_counter()
    part = work()
    return time.perf_counter() - begun if part is None else part


def _start_server() -> None:
    with running_server(None):
        pass


def _start(server: Server, side: SideConfig) -> float:
    """Seconds until the side answers; stopping it is not counted."""
    begun = time.perf_counter()
    with server.clone("start") as clone, started(side, clone.address):
        return time.perf_counter() - begun


def _change_and_reset(clone: Clone) -> float:
    clone.execute("UPDATE customers SET name = name WHERE id = 1")
    begun = time.perf_counter()
    clone.reset()
    return time.perf_counter() - begun


def _python(*arguments: str) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        importlib.import_module(f"tests.benchmarks.{chosen}").main()
    if not sys.argv[1:]:
        main()
