"""A whole run: the server, the template, two clones, two apps, all traffic, six layers, one verdict."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.postgres import fill, running_server
from compare.subjects import checked_out
from compare.verdict import coverage
from compare.verdict.bindings import Bindings
from compare.verdict.clock import Clock
from compare.verdict.difference import Difference
from compare.verdict.events import Finished, Listener, Stage
from compare.verdict.journal import Journal
from compare.verdict.judge import Judge
from compare.verdict.keys import Keys
from compare.verdict.known import Known
from compare.verdict.learned import Template, learn_sent, template
from compare.verdict.lockstep import Lockstep
from compare.verdict.matching import Matching
from compare.verdict.outcome import Verdict
from compare.verdict.record import Context, Record
from compare.verdict.reproduce import Played, candidates, proved
from compare.verdict.rows import TableResult, compare_tables, known_tables
from compare.verdict.rules import Rules, keys_of
from compare.verdict.sample import sampled
from compare.verdict.sides import Sides, check_writes, opened
from compare.verdict.sight import sights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.config import Config, SideConfig
    from compare.findings import Finding
    from compare.postgres import Clone, Server
    from compare.traffic import Scenario
    from compare.verdict.plan import Plan

REST = 0.2  # seconds in which nothing may change before differing rows are believed
AT_REST_WITHIN = 5.0


def run(config: Config, plan: Plan, listener: Listener) -> Verdict:
    """Compare both sides on a server and a template of their own.

    Raises:
        UsageError: a scenario names an unknown route, or does not hold on either side; nothing is left to send.
        CouldNotRunError: the database, the set-up or an app does not start.
    """
    begun = time.monotonic()
    check_writes(config, plan.written)
    with checked_out(config) as taken:
        listener(Stage("starting PostgreSQL"))
        with running_server(config.database.url) as server:
            listener(Stage("building the template database"))
            server.build_template(partial(fill, taken))
            verdict = run_on(server, taken, plan, listener)
            listener(Stage("stopping PostgreSQL"))
    verdict = dataclasses.replace(verdict, seconds=time.monotonic() - begun)
    listener(Finished(verdict))
    return verdict


def run_on(server: Server, config: Config, plan: Plan, listener: Listener) -> Verdict:
    """Compare both sides on clones of the template that a server has; first each with itself, on a sample.

    What was found before a side died is kept in the verdict, which then says why it stopped.

    Raises:
        UsageError: a scenario names an unknown route, or does not hold on either side.
        CouldNotRunError: an app does not start.
    """
    begun = time.monotonic()
    with template() as known:
        shaky: list[Finding] = []
        if config.sample:
            listener(Stage("comparing each app with itself"))
            shaky = [finding for side in config.sides for finding in _with_itself(server, config, side, plan, known)]
        listener(Stage("starting both apps"))
        with opened(server, config, config.sides) as sides:
            scenarios = plan.scenarios(sides.legacy.subject)
            check_writes(config, scenarios)
            coverage.check_scenarios(scenarios, [side.subject.routes for side in sides.both])
            listener(Stage("sending requests"))
            with closing(Run.of(config, sides, scenarios, listener, keys_of(shaky), known=known)) as run:
                verdict = run.verdict(scenarios, begun, whole=plan.whole)
            listener(Stage("looking for the shortest way to each difference"))
            play = partial(_played, config, sides, known)
            repeatable = verdict.stopped is None and all(side.clone is not None for side in sides.both)
            found = list(candidates(verdict.groups, scenarios, play)) if repeatable else []
            listener(Stage("stopping both apps"))
        if found:
            listener(Stage("making sure of it on apps that remember nothing"))
        shown = [proved(candidate, partial(_played_anew, server, config, known)) for candidate in found]
    missed = [_missed(candidate.finding) for candidate, proof in zip(found, shown, strict=True) if proof is None]
    reproductions = tuple(proof for proof in shown if proof is not None)
    notes = (*plan.notes, *verdict.notes, *missed)
    return dataclasses.replace(verdict, notes=notes, reproductions=reproductions)


def _with_itself(server: Server, config: Config, side: SideConfig, plan: Plan, known: Template) -> tuple[Finding, ...]:
    """What a side does not agree on with itself, in a sample of the traffic."""
    with opened(server, config, (side, side)) as sides:
        sample = sampled(plan.scenarios(sides.legacy.subject), config.sample)
        with closing(Run.of(config, sides, sample, lambda _event: None, known=known)) as run:
            try:
                run.play(sample)
            except (CouldNotRunError, UsageError):
                return ()  # the run itself meets it again, and says so
            run.settle()
            return tuple(finding for finding in run.record.findings if finding.severity == "difference")


def _played(config: Config, sides: Sides, known: Template, scenario: Scenario) -> Played:
    """One scenario on databases that are as the template is, by itself."""
    again = sides.fresh()
    with closing(Run.of(config, again, [scenario], lambda _event: None, known=known)) as run:
        run.record.keep = True
        run.play([scenario])
        run.settle()
        return Played(run.record.findings, run.record.heard)


def _played_anew(server: Server, config: Config, known: Template, scenario: Scenario) -> Played:
    """One scenario on new clones, by apps that were started for it."""
    with opened(server, config, config.sides) as sides:
        return _played(config, sides, known, scenario)


def _missed(finding: Finding) -> str:
    return (
        f"{finding.code} on {finding.route} ({finding.where}) did not show again when {finding.scenario!r} was played "
        "by itself and after what came before it, so it could not be made shorter"
    )


@dataclass
class Run:
    """Two sides, one record, and the way from the first request to the verdict. Whoever makes one closes it."""

    config: Config
    sides: Sides
    record: Record
    journal: Journal
    listener: Listener
    results: tuple[TableResult, ...] = ()
    own: Template | None = None
    seed: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def of(  # noqa: PLR0913 - all that a run stands on
        cls,
        config: Config,
        sides: Sides,
        scenarios: Sequence[Scenario],
        listener: Listener,
        unstable: frozenset[tuple[str | None, str, str]] = frozenset(),
        *,
        known: Template | None = None,
    ) -> Run:
        """Ready to play: what is there already is known, and stands for itself.

        `known` is what the template of the sides' databases holds, where other runs learn it too.
        """
        first = sides.legacy.clone or sides.async_.clone
        own = None
        if known is None:
            known = own = Template()
        matching = Matching(Clock(time.time()), Bindings(Known(known.known(first))))
        learn_sent(matching, scenarios)
        keys = Keys.before_run(first.sequences() if first is not None else {})
        tables = known_tables(first, keys) if first is not None else {}
        judge = Judge(matching, keys, tables, sides.legacy.limits)
        record = Record(judge, listener, Rules(config.ignore), unstable)
        return cls(config, sides, record, Journal(_horizons(sides)), listener, own=own)

    def close(self) -> None:
        """Take away what the run kept on disk."""
        self.record.judge.matching.close()
        if self.own is not None:
            self.own.close()

    def play(self, scenarios: Sequence[Scenario]) -> None:
        """Send everything. Raises UsageError and CouldNotRunError as `Lockstep.play` does."""
        legacy, async_ = self.sides.both
        restored = None if legacy.clone is None or async_.clone is None else self.restore
        seed = self.seed if self.config.prevent else ""
        lockstep = Lockstep(legacy, async_, self.record, seed, self.note, restored)
        asyncio.run(lockstep.play(scenarios, sum(len(scenario.steps) for scenario in scenarios)))

    def note(self, context: Context) -> None:
        """Without a log, remember which transaction ids belong to which step."""
        if self.sides.blind:
            self.journal.note(context, *_horizons(self.sides))

    def restore(self) -> None:
        """Settle what was done up to now, and go on with databases that are as the template is."""
        self.settle()
        self.record.restored += 1
        self.sides.reset()
        self.record.judge.keys = self.record.judge.keys.anew()
        self.record.grouping.rejoined()
        self.journal = Journal(_horizons(self.sides))

    def settle(self) -> None:
        """Compare what stands in the tables now, and decide on everything that waited for it."""
        keys = self.record.judge.keys
        legacy, async_ = (side.clone for side in self.sides.both)
        if legacy is None or async_ is None:  # a side whose database nobody knows
            self.record.settle(keys)
            return
        self._wait_for_rest(legacy, async_)
        keys.close(legacy.sequences(), async_.sequences(), self._standing)
        told = frozenset(self.record.grouping.parted)
        results, found = compare_tables(legacy, async_, self.record.judge.matching, keys, told)
        self.results = tuple(_larger(results, self.results))
        for table, difference in found:
            self.record.add([difference], self._written_by(table, difference))
        self.record.settle(keys)
        for name, ours, theirs in keys.ends():
            self.record.add([Difference("ROW007", name, ours, theirs)], Context())

    def verdict(self, scenarios: Sequence[Scenario], begun: float, *, whole: bool) -> Verdict:
        """Play everything, settle, and sum up."""
        routes = [side.subject.routes for side in self.sides.both]
        for route, difference in coverage.table_differences(routes[0], routes[1]):
            self.record.add([difference], Context(route))
        stopped = None
        try:
            self.play(scenarios)
        except CouldNotRunError as error:
            stopped = str(error)
        self.listener(Stage("comparing every row"))
        self.settle()
        order = coverage.routes_to_cover(routes[0], routes[1])
        record = self.record
        results = record.routes(order)
        reached = {result.route for result in results}
        return Verdict(
            apps={side.name: side.title for side in self.config.sides},
            routes=results,
            unexercised=tuple(route for route in order if route not in reached),
            total_routes=len(order),
            tables=self.results,
            findings=tuple(record.findings),
            scenarios=len(scenarios),
            requests=record.requests,
            seconds=time.monotonic() - begun,
            stopped=stopped,
            outputs={side.subject.name: side.subject.output() for side in self.sides.both},
            groups=record.grouping.groups(),
            unstable=tuple(record.held_apart),
            coverage=record.tally.coverage(),
            sights=tuple(sights(self.sides, record.seen)),
            attribution=record.attribution,
            ignored=record.rules.ignored(),
            notes=tuple(record.notes()),
            broken_rules=tuple(record.rules.problems(record.tally.leaves, whole=whole and stopped is None)),
            strict=self.config.strict,
        )

    def _written_by(self, table: str, difference: Difference) -> Context:
        """The step that wrote the differing row; without a row, or where it is from before, no step."""
        wrote = [
            None if row is None or side.clone is None else side.clone.writer(self.record.judge.tables[table], row)
            for side, row in zip(self.sides.both, difference.rows, strict=True)
        ]
        return self.journal.writer(wrote[0], wrote[1]) or Context()

    def _wait_for_rest(self, legacy: Clone, async_: Clone) -> None:
        """Give work that began late its time: believe differing tables only when they no longer change."""
        deadline = time.monotonic() + AT_REST_WITHIN
        digests = [_digests(clone) for clone in (legacy, async_)]
        while digests[0] != digests[1] and time.monotonic() < deadline:
            time.sleep(REST)
            earlier, digests = digests, [_digests(clone) for clone in (legacy, async_)]
            if earlier == digests:
                return

    def _standing(self, name: str, sequence: str, key: int) -> bool:
        """Whether a committed row of a side holds a key in a column that the sequence fills."""
        clone = (self.sides.legacy if name == "legacy" else self.sides.async_).clone
        return clone is not None and any(
            clone.holds(table, column.name, key)
            for table in self.record.judge.tables.values()
            for column in table.columns
            if column.sequence == sequence
        )


def _larger(results: Iterable[TableResult], earlier: Iterable[TableResult]) -> Iterator[TableResult]:
    """Of each table the result that compared more; all differences."""
    known = {result.name: result for result in earlier}
    for result in results:
        before = known.get(result.name, result)
        rows = max(result, before, key=lambda one: one.legacy + one.async_)
        differences = result.differences + (before.differences if before is not result else 0)
        yield dataclasses.replace(rows, differences=differences)


def _digests(clone: Clone) -> dict[str, str]:
    return {str(table): clone.digest(table) for table in clone.tables()}


def _horizons(sides: Sides) -> tuple[int, int]:
    """The next transaction id on each side; 0 where nobody knows."""
    legacy, async_ = (side.clone.horizon() if side.clone is not None else 0 for side in sides.both)
    return legacy, async_
