"""What the commit of a step says: what changed, why, and what is left for a hand."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.steps.model import Outcome, Step

TRAILER = "Step"
MOST = 40  # places left that are listed one by one
WIDTH = 72


def message(step: Step, outcome: Outcome, hands: int) -> str:
    """Return the message of a step's commit."""
    parts = [step.title, "\n".join(textwrap.wrap(step.why, WIDTH))]
    if outcome.counted:
        files = len({change.path for change in outcome.changes})
        lines = [f"{count:5}  {what}" for what, count in outcome.counted.most_common()]
        parts.append(f"Changed in {files} file{'s' if files != 1 else ''}:\n" + "\n".join(lines))
    parts += ["\n".join(textwrap.wrap(note, WIDTH)) for note in outcome.notes]
    if hands:
        parts.append(f"Edits by hand: {hands}.")
    if outcome.remaining:
        parts.append(_left(outcome))
    parts.append(f"{TRAILER}: {step.number} {step.name}")
    return "\n\n".join(parts) + "\n"


def _left(outcome: Outcome) -> str:
    lines = [
        textwrap.fill(
            f"{place.path}:{place.line}: {place.reason}{f' ({place.code})' if place.code else ''}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for place in outcome.remaining[:MOST]
    ]
    if len(outcome.remaining) > MOST:
        lines.append(f"  … and {len(outcome.remaining) - MOST} more: `compare steps plan` lists them all.")
    return "Left for a hand:\n" + "\n".join(lines)
