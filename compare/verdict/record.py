"""The record of a run: findings as they come, what waits for the rows, and a tally per route."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.findings import Exchange, Finding, Reply, Severity
from compare.verdict.events import Event, Found, Listener
from compare.verdict.outcome import RouteResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.traffic import Wire
    from compare.verdict.answer import Answer
    from compare.verdict.difference import Difference
    from compare.verdict.keys import Keys


@dataclass(frozen=True)
class Context:
    """Where in the run a difference was seen; all None for what no request stands behind."""

    route: str | None = None
    scenario: str | None = None
    step: str | None = None
    exchange: Exchange | None = None


@dataclass
class Record:
    """Takes everything in, and passes on what is certain."""

    listener: Listener
    findings: list[Finding] = field(default_factory=list)
    requests: int = 0
    _waiting: list[tuple[Difference, Context]] = field(default_factory=list)
    _statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def emit(self, event: Event) -> None:
        """Tell the listener."""
        self.listener(event)

    def sent(self, route: str, status: int | None, times: int = 1) -> None:
        """Count requests to a route, with the status that legacy gave."""
        self.requests += times
        self._statuses[route][status or 0] += times

    def add(self, difference: Difference, context: Context, level: Severity | None = None) -> None:
        """A difference; one with claims waits until `settle`."""
        if difference.claims:
            self._waiting.append((difference, context))
            return
        finding = Finding(
            difference.code,
            difference.where,
            difference.legacy,
            difference.async_,
            context.route,
            context.scenario,
            context.step,
            context.exchange,
            difference.note,
            level,
        )
        self.findings.append(finding)
        self.emit(Found(finding))

    def settle(self, keys: Keys) -> None:
        """Decide on everything that waited for the keys of the rows."""
        for difference, context in self._waiting:
            if all(keys.hold(claim) for claim in difference.claims):
                continue
            self.add(dataclasses.replace(difference, claims=()), context)
        self._waiting.clear()

    @property
    def any_difference(self) -> bool:
        """Whether anything certain was found that sets exit 1."""
        return any(finding.severity == "difference" for finding in self.findings)

    def routes(self, order: Iterable[str]) -> tuple[RouteResult, ...]:
        """The tally of every route that was asked, in the given order first."""
        counts = Counter(finding.route for finding in self.findings if finding.severity == "difference")
        rank = {route: index for index, route in enumerate(order)}
        names = sorted(self._statuses, key=lambda route: rank.get(route, len(rank)))
        return tuple(
            RouteResult(
                name, self._statuses[name].total(), tuple(sorted(self._statuses[name].items())), counts.get(name, 0)
            )
            for name in names
        )


def exchange_of(wire: Wire, legacy: Answer, async_: Answer) -> Exchange:
    """The request and both answers as a finding keeps them."""
    return Exchange(
        wire.method,
        wire.target,
        (
            *wire.headers,
            *((("cookie", "; ".join(f"{key}={value}" for key, value in wire.cookies)),) if wire.cookies else ()),
        ),
        _excerpt(wire.content),
        _reply(legacy),
        _reply(async_),
    )


def _reply(answer: Answer) -> Reply:
    if answer.status is None:
        return Reply(None, (), answer.failure)
    text = answer.text
    return Reply(answer.status, answer.headers, _excerpt(answer.body) if text is None else text[: Exchange.LIMIT])


def _excerpt(content: bytes) -> str:
    try:
        return content[: Exchange.LIMIT].decode()
    except UnicodeDecodeError:
        return f"({len(content)} bytes that are no text)"
