"""The evidence: all that was seen of both sides for one request. The layers judge it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.postgres import Table
    from compare.postgres.commits import Commit
    from compare.subjects.moments import Trace
    from compare.verdict.answer import Answer
    from compare.verdict.keys import Keys
    from compare.verdict.matching import Matching


@dataclass(frozen=True)
class Evidence:
    """What one side did for one request.

    Attributes:
        answer: What came over the wire.
        trace: What the probe saw; None for a side without one.
        commits: What was committed, by transaction; None where the server's log cannot be read.
        at_rest: Whether the side came to rest within the limit, by the probe or by pg_stat_activity.
    """

    answer: Answer
    trace: Trace | None = None
    commits: tuple[Commit, ...] | None = None
    at_rest: bool = True


@dataclass(frozen=True)
class Limits:
    """Bounds that the configuration sets. Seconds."""

    idle: float = 5.0
    loop_blocked: float = 0.2
    held: float = 1.0  # how long a transaction may stay open between two statements


@dataclass(frozen=True)
class Pair:
    """Both sides of one request, and what the run knows so far.

    `tables` are legacy's by `str(table)`; `keys` and `matching` hold for the whole run and learn from every pair.
    """

    route: str
    legacy: Evidence
    async_: Evidence
    matching: Matching
    keys: Keys
    tables: Mapping[str, Table] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
