"""What became of a plant: whether it was found, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.findings import Group
    from compare.selftest.plant import Plant


@dataclass(frozen=True)
class Result:
    """One plant and what the engine made of it.

    Attributes:
        plant: What was planted.
        groups: What was found, by cause.
        seconds: How long it took.
        failure: Why the plant could not be played, in a sentence; '' if it could.
    """

    plant: Plant
    groups: tuple[Group, ...] = ()
    seconds: float = 0.0
    failure: str = ""

    @property
    def told(self) -> tuple[Group, ...]:
        """The groups that count: what differs by design is information, and counts once where the plant is."""
        if self.plant.severity == "information":
            graver = tuple(group for group in self.groups if group.severity != "information")
            return graver or tuple(group for group in self.groups if group.primary.code == self.plant.code)[:1]
        return tuple(group for group in self.groups if group.severity != "information")

    @property
    def found(self) -> bool:
        """Whether there is one group, and the expected code stands in front of it."""
        return not self.failure and [group.primary.code for group in self.told] == [self.plant.code]

    @property
    def verdict(self) -> str:
        """`found`, or in a word what is wrong: `missed`, `misnamed` (another code in front), `split`, `failed`."""
        if self.failure:
            return "failed"
        codes = [group.primary.code for group in self.told]
        if not codes:
            return "missed"
        if len(codes) > 1:
            return "split"
        return "found" if self.found else "misnamed"

    def __str__(self) -> str:
        """`found     rows          ROW008  commit missing  lost_commit  (T02)`; below it what was found instead."""
        plant = self.plant
        trap = f"  ({plant.trap})" if plant.trap else ""
        line = f"{self.verdict:<9} {plant.layer:<13} {plant.code}  {plant.title}  {plant.name}{trap}"
        if self.found:
            return line
        return "\n".join([line, *(f"          {reason}" for reason in self._instead())])

    def _instead(self) -> list[str]:
        if self.failure:
            return self.failure.splitlines()
        found = [
            f"{group.primary.code} {group.primary.title}, {group.severity}, at {group.primary.where} "
            f"({', '.join(dict.fromkeys(finding.code for finding in group.examples))})"
            for group in self.told
        ]
        return found or ["nothing was found"]


def as_document(results: tuple[Result, ...]) -> dict[str, object]:
    """The results as JSON's types."""
    return {
        "found": sum(result.found for result in results),
        "plants": [
            {
                "name": result.plant.name,
                "layer": result.plant.layer,
                "code": result.plant.code,
                "trap": result.plant.trap,
                "result": result.verdict,
                "seconds": round(result.seconds, 3),
                "groups": [
                    {"severity": group.severity, "codes": [finding.code for finding in group.examples]}
                    for group in result.groups
                ],
                "failure": result.failure,
            }
            for result in results
        ],
    }
