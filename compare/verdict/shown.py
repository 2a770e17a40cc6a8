"""What of the evidence a person is shown beside a finding, and which tables a request read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.verdict.sql import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compare.postgres import Table
    from compare.postgres.commits import Change
    from compare.verdict.evidence import Evidence

CHANGES = 40  # lines of committed rows that are shown of one request
VALUE = 60  # characters of one value


def reads_of(legacy: Evidence, async_: Evidence) -> frozenset[str] | None:
    """The tables that either side's statements name; None where neither side has a probe that sees statements."""
    traces = [side.trace for side in (legacy, async_) if side.trace is not None and side.trace.sqlalchemy]
    if not traces:
        return None
    return frozenset(table for trace in traces for one in trace.statements for table in read(one.sql).tables)


def changes_of(side: Evidence, tables: Mapping[str, Table]) -> Iterator[str]:
    """What the side committed, a line a row: `update orders id=5 total=12.00`; a line per transaction in front."""
    told = 0
    for number, commit in enumerate(side.commits or (), 1):
        yield f"transaction {number}"
        for change in commit.changes:
            told += 1
            if told > CHANGES:
                yield "…"
                return
            yield _line(change, tables.get(change.table))


def _line(change: Change, table: Table | None) -> str:
    """Of an update the key and what changed, of everything else the whole row."""
    row = change.new or change.old
    if table is None or row is None:
        return f"{change.kind} {change.table}"
    words = [change.kind, change.table]
    for index, column in enumerate(table.columns[: len(row)]):
        before = change.old[index] if change.old is not None and index < len(change.old) else None
        if change.kind == "update" and column.name not in table.primary_key and before == row[index]:
            continue
        value = row[index]
        words.append(f"{column.name}={'NULL' if value is None else value[:VALUE]}")
    return " ".join(words)
