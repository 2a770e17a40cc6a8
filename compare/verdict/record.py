"""The record of a run: what the judge said of each request, as findings in groups; what waits for keys; the tallies."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.findings import Exchange, Finding, Reply
from compare.subjects.moments import Boundary
from compare.verdict.events import Event, Found, Listener
from compare.verdict.groups import Grouping
from compare.verdict.outcome import RouteResult
from compare.verdict.rules import Rules, stability_key
from compare.verdict.shown import changes_of, reads_of
from compare.verdict.tally import Tally
from compare.verdict.ticks import ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from compare.config import SideName
    from compare.findings import Layer
    from compare.postgres import Table
    from compare.traffic import Wire
    from compare.verdict.answer import Answer
    from compare.verdict.difference import Difference
    from compare.verdict.evidence import Evidence
    from compare.verdict.judge import Judge
    from compare.verdict.keys import Keys

KEPT = 500  # findings that are kept one by one; groups count all


@dataclass(frozen=True)
class Context:
    """Where in the run a difference was seen; all None for what no request stands behind."""

    route: str | None = None
    scenario: str | None = None
    step: str | None = None
    exchange: Exchange | None = None


@dataclass(frozen=True)
class Heard:
    """All that is needed to judge a request again: the evidence of both sides, and how long the step took (seconds).

    `wire` is the request as it was sent to legacy.
    """

    context: Context
    wire: Wire
    legacy: Evidence
    async_: Evidence
    elapsed: float


@dataclass
class Record:
    """Takes the evidence of every request in, and has it judged.

    Attributes:
        judge: The checks.
        listener: Told of everything that is certain.
        unstable: Keys (`rules.stability_key`) of what a side does not agree on with itself.
        heard: Filled with every request where `keep`; for judging it again.
        restored: How often both databases were put back to the template's state on the way.
        unsent: How many steps were left out for want of a value that no answer gave.
        by_xid: How many commits a transaction id speaks for (True), and how many only their time (False).
        seen: Whether the probe of a side met SQLAlchemy.
    """

    judge: Judge
    listener: Listener
    rules: Rules = field(default_factory=Rules)
    unstable: frozenset[tuple[str | None, str, str]] = frozenset()
    keep: bool = False
    findings: list[Finding] = field(default_factory=list)
    held_apart: list[Finding] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    requests: int = 0
    unsent: int = 0
    restored: int = 0
    by_xid: Counter[bool] = field(default_factory=Counter)
    seen: dict[SideName, bool] = field(default_factory=dict)
    _waiting: list[tuple[Difference, Context, frozenset[str] | None]] = field(default_factory=list)
    _statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    _layers: dict[str, Counter[Layer]] = field(default_factory=lambda: defaultdict(Counter))
    _hazards: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.grouping = Grouping(tuple(self.judge.tables))
        self.tally = Tally(self.judge.tables)

    def emit(self, event: Event) -> None:
        """Tell the listener."""
        self.listener(event)

    def hear(self, heard: Heard) -> list[Finding]:
        """Judge one request; what is certain about it."""
        context, legacy, async_ = heard.context, heard.legacy, heard.async_
        route = context.route or ""
        if self.keep:
            self.heard.append(heard)
        clock = self.judge.matching.clock
        clock.longest_step = max(clock.longest_step, heard.elapsed)
        self.requests += 1
        self._statuses[route][legacy.answer.status or 0] += 1
        self.tally.take(route, legacy, async_)
        self._attribute(legacy, async_)
        found = self.judge.differences(route, legacy, async_)
        return self._told(found, heard) if found else []

    def say(self, difference: Difference, heard: Heard) -> None:
        """Take in what the engine itself found in a request."""
        self._told([difference], heard)

    def _told(self, differences: Sequence[Difference], heard: Heard) -> list[Finding]:
        """Differences of one request, with the request and all that both sides did for it."""
        exchange = exchange_of(heard, self.judge.tables)
        context = dataclasses.replace(heard.context, exchange=exchange)
        return self.add(differences, context, reads_of(heard.legacy, heard.async_))

    def add(
        self, differences: Sequence[Difference], context: Context, reads: frozenset[str] | None = None
    ) -> list[Finding]:
        """Take differences of one request in; one whose keys are not known yet waits until `settle`."""
        certain = []
        for difference in differences:
            if not difference.claims:
                certain.append(_finding(difference, context))
            elif not all(self.judge.keys.known(claim) for claim in difference.claims):
                self._waiting.append((difference, context, reads))
        counted = [finding for finding in certain if self._counts(finding)]
        self.grouping.take(counted, reads)
        for finding in counted:
            if len(self.findings) < KEPT:
                self.findings.append(finding)
            if finding.severity == "difference":
                self._layers[finding.route or ""][finding.layer] += 1
            elif finding.severity == "hazard":
                self._hazards[finding.route or ""] += 1
            self.emit(Found(finding))
        return counted

    def _counts(self, finding: Finding) -> bool:
        """Whether the finding counts, or is held apart or ignored."""
        if finding.severity == "difference" and stability_key(finding) in self.unstable:
            if len(self.held_apart) < KEPT:
                self.held_apart.append(finding)
            return False
        return not self.rules.covers(finding)

    def settle(self, keys: Keys) -> None:
        """Decide on everything that waited for the keys of the rows."""
        waiting, self._waiting = self._waiting, []
        for difference, context, reads in waiting:
            if not all(keys.hold(claim) for claim in difference.claims):
                self.add([dataclasses.replace(difference, claims=())], context, reads)

    def _attribute(self, legacy: Evidence, async_: Evidence) -> None:
        """Count the commits that the probe gave an id to, and those that only the time speaks for."""
        names: tuple[SideName, SideName] = ("legacy", "async")
        for name, evidence in zip(names, (legacy, async_), strict=True):
            self.seen[name] = self.seen.get(name, False) or (evidence.trace is not None and evidence.trace.sqlalchemy)
            known = xids_of(evidence)
            for commit in evidence.commits or ():
                self.by_xid[commit.xid in known] += 1

    def notes(self) -> Iterator[str]:
        """Sentences about what could not be sent."""
        if self.unsent:
            yield f"{self.unsent} steps were not sent: neither side's answers gave a value that they need"
        if self.restored:
            times = "once" if self.restored == 1 else f"{self.restored} times"
            yield f"both databases were put back {times}, since a request had changed the account of the login"

    @property
    def attribution(self) -> str:
        """How commits were laid to requests."""
        exact, timed = self.by_xid[True], self.by_xid[False]
        if not exact:
            return "time window" if timed else ""
        return "transaction id" if not timed else f"transaction id ({exact}), time window ({timed})"

    @property
    def any_difference(self) -> bool:
        """Whether anything certain was found that sets exit 1."""
        return any(self._layers.values())

    def routes(self, order: Iterable[str]) -> tuple[RouteResult, ...]:
        """The tally of every route that was asked, in the given order first."""
        rank = {route: index for index, route in enumerate(order)}
        names = sorted(self._statuses, key=lambda route: rank.get(route, len(rank)))
        return tuple(
            RouteResult(
                name,
                self._statuses[name].total(),
                tuple(sorted(self._statuses[name].items())),
                self._layers[name].total(),
                self._hazards[name],
                dict(self._layers[name]),
            )
            for name in names
        )


def _finding(difference: Difference, context: Context) -> Finding:
    return Finding(
        difference.code,
        difference.where,
        difference.legacy,
        difference.async_,
        context.route,
        context.scenario,
        context.step,
        context.exchange,
        difference.note,
        difference.level,
        difference.label,
        difference.cause,
    )


def xids_of(evidence: Evidence) -> frozenset[int]:
    """The lower 32 bits of the ids of the transactions that the probe saw commit."""
    if evidence.trace is None:
        return frozenset()
    return frozenset(b.xid % 2**32 for b in evidence.trace.of(Boundary) if b.kind == "commit" and b.xid is not None)


def exchange_of(heard: Heard, tables: Mapping[str, Table]) -> Exchange:
    """The request, both answers and what both sides did, as a finding keeps them."""
    wire, sides = heard.wire, (heard.legacy, heard.async_)
    cookies = (("cookie", "; ".join(f"{key}={value}" for key, value in wire.cookies)),) if wire.cookies else ()
    lines = [ticks(side.trace) if side.trace is not None else () for side in sides]
    changes = [tuple(changes_of(side, tables)) for side in sides]
    return Exchange(
        wire.method,
        wire.target,
        (*wire.headers, *cookies),
        _excerpt(wire.content),
        _reply(heard.legacy.answer),
        _reply(heard.async_.answer),
        (lines[0], lines[1]),
        (changes[0], changes[1]),
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
