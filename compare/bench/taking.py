"""One round of load on one running side: what is read before and after it, and what that makes of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psutil

from compare.bench import meter
from compare.bench.figures import Round
from compare.bench.gauge import begun, since
from compare.bench.locks import watching
from compare.errors import CouldNotRunError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compare.bench.gauge import Shown
    from compare.bench.script import Script
    from compare.bench.sender import Sender
    from compare.verdict.side import Side


@dataclass(frozen=True)
class Readings:
    """At one moment: the app's processes, and seconds of processor time of the database's (None: elsewhere) and of all.

    The database's processes are those of its whole server: there is no other work on an embedded one.
    """

    app: meter.Reading
    database: float | None
    machine: float


@dataclass(frozen=True)
class Taker:
    """Takes rounds.

    Attributes:
        patience: seconds after which an answer counts as missing.
        postmaster: the database server's first process; None where it cannot be seen.
    """

    sender: Sender
    patience: float
    postmaster: int | None = None

    def round(  # noqa: PLR0913, PLR0917 - what a round is
        self, side: Side, gauges: Path, load: Sequence[Script], clients: int, seconds: float, rate: float | None = None
    ) -> Round:
        """One round on one side.

        Raises:
            CouldNotRunError: the app is gone, or the generator.
        """
        if not side.subject.alive:
            raise CouldNotRunError(
                f"The {side.subject.name} app is gone. What it printed last:\n{side.subject.output()[-2000:]}"
            )
        before: list[tuple[Readings, Shown]] = []
        with watching(side.clone) as waits:
            told = self.sender.send(
                side.subject.base_url,
                load,
                clients=clients,
                seconds=seconds,
                rate=rate,
                patience=self.patience,
                at_start=lambda: before.append((self._readings(side), begun(gauges))),
            )
        (readings, shown), after = before[0], self._readings(side)
        done = _round(told, clients, rate, readings, after)
        return replace(done, lock_waits=waits.seconds, gauges=since(gauges, shown))

    def _readings(self, side: Side) -> Readings:
        database = None if self.postmaster is None else meter.read(self.postmaster).cpu
        return Readings(meter.read(side.subject.pid), database, meter.machine())


def _round(told: dict[str, Any], clients: int, rate: float | None, before: Readings, after: Readings) -> Round:
    cpu, database = after.app.cpu - before.app.cpu, None
    if before.database is not None and after.database is not None:
        database = max(0.0, after.database - before.database)
    ours = cpu + (database or 0.0) + told["busy"] * told["taken"]
    return Round(
        clients=clients,
        rate=rate,
        seconds=told["seconds"],
        good=[micros / 1e6 for micros in told["good"]],
        bad=[micros / 1e6 for micros in told["bad"]],
        requests=told["requests"],
        statuses=told["statuses"],
        lost=told["lost"],
        changed=told["changed"],
        hanging=told["hanging"],
        unsent=told["unsent"],
        taken=told["taken"],
        cpu=cpu,
        memory=after.app.memory,
        threads=after.app.threads,
        database_cpu=database,
        generator=told["busy"],
        others=None if database is None else max(0.0, after.machine - before.machine - ours) / told["taken"],
    )


def postmaster(sides: Sequence[Side]) -> int | None:
    """The database server's first process, if both sides' databases are its and it runs on this machine."""
    clones = [side.clone for side in sides]
    if any(clone is None or clone.address.host not in {"127.0.0.1", "localhost"} for clone in clones):
        return None
    pids = [clone.fetch("SELECT pg_backend_pid() AS pid")[0]["pid"] for clone in clones if clone is not None]
    found = {meter.postmaster(pid) for pid in pids if isinstance(pid, int)}
    return found.pop() if len(found) == 1 else None


def machine() -> str:
    """Where it is measured, in words."""
    return (
        f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )
