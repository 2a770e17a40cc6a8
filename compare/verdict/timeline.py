"""The transactions of a request, as the probe saw them: when each began, what ran in it, how it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from compare.subjects.moments import Boundary, Pooled, Statement
from compare.verdict.lexis import WRITING
from compare.verdict.sql import read

if TYPE_CHECKING:
    from compare.subjects.moments import Trace

Ending = Literal["commit", "rollback", "open"]
LEVEL = re.compile(
    r"^\s*set\s+(?:session\s+characteristics\s+as\s+)?transaction\b.*?isolation\s+level\s+(\w+(?:\s+\w+)?)",
    re.IGNORECASE,
)
WEAKEST = "READ COMMITTED"
SAME_AS_WEAKEST = frozenset({"", "READ UNCOMMITTED", "AUTOCOMMIT", WEAKEST})


@dataclass
class Transaction:
    """One transaction on one connection. Times are seconds since the request reached the app."""

    connection: int
    began: float
    isolation: str = WEAKEST
    ending: Ending = "open"
    ended: float | None = None
    statements: list[Statement] = field(default_factory=list)

    @property
    def written(self) -> list[Statement]:
        """The statements that wrote, but for those that failed."""
        return [one for one in self.statements if not one.error and (_writes(one) or read(one.sql).verb in WRITING)]

    @property
    def failed(self) -> list[Statement]:
        """The statements that failed."""
        return [one for one in self.statements if one.error]

    @property
    def longest_pause(self) -> tuple[float, Statement | None]:
        """For how long it was open without a statement running, at most, and after which statement."""
        longest: tuple[float, Statement | None] = (0.0, None)
        ends = [*(one.at for one in self.statements[1:]), self.ended]
        for one, following in zip(self.statements, ends, strict=False):  # there may be none
            if following is not None and following - one.at - one.seconds > longest[0]:
                longest = following - one.at - one.seconds, one
        return longest


def _writes(statement: Statement) -> bool:
    """Whether a statement writes, be it further in: WITH … DELETE."""
    return bool(read(statement.sql).writes)


def nested_checkout(trace: Trace) -> str:
    """Where a second connection was taken in a transaction on the first, in words; '' for nowhere.

    Tasks that run side by side hold one connection each, and wait for none while they do.
    """
    units = transactions(trace)
    for taken in trace.of(Pooled):
        first = next((unit for unit in units if unit.connection == taken.connection and unit.statements), None)
        if taken.kind != "checkout" or first is None:
            continue
        for unit in units:
            ran = [statement for statement in unit.statements if statement.at < taken.at]
            held = unit.began < taken.at and (unit.ended is None or unit.ended > taken.at)
            if held and ran and unit.connection != taken.connection and first.statements[0].task == ran[-1].task:
                name = read(ran[-1].sql).name
                return f"connection {taken.connection} while in a transaction on {unit.connection} ({name})"
    return ""


def transactions(trace: Trace) -> tuple[Transaction, ...]:
    """All of them, by when they began."""
    found: list[Transaction] = []
    current: dict[int, Transaction] = {}
    for moment in trace.moments:
        if isinstance(moment, Boundary) and moment.kind == "begin":
            current[moment.connection] = Transaction(moment.connection, moment.at, _level(moment.isolation))
            found.append(current[moment.connection])
        elif isinstance(moment, Statement):
            _ran(moment, current, found)
        elif (isinstance(moment, Boundary) and moment.kind in {"commit", "rollback"}) or (
            isinstance(moment, Pooled) and moment.kind in {"checkin", "invalidate"}
        ):
            transaction = current.pop(moment.connection, None)
            if transaction is not None:
                transaction.ending = "commit" if moment.kind == "commit" else "rollback"
                transaction.ended = moment.at
    return tuple(found)


def _ran(statement: Statement, current: dict[int, Transaction], found: list[Transaction]) -> None:
    transaction = current.get(statement.connection)
    if transaction is None:
        transaction = current[statement.connection] = Transaction(statement.connection, statement.at)
        found.append(transaction)
    if level := LEVEL.match(statement.sql):
        transaction.isolation = _level(level[1])
    transaction.statements.append(statement)


def _level(name: str) -> str:
    plain = " ".join(name.upper().replace("_", " ").split())
    plain = "SERIALIZABLE" if plain.startswith("SERIALIZABLE") else plain
    return WEAKEST if plain in SAME_AS_WEAKEST else plain
