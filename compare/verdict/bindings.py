"""The one-to-one record: which generated value of async stands for which of legacy, and where they first met."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

Namespace = Literal["token", "time"]


@dataclass
class Bindings:
    """Pairs that hold for the whole run, wherever the values turn up.

    `known` holds values that were there before the first request (in the template, or in the scenario itself): nothing
    generated them during the run, so they can only stand for themselves.
    """

    known: set[tuple[Namespace, str | int]] = field(default_factory=set)
    _forward: dict[tuple[Namespace, str | int], tuple[str | int, str]] = field(default_factory=dict)
    _backward: dict[tuple[Namespace, str | int], tuple[str | int, str]] = field(default_factory=dict)
    _log: list[tuple[Namespace, str | int, str | int]] = field(default_factory=list)

    def bind(self, space: Namespace, legacy: str | int, async_: str | int, where: str) -> str | None:
        """Take the pair up. None when it holds, else the sentence that says which earlier pair it breaks."""
        if legacy != async_:
            for side, value in (("legacy", legacy), ("async", async_)):
                if (space, value) in self.known:
                    return f"the value of {side} was there before the run, so it was not generated during it"
        met = self._forward.get((space, legacy))
        if met is not None:
            if met[0] == async_:
                return None
            return f"what legacy has here stood for {_show(space, met[0])} on async at {met[1]}"
        met = self._backward.get((space, async_))
        if met is not None:
            return f"what async has here stood for {_show(space, met[0])} on legacy at {met[1]}"
        self._forward[space, legacy] = async_, where
        self._backward[space, async_] = legacy, where
        self._log.append((space, legacy, async_))
        return None

    def image(self, space: Namespace, value: str | int, *, of_legacy: bool) -> str | int | None:
        """The async value by which this pair is known on both sides; None for a value that is not bound."""
        if (space, value) in self.known:
            return value
        if of_legacy:
            met = self._forward.get((space, value))
            return met[0] if met else None
        return value if (space, value) in self._backward else None

    def mark(self) -> int:
        """A point to come back to with `undo`."""
        return len(self._log)

    def undo(self, mark: int) -> None:
        """Forget every pair taken up since `mark`."""
        while len(self._log) > mark:
            space, legacy, async_ = self._log.pop()
            del self._forward[space, legacy]
            del self._backward[space, async_]


def _show(space: Namespace, value: str | int) -> str:
    if space == "time" and isinstance(value, int):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).isoformat()
    return repr(value)
