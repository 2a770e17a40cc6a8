"""What a transaction committed: the exact rows, as PostgreSQL's own decoding of its log gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Row = tuple[str | None, ...]  # PostgreSQL's own text of each column, in the table's order; None is NULL
ChangeKind = Literal["insert", "update", "delete", "truncate"]


@dataclass(frozen=True)
class Change:
    """One row that was inserted, updated or deleted; or one table that was emptied.

    Attributes:
        table: As `str(Table)` has it: `orders`, `audit.entries`.
        old: The row before: of an update or a delete.
        new: The row after: of an insert or an update.
    """

    table: str
    kind: ChangeKind
    old: Row | None = field(default=None, repr=False)
    new: Row | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Commit:
    """One committed transaction.

    Attributes:
        xid: Its transaction id, the lower 32 bits.
        lsn: Where its commit stands in the log; grows.
        at: Microseconds since 1970, by the server's clock.
        changes: In the order in which they were made; of a table at most `stream.KEPT`.
        more: How many further changes there were, by table.
    """

    xid: int
    lsn: int
    at: int
    changes: tuple[Change, ...]
    more: tuple[tuple[str, int], ...] = ()
