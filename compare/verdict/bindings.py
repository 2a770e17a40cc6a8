"""The one-to-one record: which generated value of async stands for which of legacy, and where they first met."""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from compare.verdict import store
from compare.verdict.known import Known, Namespace, Value

if TYPE_CHECKING:
    import sqlite3

HELD = 5_000  # pairs in memory, the latest; earlier ones are on disk
FOUND = 10_000  # pairs that were read from disk and are remembered
SCHEMA = """
    CREATE TABLE pairs (number INTEGER PRIMARY KEY, space, legacy, async, place);
    CREATE UNIQUE INDEX forward ON pairs (space, legacy);
    CREATE UNIQUE INDEX backward ON pairs (space, async);
"""
Met = tuple[str | int, str]  # what a value stands for on the other side, and where that was seen first
_FORWARD = "SELECT async, place FROM pairs WHERE space = ? AND legacy = ?"
_BACKWARD = "SELECT legacy, place FROM pairs WHERE space = ? AND async = ?"


@dataclass
class Bindings:
    """Pairs that hold for the whole run, wherever the values turn up. Whoever makes one closes it.

    `known` holds values that were there before the first request (in the template, or in the scenario itself): nothing
    generated them during the run, so they can only stand for themselves.
    """

    known: Known = field(default_factory=Known)
    _forward: dict[Value, Met] = field(default_factory=dict)
    _backward: dict[Value, Met] = field(default_factory=dict)
    _log: list[tuple[Namespace, str | int, str | int]] = field(default_factory=list)
    _stored: int = 0
    _store: sqlite3.Connection | None = None
    _found: OrderedDict[tuple[str, Value], Met] = field(default_factory=OrderedDict)

    def bind(self, space: Namespace, legacy: str | int, async_: str | int, where: str) -> str | None:
        """Take the pair up. None when it holds, else the sentence that says which earlier pair it breaks."""
        if legacy != async_:
            for side, value in (("legacy", legacy), ("async", async_)):
                if (space, value) in self.known:
                    return f"the value of {side} was there before the run, so it was not generated during it"
        met = self._of_legacy((space, legacy))
        if met is not None:
            if met[0] == async_:
                return None
            return f"what legacy has here stood for {_show(space, met[0])} on async at {met[1]}"
        met = self._of_async((space, async_))
        if met is not None:
            return f"what async has here stood for {_show(space, met[0])} on legacy at {met[1]}"
        if len(self._log) >= HELD:
            self._spill()
        self._forward[space, legacy] = async_, where
        self._backward[space, async_] = legacy, where
        self._log.append((space, legacy, async_))
        return None

    def image(self, space: Namespace, value: str | int, *, of_legacy: bool) -> str | int | None:
        """The async value by which this pair is known on both sides; None for a value that is not bound."""
        if (space, value) in self.known:
            return value
        if of_legacy:
            met = self._of_legacy((space, value))
            return met[0] if met else None
        return value if self._of_async((space, value)) else None

    def mark(self) -> int:
        """A point to come back to with `undo`."""
        return self._stored + len(self._log)

    def undo(self, mark: int) -> None:
        """Forget every pair taken up since `mark`."""
        while self._log and self._stored + len(self._log) > mark:
            space, legacy, async_ = self._log.pop()
            del self._forward[space, legacy]
            del self._backward[space, async_]
        if self._store is not None and self._stored > mark:
            self._store.execute("DELETE FROM pairs WHERE number > ?", (mark,))
            self._stored = mark
            self._found.clear()

    def close(self) -> None:
        """Take what is on disk away."""
        self.known.close()
        if self._store is not None:
            self._store.close()  # and stays, so that asking after the end fails and is not answered wrongly

    def __deepcopy__(self, memo: dict[int, Any]) -> Bindings:
        """A record of its own, with all that this one has."""
        twin = Bindings(copy.deepcopy(self.known, memo), dict(self._forward), dict(self._backward), list(self._log))
        if self._store is not None:
            twin._store, twin._stored = store.copied(self._store), self._stored
        return twin

    def _of_legacy(self, value: Value) -> Met | None:
        return self._forward.get(value) or self._on_disk(_FORWARD, value)

    def _of_async(self, value: Value) -> Met | None:
        return self._backward.get(value) or self._on_disk(_BACKWARD, value)

    def _on_disk(self, query: str, value: Value) -> Met | None:
        if self._store is None:
            return None
        met = self._found.get((query, value))
        if met is None and (row := self._store.execute(query, value).fetchone()) is not None:
            met = self._found[query, value] = row[0], row[1].decode("utf-8", "surrogatepass")
            if len(self._found) > FOUND:
                self._found.popitem(last=False)
        return met

    def _spill(self) -> None:
        """Move the earlier half of what is held to disk."""
        if self._store is None:
            self._store = store.opened(SCHEMA)
        moved, self._log = self._log[: HELD // 2], self._log[HELD // 2 :]
        rows = []
        for number, (space, legacy, async_) in enumerate(moved, self._stored + 1):
            _, where = self._forward.pop((space, legacy))
            del self._backward[space, async_]
            # A place may be named by a key of the answer, which JSON lets be half a character.
            rows.append((number, space, legacy, async_, where.encode("utf-8", "surrogatepass")))
        self._store.execute("BEGIN")
        self._store.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?)", rows)
        self._store.execute("COMMIT")
        self._stored += len(moved)


def _show(space: Namespace, value: str | int) -> str:
    if space == "time" and isinstance(value, int):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).isoformat()
    return repr(value)
