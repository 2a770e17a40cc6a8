"""The judge: every layer's checks on the evidence of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.verdict.commits import compare_commits
from compare.verdict.error import compare_errors
from compare.verdict.evidence import Evidence, Limits, Pair
from compare.verdict.response import compare_responses
from compare.verdict.runtime import compare_runtime
from compare.verdict.statements import compare_statements
from compare.verdict.transactions import compare_transactions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from compare.postgres import Table
    from compare.verdict.difference import Difference
    from compare.verdict.keys import Keys
    from compare.verdict.matching import Matching

# Rows come first: the keys of rows that were paired decide on the numbers in answers and statements.
LAYERS = (
    compare_commits,
    compare_responses,
    compare_errors,
    compare_statements,
    compare_transactions,
    compare_runtime,
)


@dataclass
class Judge:
    """Judges one request after the other; `matching` and `keys` learn from each.

    `disabled` are codes whose checks are left out: the self-test shows with it that each of them is needed.
    """

    matching: Matching
    keys: Keys
    tables: Mapping[str, Table] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    disabled: Collection[str] = ()

    def differences(self, route: str, legacy: Evidence, async_: Evidence) -> list[Difference]:
        """What the six layers say about one request."""
        pair = Pair(route, legacy, async_, self.matching, self.keys, self.tables, self.limits)
        found = [difference for layer in LAYERS for difference in layer(pair)]
        return [difference for difference in found if difference.code not in self.disabled]
