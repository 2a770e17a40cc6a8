"""The words for one code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["difference", "hazard", "information"]


@dataclass(frozen=True)
class Entry:
    """What a code means, why it happens, how to mend it.

    `severity` is what a finding of this code is unless it says otherwise; `trap` names rows of the trap catalogue.
    """

    title: str
    why: str
    fix: str
    severity: Severity = "difference"
    trap: str | None = None
