"""A part of the traffic as the Locust file holds it: literals that a person can read and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare.traffic.model import read_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.traffic import Request
    from compare.traffic.template import Json

WITHIN = 5.0  # seconds for `until`, where a scenario says nothing


@dataclass(frozen=True)
class Call:
    """A request, and the name that it has in Locust's tables. The status that it states was seen in the rehearsal."""

    name: str
    step: Request

    def told(self) -> tuple[str, dict[str, Any]]:
        """Name, and the step as a scenario has it."""
        return self.name, {f"{self.step.method} {self.step.target}": _written(self.step)}


@dataclass(frozen=True)
class Part:
    """What one simulated user sends over and over.

    Attributes:
        route: of the last of the repeated requests, as `GET /orders/{id}`.
        weight: how often it stands in the traffic, beside the others.
        variables: the scenario's constants.
        before: sent once by each simulated user, before its first time: a log-in, what is asked for later.
        repeated: sent each time.
    """

    route: str
    weight: float
    variables: tuple[tuple[str, Json], ...]
    before: tuple[Call, ...]
    repeated: tuple[Call, ...]

    def told(self) -> dict[str, Any]:
        """As literals."""
        return {
            "route": self.route,
            "weight": self.weight,
            "variables": dict(self.variables),
            "before": [call.told() for call in self.before],
            "repeated": [call.told() for call in self.repeated],
        }

    @classmethod
    def heard(cls, told: dict[str, Any]) -> Part:
        """From literals. ValueError says what is wrong with them."""
        try:
            return cls(
                told["route"],
                float(told["weight"]),
                tuple(told["variables"].items()),
                _heard(told["before"]),
                _heard(told["repeated"]),
            )
        except KeyError as error:
            raise ValueError(f"{error} is missing") from None


def _heard(told: Sequence[tuple[str, object]]) -> tuple[Call, ...]:
    return tuple(Call(name, read_step(number, step)) for number, (name, step) in enumerate(told, 1))


def _written(step: Request) -> dict[str, Any]:
    """What stands behind the request line, without what goes without saying."""
    said: dict[str, Any] = {"query": dict(step.query), "headers": dict(step.headers), "cookies": dict(step.cookies)}
    if step.body_kind != "none":
        said[step.body_kind] = step.body
    said |= {
        "capture": {capture.name: capture.expression for capture in step.captures},
        "status": step.status,
        "until": step.until,
        "within": None if step.within == WITHIN else step.within,
        "follow_redirects": step.follow_redirects or None,
    }
    return {key: value for key, value in said.items() if key == step.body_kind or value not in (None, {})}
