"""PostgreSQL's logical replication messages, decoded: bytes in, transactions out; no I/O.

The plug-in is `pgoutput`, protocol version 1 (PostgreSQL documentation, "Logical Replication Message Formats"). Values
are as the replication connection's settings write them (`stream.OPTIONS`), booleans as `true` and `false`.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.postgres.commits import Change, ChangeKind, Commit, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.postgres.tables import Table

EPOCH = 946_684_800_000_000  # microseconds from 1970 to 2000, where PostgreSQL's clock begins
BOOLEAN = 16  # the type's object id
BOOLEANS = {"t": "true", "f": "false"}
KEPT = 2_000  # changes of one table that are kept of one transaction
UNCHANGED = object()

Raw = list[object]  # str, None, or UNCHANGED for a large value that an update left alone


@dataclass(frozen=True)
class _Relation:
    """A table as the stream announced it, and where each of its columns stands in the row that we give."""

    name: str
    places: tuple[int, ...]
    types: tuple[int, ...]
    width: int


class _Bytes:
    """Reads one message from its start to its end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        """Numbers in network order."""
        found: tuple[int, ...] = struct.unpack_from(f"!{layout}", self.data, self.at)
        self.at += struct.calcsize(f"!{layout}")
        return found

    def text(self) -> str:
        """A string that ends with a zero byte."""
        end = self.data.index(0, self.at)
        found = self.data[self.at : end].decode()
        self.at = end + 1
        return found

    def part(self, length: int) -> bytes:
        """So many bytes."""
        self.at += length
        return self.data[self.at - length : self.at]

    def byte(self) -> str:
        """One byte as a letter."""
        return self.part(1).decode("latin-1")


@dataclass
class _Open:
    """The transaction that is being read."""

    xid: int
    at: int
    changes: list[Change] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def takes(self, table: str) -> bool:
        """Count a change of a table; whether it is one of those that are kept."""
        self.counts[table] += 1
        return self.counts[table] <= KEPT

    def done(self, lsn: int) -> Commit:
        more = tuple((table, count - KEPT) for table, count in self.counts.items() if count > KEPT)
        return Commit(self.xid, lsn, self.at, tuple(self.changes), more)


@dataclass
class Decoder:
    """Takes one message after the other.

    `known` gives a table by schema and name, so that values come in the table's own order; None for one that nobody
    knows, whose values then come as the stream has them.
    """

    known: Callable[[str, str], Table | None]
    _relations: dict[int, _Relation] = field(default_factory=dict)
    _open: _Open | None = None

    def feed(self, message: bytes) -> Commit | None:
        """One message; the whole transaction where it ends one."""
        data = _Bytes(message)
        kind = data.byte()
        match kind:
            case "B":
                _, at, xid = data.take("qqi")
                self._open = _Open(xid % 2**32, at + EPOCH)
            case "C" if self._open is not None:
                _, lsn, _, _ = data.take("bqqq")
                commit, self._open = self._open.done(lsn), None
                return commit
            case "R":
                self._relate(data)
            case "I" | "U" | "D":
                self._row(kind, data)
            case "T":
                self._truncate(data)
            case _:  # types and origins say nothing that is needed
                pass
        return None

    def _relate(self, data: _Bytes) -> None:
        (oid,) = data.take("i")
        schema, name = data.text() or "pg_catalog", data.text()
        _identity, count = data.take("bh")
        columns = []
        for _ in range(count):
            data.take("b")
            column = data.text()
            type_oid, _modifier = data.take("ii")
            columns.append((column, type_oid))
        table = self.known(schema, name)
        types = tuple(type_oid for _, type_oid in columns)
        if table is None:
            title = name if schema == "public" else f"{schema}.{name}"
            self._relations[oid] = _Relation(title, tuple(range(count)), types, count)
            return
        order = {column.name: place for place, column in enumerate(table.columns)}
        places = tuple(order.get(column, -1) for column, _ in columns)
        self._relations[oid] = _Relation(str(table), places, types, len(table.columns))

    def _row(self, kind: str, data: _Bytes) -> None:
        (oid,) = data.take("i")
        relation = self._relations[oid]
        if self._open is None or not self._open.takes(relation.name):
            return
        old: Raw | None = None
        new: Raw | None = None
        while data.at < len(data.data):
            which = data.byte()
            values = self._values(data)
            if which == "N":
                new = values
            else:
                old = values
        if old is not None and new is not None:
            new = [before if after is UNCHANGED else after for before, after in zip(old, new, strict=True)]
        names: dict[str, ChangeKind] = {"I": "insert", "U": "update", "D": "delete"}
        self._open.changes.append(Change(relation.name, names[kind], _placed(relation, old), _placed(relation, new)))

    @staticmethod
    def _values(data: _Bytes) -> Raw:
        (count,) = data.take("h")
        found: Raw = []
        for _ in range(count):
            match data.byte():
                case "n":
                    found.append(None)
                case "u":
                    found.append(UNCHANGED)
                case _:
                    (length,) = data.take("i")
                    found.append(data.part(length).decode())
        return found

    def _truncate(self, data: _Bytes) -> None:
        count, _flags = data.take("ib")
        for oid in data.take("i" * count):
            if self._open is not None and oid in self._relations and self._open.takes(self._relations[oid].name):
                self._open.changes.append(Change(self._relations[oid].name, "truncate"))


def _placed(relation: _Relation, values: Raw | None) -> Row | None:
    """The values in the table's order; a column that is not published (a generated one) is None."""
    if values is None:
        return None
    row: list[str | None] = [None] * relation.width
    for place, type_oid, value in zip(relation.places, relation.types, values, strict=True):
        if place >= 0 and isinstance(value, str):
            row[place] = BOOLEANS.get(value, value) if type_oid == BOOLEAN else value
    return tuple(row)
