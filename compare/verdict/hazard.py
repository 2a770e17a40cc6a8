"""Hazards: something dangerous on a side, whether or not the other has it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.verdict.difference import Difference, shown

if TYPE_CHECKING:
    from compare.findings import Severity

NEITHER = "(not so)"


def hazard(code: str, where: str, legacy: str, async_: str) -> Difference | None:
    """What there is to tell where a side has something dangerous, in its own words; '' for a side that has not.

    Legacy lives with what it has: that is a hazard, whatever async does. What async alone has is a difference.
    """
    if not legacy and not async_:
        return None
    level: Severity = "hazard" if legacy else "difference"
    told = [shown(side) or NEITHER for side in (legacy, async_)]
    note = "" if async_ else "a habit of legacy's that async does not have"
    return Difference(code, where, told[0], told[1], note, level=level)
