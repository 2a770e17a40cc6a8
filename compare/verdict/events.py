"""What the engine tells while it runs. Reporters listen; the engine knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.findings import Finding
    from compare.verdict.outcome import Verdict


@dataclass(frozen=True)
class Stage:
    """A new part of the run begins: `starting PostgreSQL`, `starting both apps`."""

    text: str


@dataclass(frozen=True)
class StepDone:
    """One step was sent to both sides and compared. `done` of `total` steps."""

    scenario: str
    step: str
    done: int
    total: int


@dataclass(frozen=True)
class Found:
    """Something was found."""

    finding: Finding


@dataclass(frozen=True)
class Finished:
    """The run is over."""

    verdict: Verdict


Event = Stage | StepDone | Found | Finished
Listener = Callable[[Event], None]
