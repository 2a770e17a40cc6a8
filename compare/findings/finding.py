"""The finding: one thing that a run has to say, with all that a person needs to see it for themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from compare.findings.catalogue import CATALOGUE, Entry, Layer, Severity, layer_of

Lane = Literal["answer", "statement", "transaction", "connection", "loop", "log"]


@dataclass(frozen=True)
class Reply:
    """What one side answered. `status` is None where nothing that is HTTP came back; `body` then says what did."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: str  # at most `Exchange.LIMIT` characters; bytes that are no text are described instead


@dataclass(frozen=True)
class Tick:
    """One mark on a side's time line, in seconds since the request reached it; `until` where it took time."""

    at: float
    lane: Lane
    text: str
    until: float | None = None
    bad: bool = False


@dataclass(frozen=True)
class Exchange:
    """A request as it was sent to the legacy side, both answers, and what both sides did meanwhile.

    `ticks` are the time lines of legacy and async, empty for a side without a probe; `changes` are the rows that each
    committed, a line each (`insert orders id=5 total=12.00`).
    """

    LIMIT = 4000  # characters kept of each body

    method: str
    target: str  # path and query
    headers: tuple[tuple[str, str], ...]
    body: str
    legacy: Reply
    async_: Reply
    ticks: tuple[tuple[Tick, ...], tuple[Tick, ...]] = ((), ())
    changes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


@dataclass(frozen=True)
class Finding:
    """One difference, hazard or piece of information.

    Attributes:
        code: three letters for the layer and three digits; a key of the catalogue.
        where: a JSON pointer, `header Name`, `cookie name`, `status`, or `table.column`.
        legacy: what legacy has there, as a person would read it.
        async_: what async has there.
        route: `METHOD /template`; None where no request stands behind the finding.
        scenario: name of the scenario.
        step: the step as the person wrote it, with its number: `3. GET /orders/${id}`.
        exchange: the request and both answers.
        note: one sentence about this very finding, beyond what the catalogue says.
        level: a severity other than the catalogue's.
        label: a trap id by which this very finding is known, beyond the catalogue's for its code.
        cause: what findings of one code share that have one cause; '' leaves that to `where`.
    """

    code: str
    where: str
    legacy: str
    async_: str
    route: str | None = None
    scenario: str | None = None
    step: str | None = None
    exchange: Exchange | None = None
    note: str = ""
    level: Severity | None = None
    label: str | None = None
    cause: str = ""

    @property
    def entry(self) -> Entry:
        """The catalogue's words for this code."""
        return CATALOGUE[self.code]

    @property
    def title(self) -> str:
        """What kind of finding this is, in a few words."""
        return self.entry.title

    @property
    def layer(self) -> Layer:
        """The layer that the code belongs to."""
        return layer_of(self.code)

    @property
    def severity(self) -> Severity:
        """A `difference` sets exit 1."""
        return self.level or self.entry.severity

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self.entry.fix

    @property
    def identity(self) -> tuple[str, str | None, str]:
        """Findings of one identity are one and the same problem seen several times, or on several items of a list."""
        return self.code, self.route, re.sub(r"(/|line )\d+", r"\1*", self.where)


@dataclass(frozen=True)
class Group:
    """Findings of one cause.

    Attributes:
        examples: The finding that stands nearest to the cause first, then one of each further kind, smallest first.
        count: How many findings there are, the examples included.
        routes: Where it was seen, in the order in which it was.
    """

    examples: tuple[Finding, ...]
    count: int
    routes: tuple[str, ...] = ()

    @property
    def primary(self) -> Finding:
        """The finding that names the group."""
        return self.examples[0]

    @property
    def severity(self) -> Severity:
        """The gravest of its examples."""
        order: tuple[Severity, ...] = ("difference", "hazard", "information")
        return min((finding.severity for finding in self.examples), key=order.index)
