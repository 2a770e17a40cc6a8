"""What one simulated user knows while it plays one sample: captured values and cookies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.traffic import Captured, Missing
from compare.traffic.cookies import Jar
from compare.traffic.template import UNIQUE

if TYPE_CHECKING:
    from compare.bench.locust.part import Part
    from compare.traffic import Request, Values, Wire


@dataclass(frozen=True)
class Answered:
    """An answer; the status is 0 where none came."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first of this name, in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass
class Visit:
    """Values and cookies of one user in one sample, as the rehearsal has them of one side in one scenario.

    Attributes:
        status: of the last answer; 0 where none came.
    """

    values: Values
    jar: Jar = field(default_factory=Jar)
    status: int = 0

    @classmethod
    def of(cls, part: Part) -> Visit:
        """Before the first request."""
        return cls(dict(part.variables))

    def headers(self, wire: Wire) -> dict[str, str]:
        """Those of the request, and its cookies."""
        headers = dict(wire.headers)
        cookies = self.jar.header(wire.target, wire.cookies)
        return {"cookie": cookies, **headers} if cookies else headers

    def answered(self, answer: Answered) -> None:
        """Keep the cookies of an answer."""
        self.status = answer.status
        self.jar.take(answer.headers)

    def take(self, step: Request, answer: Answered) -> None:
        """Keep what a step captures; what is not there has no value any more."""
        captured = Captured(answer.headers, answer.body)
        for capture in step.captures:
            try:
                self.values[capture.name] = capture.take(captured)
            except Missing:
                self.values.pop(capture.name, None)

    def lacking(self, step: Request) -> set[str]:
        """The names that a step refers to and that have no value."""
        return {name for name in step.names() if name not in self.values and name != UNIQUE}
