"""Reading what the apps show of themselves while they are under load; `compare.probe.gauges` writes it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from compare.bench.figures import Gauges
from compare.probe.gauges import FIELDS, LAYOUT, VARIABLE
from compare.subjects.feed import injected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compare.config import SideConfig

COUNTERS = ("statements", "pool_wait")
HIGHEST = ("connections", "loop_lag", "threads_used", "queued")
LONGEST = ("loop_lag",)  # of several processes the longest counts, of all else the sum

Shown = dict[str, dict[str, float]]  # by process, by field


def gauging(side: SideConfig, folder: Path) -> dict[str, str]:
    """What a side finds in its environment, so that its processes show their gauges in the folder."""
    told = {VARIABLE: str(folder)}
    if side.command is not None:
        told |= injected(side.env.get("PYTHONPATH", os.environ.get("PYTHONPATH", "")))
    return told


def begun(folder: Path) -> Shown:
    """What is shown now, and from now on the highest anew."""
    shown = dict(_read(folder))
    for process in shown:
        with suppress(OSError), (folder / process).open("r+b") as file:
            for name in HIGHEST:
                file.seek(FIELDS.index(name) * LAYOUT.size // len(FIELDS))
                file.write(bytes(LAYOUT.size // len(FIELDS)))
    return shown


def since(folder: Path, before: Shown) -> Gauges | None:
    """What was shown since then by all processes together; None where no process shows anything."""
    told: dict[str, float] = dict.fromkeys(FIELDS, 0.0)
    shown = dict(_read(folder))
    if not shown:
        return None
    for process, fields in shown.items():
        for name, value in fields.items():
            if name in LONGEST:
                told[name] = max(told[name], value)
            else:
                told[name] += value - (before.get(process, {}).get(name, 0.0) if name in COUNTERS else 0.0)
    whole = {name: int(value) for name, value in told.items() if name not in {"pool_wait", "loop_lag"}}
    return Gauges(pool_wait=told["pool_wait"], loop_lag=told["loop_lag"], **whole)


def _read(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    for file in folder.iterdir():
        content = file.read_bytes()
        if len(content) == LAYOUT.size:
            yield file.name, dict(zip(FIELDS, LAYOUT.unpack(content), strict=True))
