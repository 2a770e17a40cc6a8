"""What a plant left behind, kept so that it can be judged again with a check disabled."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference
from compare.verdict.record import Context, Record

if TYPE_CHECKING:
    from collections.abc import Collection

    from compare.findings import Finding, Group
    from compare.verdict.judge import Judge
    from compare.verdict.keys import Keys
    from compare.verdict.record import Heard
    from compare.verdict.run import Run

SAID = ("RES017", "RUN001")  # said by the engine itself, with a request behind it


@dataclass(frozen=True)
class Recording:
    """The evidence of one plant.

    Attributes:
        judge: The judge before the first request; it learns, so only copies of it are used.
        heard: The requests, in order.
        keys: What was known of the sequences at the end.
        findings: What was found; what no judge says of a request (routes, tables, captures) is taken from here.
        groups: The same by cause.
    """

    judge: Judge
    heard: tuple[Heard, ...]
    keys: Keys
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]

    def again(self, disabled: Collection[str] = ()) -> tuple[Group, ...]:
        """The groups that the same evidence makes without the checks for these codes."""
        judge = copy.deepcopy(self.judge)
        judge.disabled = disabled
        record = Record(judge, lambda _event: None)
        said = [finding for finding in self.findings if finding.code not in disabled]
        for finding in said:
            if finding.code == "RES012":
                record.add([_difference(finding)], Context(finding.route))
        for heard in self.heard:
            record.hear(heard)
            for finding in said:
                if finding.code in SAID and finding.step == heard.context.step:
                    record.say(_difference(finding), heard)
        for finding in said:
            if finding.exchange is None and finding.code != "RES012":
                record.add([_difference(finding)], Context(finding.route, finding.scenario, finding.step))
        record.settle(self.keys)
        return record.grouping.groups()


def recorded(judge: Judge, run: Run) -> Recording:
    """The evidence of a run that kept it; `judge` is its judge as it was before the first request."""
    record = run.record
    standing = frozenset(_standing(run))
    keys = dataclasses.replace(record.judge.keys, standing=lambda *key: key in standing)
    return Recording(judge, tuple(record.heard), keys, tuple(record.findings), record.grouping.groups())


def _standing(run: Run) -> list[tuple[str, str, int]]:
    """Side, sequence and key of every committed row whose key a sequence drew."""
    found = []
    for side, name in zip(run.sides.both, ("legacy", "async"), strict=True):
        if side.clone is None:
            continue
        for table in run.record.judge.tables.values():
            drawn = [(place, column.sequence) for place, column in enumerate(table.columns) if column.sequence]
            for row in side.clone.rows(table) if drawn else ():
                found += [(name, sequence, int(row[place] or 0)) for place, sequence in drawn]
    return found


def _difference(finding: Finding) -> Difference:
    """A finding as the difference that it was made from."""
    return Difference(finding.code, finding.where, finding.legacy, finding.async_, finding.note)
