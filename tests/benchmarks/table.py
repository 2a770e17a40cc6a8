"""Rounds as a table, and ratios of their medians beside what they should be."""

from collections.abc import Callable, Mapping, Sequence

from compare.bench.figures import Round, median

FIGURE: dict[str, Callable[[Round], float | None]] = {
    "throughput": lambda done: done.throughput,
    "cpu": lambda done: done.cpu / len(done.good) if done.good else None,
    "p50": lambda done: done.quantile(0.5),
    "p99": lambda done: done.quantile(0.99),
    "memory": lambda done: done.memory,
    "threads": lambda done: done.threads,
}


def middle(rounds: Sequence[Round], what: str) -> float:
    """The median of a figure over the rounds that have it."""
    figure = FIGURE[what]
    return median([value for done in rounds if (value := figure(done)) is not None]) or float("nan")


def of(taken: Mapping[str, list[Round]], what: str, over: str = "async", under: str = "legacy") -> float:
    """The median of a figure of one app by that of another."""
    return middle(taken[over], what) / middle(taken[under], what)


def table(taken: Mapping[str, list[Round]]) -> None:
    """Print the medians of every app; `module:factory` is called by its factory."""
    print(f"  {'':<20}{'a second':>10}{'CPU each':>12}{'p50':>12}{'p99':>12}{'memory':>10}{'threads':>9}{'bad':>6}")
    for name, rounds in taken.items():
        cpu, p50, p99 = (f"{middle(rounds, what) * 1e3:,.2f} ms" for what in ("cpu", "p50", "p99"))
        memory = f"{middle(rounds, 'memory') / 1e6:.0f} MB"
        bad = sum(len(done.bad) + done.hanging for done in rounds)
        called = name.rpartition(":")[2]
        print(
            f"  {called:<20}{middle(rounds, 'throughput'):>10,.1f}{cpu:>12}{p50:>12}{p99:>12}{memory:>10}"
            f"{middle(rounds, 'threads'):>9.0f}{bad:>6}",
            flush=True,
        )


def ratio(what: str, value: float, *, least: float | None = None, most: float | None = None) -> None:
    """Print a ratio, and what it should be where something is asked of it."""
    reached = (least is None or value >= least) and (most is None or value <= most)
    wanted = f"at least {least:g}" if least is not None else f"at most {most:g}" if most is not None else ""
    said = f"   ({wanted}{'' if reached else ': not reached'})" if wanted else ""
    print(f"  {what:<48}{value:>8.2f}{said}", flush=True)
