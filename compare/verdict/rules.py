"""Ignore rules: what the configuration says may differ, with reasons; and what a side does not even agree on by itself.

Nothing is dropped in silence: what a rule covers is counted, and a rule that covers nothing or too much fails the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.verdict.outcome import Ignored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.config import IgnoreConfig
    from compare.findings import Finding

MOST = 0.05  # of all compared values that one rule may hide


@dataclass
class Rules:
    """The rules of a run, each with what it has covered."""

    rules: tuple[IgnoreConfig, ...] = ()
    _hits: dict[int, int] = field(default_factory=dict)

    def covers(self, finding: Finding) -> bool:
        """Whether a rule covers this finding; the first that does is counted."""
        for index, rule in enumerate(self.rules):
            if _covers(rule, finding):
                self._hits[index] = self._hits.get(index, 0) + 1
                return True
        return False

    def ignored(self) -> tuple[Ignored, ...]:
        """What each rule did."""
        return tuple(Ignored(_spelled(rule), rule.reason, self._hits.get(i, 0)) for i, rule in enumerate(self.rules))

    def problems(self, leaves: int, *, whole: bool) -> Iterator[str]:
        """A sentence for each rule that must not stay: it covers nothing (in a whole run), or hides too much."""
        for rule in self.ignored():
            if not rule.hits and whole:
                yield f"The ignore rule for {rule.rule} covered nothing. Take it out, or mend its spelling."
            elif leaves and rule.hits > max(1, MOST * leaves):
                share = f"{rule.hits / leaves:.0%}"
                yield f"The ignore rule for {rule.rule} hides {share} of all that was compared; {MOST:.0%} is the most."


def _covers(rule: IgnoreConfig, finding: Finding) -> bool:
    if rule.route is not None and rule.route != finding.route:
        return False
    if rule.code is not None and rule.code != finding.code:
        return False
    pattern = "[^/.]+".join(re.escape(part) for part in rule.where.split("*"))
    return re.fullmatch(pattern, finding.where) is not None


def _spelled(rule: IgnoreConfig) -> str:
    return " ".join(part for part in (rule.code, rule.where, f"on {rule.route}" if rule.route else "") if part)


def stability_key(finding: Finding) -> tuple[str | None, str, str]:
    """What a finding of a side against itself has in common with the same finding between the sides."""
    return finding.route, finding.layer, re.sub(r"\d+", "*", finding.where)


def keys_of(findings: Iterable[Finding]) -> frozenset[tuple[str | None, str, str]]:
    """The keys of all of them."""
    return frozenset(map(stability_key, findings))
