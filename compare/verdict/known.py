"""Values that were there before the first request: nothing generated them during the run."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from compare.verdict import store

if TYPE_CHECKING:
    import sqlite3

Namespace = Literal["token", "time"]
Value = tuple[Namespace, str | int]

HELD = 20_000  # values in memory; more go to disk
ANSWERS = 10_000  # of the disk that are remembered
SCHEMA = "CREATE TABLE known (space, value, PRIMARY KEY (space, value)) WITHOUT ROWID"


@dataclass
class Known:
    """A set of values on top of another that is shared and no longer grows: `base`, what the template holds.

    Whoever makes one closes it; `base` is left to whoever made that.
    """

    base: Known | None = None
    _held: set[Value] = field(default_factory=set)
    _store: sqlite3.Connection | None = None
    _answers: OrderedDict[Value, bool] = field(default_factory=OrderedDict)

    def add(self, value: Value) -> None:
        """Take a value up."""
        self._held.add(value)
        if len(self._held) >= HELD:
            self._spill()

    def __contains__(self, value: Value) -> bool:
        """Whether the value is in here or in the base."""
        return value in self._held or self._on_disk(value) or (self.base is not None and value in self.base)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Known:
        """A set of its own on the same base."""
        return Known(self.base, set(self._held), None if self._store is None else store.copied(self._store))

    def close(self) -> None:
        """Take what is on disk away."""
        if self._store is not None:
            self._store.close()  # and stays, so that asking after the end fails and is not answered wrongly

    def _on_disk(self, value: Value) -> bool:
        if self._store is None:
            return False
        answer = self._answers.get(value)
        if answer is None:
            row = self._store.execute("SELECT 1 FROM known WHERE space = ? AND value = ?", value).fetchone()
            answer = self._answers[value] = row is not None
            if len(self._answers) > ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def _spill(self) -> None:
        if self._store is None:
            self._store = store.opened(SCHEMA)
        self._store.execute("BEGIN")
        self._store.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", self._held)
        self._store.execute("COMMIT")
        self._held.clear()
        self._answers.clear()
