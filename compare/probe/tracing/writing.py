"""What was seen, kept by place, and written down when the process ends."""

from __future__ import annotations

import atexit
import json
import os
import threading
from pathlib import Path
from typing import Any

from . import places

TESTS = 3  # that are named for one place

_seen: dict[str, dict[Any, dict[str, Any]]] = {}
_lock = threading.Lock()
_out = ""


def install(out: str) -> None:
    """Write into this folder at the end, also after a fork."""
    global _out  # noqa: PLW0603 - one recorder a process
    _out = out
    atexit.register(write)
    leave = os._exit

    def leaving(status: int) -> None:
        write()
        leave(status)

    os._exit = leaving  # type: ignore[assignment] # workers of some servers end so
    os.register_at_fork(after_in_child=_seen.clear)


def seen(kind: str, key: Any) -> bool:
    """Count something that was seen before; False if it is new."""
    found = _seen.get(kind)
    known = found.get(key) if found is not None else None
    if known is None:
        return False
    known["count"] += 1
    return True


def keep(kind: str, key: Any, what: dict[str, Any], test: str | None = None) -> None:
    """Keep something that is new; of this test, or of the one that runs."""
    test = places.test() if test is None else test
    with _lock:
        _seen.setdefault(kind, {}).setdefault(key, {**what, "count": 1, "tests": [test] if test else []})


def write() -> None:
    """Write what was seen."""
    from . import answers, lines  # noqa: PLC0415 - they stand on this module

    with _lock:
        told: dict[str, Any] = {kind: list(found.values()) for kind, found in _seen.items()}
        told["lines"] = lines.told()
        told["routes"] = answers.routes()
        try:
            with (Path(_out) / f"{os.getpid()}.json").open("w", encoding="utf-8") as file:
                json.dump(told, file)
        except OSError:
            return
