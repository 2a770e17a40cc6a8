"""The net effect of what a request committed: rows that are there now, that changed, that are gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compare.postgres import Table
    from compare.postgres.commits import Change, Commit, Row


@dataclass
class Effect:
    """What became of one row: `old` is None for a new one, `new` for one that is gone. `writes` counts how often."""

    old: Row | None
    new: Row | None
    writes: int = 1


@dataclass
class TableEffects:
    """The net effect on one table.

    `emptied` says that it was truncated; `more` counts changes beyond those that the log reader keeps.
    """

    table: Table
    effects: list[Effect] = field(default_factory=list)
    emptied: bool = False
    more: int = 0
    _standing: dict[object, list[Effect]] = field(default_factory=dict)

    def take(self, change: Change) -> None:
        """The next change, in the order in which they were made."""
        if change.kind == "truncate":
            self.effects.clear()
            self._standing.clear()
            self.emptied = True
            return
        effect = self._earlier(change)
        if effect is None:
            effect = Effect(change.old, change.new)
            self.effects.append(effect)
        else:
            effect.writes += 1
            effect.new = change.new
        if change.new is not None:
            self._standing.setdefault(self._identity(change.new), []).append(effect)

    def _earlier(self, change: Change) -> Effect | None:
        """The effect of this request that made the row which is changed now."""
        before = change.old if change.old is not None else change.new if change.kind == "update" else None
        if before is None:
            return None
        standing = self._standing.get(self._identity(before))
        return standing.pop() if standing else None

    def _identity(self, row: Row) -> object:
        """The primary key of a row; the whole row where there is none."""
        if not self.table.primary_key:
            return row
        return tuple(
            value
            for column, value in zip(self.table.columns, row, strict=False)
            if column.name in self.table.primary_key
        )

    @property
    def inserted(self) -> list[Row]:
        """Rows that were not there before."""
        return [effect.new for effect in self.effects if effect.old is None and effect.new is not None]

    @property
    def deleted(self) -> list[Row]:
        """Rows that were there before, as they were."""
        return [effect.old for effect in self.effects if effect.new is None and effect.old is not None]

    @property
    def updated(self) -> list[tuple[Row, Row]]:
        """Rows before and after, of those in which anything changed."""
        return [
            (effect.old, effect.new)
            for effect in self.effects
            if effect.old is not None and effect.new is not None and effect.old != effect.new
        ]

    @property
    def rewritten(self) -> int:
        """The most times that one row was written."""
        return max((effect.writes for effect in self.effects), default=0)

    @property
    def size(self) -> int:
        """How many rows are touched in the end."""
        return len(self.inserted) + len(self.updated) + len(self.deleted) + self.more + self.emptied


def effects_of(commits: Iterable[Commit], tables: Mapping[str, Table]) -> dict[str, TableEffects]:
    """The net effect by table, of tables that are known; of those only that were touched in the end."""
    found: dict[str, TableEffects] = {}
    for commit in commits:
        for change in commit.changes:
            if change.table in tables:
                found.setdefault(change.table, TableEffects(tables[change.table])).take(change)
        for name, count in commit.more:
            if name in tables:
                found.setdefault(name, TableEffects(tables[name])).more += count
    return {name: effects for name, effects in found.items() if effects.size}
