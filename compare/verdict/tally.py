"""The tally: what was truly compared, counted as the run goes."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.subjects.moments import Boundary
from compare.verdict import document
from compare.verdict.answer import NO_JSON
from compare.verdict.outcome import Coverage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.postgres import Table
    from compare.verdict.evidence import Evidence

LOOKED_INTO = 20  # items of one list whose fields are listed; all of them are compared
ENDS = ("commit", "rollback")


@dataclass
class Tally:
    """Counts legacy's side of every pair that was compared. `leaves` are single values of answers."""

    tables: Mapping[str, Table]
    leaves: int = 0
    statements: int = 0
    transactions: int = 0
    _statuses: Counter[int] = field(default_factory=Counter)
    _fields: set[str] = field(default_factory=set)
    _columns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, route: str, legacy: Evidence, async_: Evidence) -> None:
        """One request."""
        answer = legacy.answer
        if answer.status is None or async_.answer.status is None:
            return
        self._statuses[answer.status // 100] += 1
        self.leaves += 1 + len(answer.headers)
        if answer.json is not NO_JSON and async_.answer.json is not NO_JSON:
            for pointer in document.pointers(answer.json, LOOKED_INTO):
                self.leaves += 1
                self._fields.add(f"{route} {answer.status} {pointer}")
        for commit in legacy.commits or ():
            for change in commit.changes:
                table = self.tables.get(change.table)
                row = change.new or change.old
                if table is not None and row is not None and async_.commits is not None:
                    names = (
                        column.name for column, value in zip(table.columns, row, strict=False) if value is not None
                    )
                    self._columns[change.table].update(names)
        if legacy.trace is not None and async_.trace is not None:
            self.statements += len(legacy.trace.statements)
            self.transactions += sum(boundary.kind in ENDS for boundary in legacy.trace.of(Boundary))

    def coverage(self) -> Coverage:
        """The sum."""
        return Coverage(
            statuses=dict(sorted(self._statuses.items())),
            fields=tuple(sorted(self._fields)),
            columns={name: tuple(sorted(columns)) for name, columns in sorted(self._columns.items())},
            tables=len(self.tables),
            statements=self.statements,
            transactions=self.transactions,
        )
