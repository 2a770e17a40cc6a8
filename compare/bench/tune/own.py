"""What the app has itself: its pools, its threads, its processes, as the probe inside tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from compare.bench.tune.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Pool:
    """One pool as the app makes it.

    Attributes:
        kind: its class.
        size: that it asks for; None where it has none (NullPool).
        overflow: below 0 is any number.
        awaited: whether it belongs to an async engine.
    """

    kind: str
    size: int | None
    overflow: int | None
    awaited: bool

    def __str__(self) -> str:
        """`5+10`."""
        if self.size is None:
            return self.kind
        return f"{self.size}+{'∞' if self.unbounded else self.overflow}"

    @property
    def unbounded(self) -> bool:
        """Whether it opens as many connections as are asked for."""
        return self.size is None or self.size == 0 or (self.overflow or 0) < 0


@dataclass(frozen=True)
class Own:
    """What the app has itself.

    Attributes:
        pools: of one process.
        threads: of one process, for sync code; None where nothing of Starlette is inside.
        processes: that serve.
    """

    pools: tuple[Pool, ...] = ()
    threads: int | None = None
    processes: int = 1

    @property
    def sized(self) -> tuple[Pool, ...]:
        """Pools that have a size, which another can be given."""
        return tuple(pool for pool in self.pools if pool.size is not None)

    @property
    def awaited(self) -> bool:
        """Whether its connections are awaited: threads do not wait for them then."""
        return any(pool.awaited for pool in self.sized)

    @property
    def units(self) -> int:
        """How many pools there are, of all processes."""
        return max(1, len(self.sized)) * self.processes

    @property
    def connections(self) -> int | None:
        """Most that all its pools can open together; None where that has no bound."""
        if not self.sized or any(pool.unbounded for pool in self.pools):
            return None
        return self.processes * sum((pool.size or 0) + (pool.overflow or 0) for pool in self.sized)

    @property
    def setting(self) -> Setting:
        """As a setting; of several pools the first."""
        if not self.sized:
            return Setting(threads=self.threads)
        return Setting(self.sized[0].size, self.sized[0].overflow, self.threads)

    def __str__(self) -> str:
        """`pool 5, overflow 10, 40 threads`."""
        if len(set(self.sized)) == 1:
            return str(self.setting)
        pools = f"pools {', '.join(map(str, self.pools))}" if self.pools else "no pool"
        return pools if self.threads is None else f"{pools}, {self.threads} threads"


def told(folder: Path) -> Own:
    """What the processes of an app told in a folder; those that never served a request do not count."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir() if _lives(file)]
    serving = [one for one in found if one["threads"] is not None] or [one for one in found if one["pools"]]
    if not serving:
        return Own()
    most: Mapping[str, Any] = max(serving, key=lambda one: len(one["pools"]))
    pools = tuple(Pool(one["kind"], one["pool"], one["overflow"], one["awaited"]) for one in most["pools"])
    return Own(pools, most["threads"], len(serving))


def _lives(file: Path) -> bool:
    return file.name.isdigit() and psutil.pid_exists(int(file.name))
