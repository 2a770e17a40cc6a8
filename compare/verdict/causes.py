"""Causes: which findings of one request have one cause, and which finding stands nearest to it.

A lost commit shows as a missing row, as a transaction that was rolled back, and as an empty answer. A person wants to
hear of it once, by the name of what happened first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compare.findings import Finding

# What is named first stands nearer to the cause. A code that is not named stands where its layer does.
NEAREST = (
    "ERR006",  # nothing happened, because nobody awaited it
    "RES019",
    "RTM011",
    "RTM010",
    "RTM009",
    "ERR010",
    "RTM005",
    "TXN009",
    "ERR004",
    "ERR005",
    "ERR001",
    "ERR002",
    "ERR003",
    "RES011",
    "ERR007",
    "TXN005",
    "RTM003",
    "RTM008",
    "RTM002",
    "SQL004",
    "TXN004",
    "ROW008",
    "ROW009",
    "TXN002",
    "TXN003",
    "TXN007",
    "TXN006",
)
LIST = "RES006"  # the first of its layer: what is said of other values of the same answer may be sums of the items
FROM_THREAD = "T40"  # objects that left their thread: what is loaded of them then runs on the loop
LAYERS = ("ROW", "TXN", "SQL", "RTM", "RES", "ERR", "RUN")
# What follows from what, by codes or layers. Everything follows from a request that failed on one side only.
FAILED = frozenset(
    {"ERR006", "ERR010", "ERR004", "ERR005", "ERR001", "RES011", "RTM005", "RTM009", "RTM010", "RTM011", "TXN009"}
)
VALUES = frozenset(
    {"RES003", "RES004", "RES005", "RES006", "RES007", "RES010", "RES013", "RES015", "RES017", "ERR002", "ERR003"}
)
FOLLOWS = {
    "ROW": ("ROW", "TXN", "SQL", *VALUES),
    "TXN": ("TXN", "SQL"),
    "TXN002": ("ROW", "TXN", "SQL", *VALUES),
    "TXN012": ("ROW", "TXN", "SQL", *VALUES),
    "SQL": ("SQL",),
    "SQL004": ("TXN", "SQL"),
    "SQL005": ("SQL", *VALUES),
    "SQL014": ("SQL", "RES006"),
    "SQL009": ("SQL", "RES006"),
    "TXN005": ("RTM003", "ERR007", "TXN"),
    "RTM003": ("ERR007", "RTM"),
    "RTM002": ("TXN010",),
    "RTM008": ("SQL", "TXN", "RTM"),
    "TXN011": ("RTM012", "TXN"),
    "ERR007": ("TXN", "RTM"),
    "ERR002": ("ERR002",),
    "RTM001": ("RTM002", "RTM007"),
    "RES001": ("RES",),
    "RES019": ("RES", "ERR", "TXN", "SQL"),
    "RES006": tuple(VALUES),  # sums and counts of what a list holds
    "RES008": tuple(VALUES),
}


def rank(code: str) -> tuple[int, int, str]:
    """The place of a code on the way from cause to consequence; smaller is nearer to the cause."""
    nearest = NEAREST.index(code) if code in NEAREST else len(NEAREST)
    return nearest, LAYERS.index(code[:3]), "" if code == LIST else code


def follows(code: str, cause: str) -> bool:
    """Whether a difference of this code in the same request may be a consequence of the other."""
    if cause in FAILED or code == "RES017":  # what could not be taken from an answer that differs
        return True
    known = FOLLOWS.get(cause) or FOLLOWS.get(cause[:3], ())
    return code in known or code[:3] in known


def by_cause(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of one request, a list a cause, nearest to the cause first.

    Differences come first: nothing that differs comes of a hazard, which both sides may have.
    """
    causes: list[list[Finding]] = []
    for finding in sorted(findings, key=lambda one: (one.severity != "difference", rank(one.code))):
        first = next((cause for cause in causes if _joins(finding, cause[0])), None)
        if first is None:
            causes.append([finding])
        else:
            first.append(finding)
    return causes


def _joins(finding: Finding, primary: Finding) -> bool:
    if finding.code == primary.code and kind(finding) == kind(primary):
        return True
    if primary.label == FROM_THREAD and finding.code == "RTM004":
        return True
    # What a request that differs leaves behind is no hazard of its own.
    return primary.severity == "difference" and follows(finding.code, primary.code)


def kind(finding: Finding) -> tuple[str, str]:
    """What two findings share that have one cause, on whatever route."""
    return finding.code, finding.label or finding.cause or place(finding.where)


def place(where: str) -> str:
    """A place without what tells one item, line or document from the next: the last names of a pointer."""
    if where.startswith("/"):
        names = [part for part in where.split("/") if part and not part.isdigit()]
        return "/".join(names[-1:]) or "/"
    return re.sub(r"\d+", "*", where)


def shared(values: Iterable[str]) -> str:
    """The values once, joined for a sentence."""
    return ", ".join(dict.fromkeys(values))
