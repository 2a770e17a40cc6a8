"""One planted divergence: what is asked, and by which code it must be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from compare.findings import CATALOGUE, Layer, Severity
from compare.traffic import Request, Scenario
from compare.traffic.model import read_step

PairName = Literal["plain", "zone", "table", "route"]
Step = Mapping[str, Mapping[str, Any] | None]
HEADER = "x-plant"


@dataclass(frozen=True)
class Plant:
    """A defect that one of the apps has when it is asked to.

    Attributes:
        name: What the request header `x-plant` says to switch it on.
        layer: Where it must be found.
        code: The code of the one group that it must be found as.
        trap: The row of the trap catalogue that it stands for, if any.
        steps: The requests that show it, as a scenario file writes them.
        why: Why this code names the cause, in a sentence.
        pair: Which started pair of apps it needs: `zone` runs in New York's time with database sessions in Oslo's,
            the async side of `table` makes a table when it starts, that of `route` lacks one.
        side: Where the defect lies: async, legacy, or both (the drivers differ, the code does not).
        lingers: Whether the app goes on with it after its answer, for a second or so.
    """

    name: str
    layer: Layer
    code: str
    trap: str | None
    steps: tuple[Step, ...]
    why: str
    pair: PairName = "plain"
    side: Literal["legacy", "async", "both"] = "async"
    lingers: bool = False

    @property
    def severity(self) -> Severity:
        """What the catalogue says of the code."""
        return CATALOGUE[self.code].severity

    @property
    def title(self) -> str:
        """What the catalogue calls the code."""
        return CATALOGUE[self.code].title

    @property
    def requests(self) -> tuple[Request, ...]:
        """The steps, read as a scenario file's are, with the header that plants the defect."""
        return tuple(read_step(number, self._planted(step)) for number, step in enumerate(self.steps, 1))

    @property
    def scenario(self) -> Scenario:
        """The requests, as the engine plays them."""
        return Scenario(self.name, Path(f"{self.name}.yaml"), self.requests)

    def _planted(self, step: Step) -> dict[str, Any]:
        ((head, rest),) = step.items()
        given = dict(rest or {})
        return {head: {**given, "headers": {HEADER: self.name, **given.get("headers", {})}}}


def step(head: str, **rest: object) -> Step:
    """One request: `METHOD /path`, and what a scenario file has below it."""
    return {head: rest or None}
