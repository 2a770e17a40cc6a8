"""A whole run: the server, the template, two clones, two apps, all scenarios, all rows, one verdict."""

from __future__ import annotations

import asyncio
import dataclasses
import queue
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.postgres import fill, running_server
from compare.subjects import Subject, started
from compare.traffic import find_files, load_scenarios
from compare.verdict import coverage
from compare.verdict.clock import Clock
from compare.verdict.difference import Difference
from compare.verdict.events import Finished, Listener, Stage
from compare.verdict.journal import Journal
from compare.verdict.keys import Keys, Sequences
from compare.verdict.lockstep import Lockstep
from compare.verdict.matching import Matching
from compare.verdict.outcome import Verdict
from compare.verdict.record import Context, Record
from compare.verdict.rows import TableResult, compare_tables
from compare.verdict.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.config import Config
    from compare.postgres import Clone, Server
    from compare.traffic import Scenario

LEAVING = 6.0  # seconds that a thread which is starting an app gets when the run is interrupted
REST = 0.2  # seconds in which nothing may change before differing rows are believed
AT_REST_WITHIN = 5.0
LEARNED_TYPES = ("uuid", "timestamp", "text", "character", "json", "bytea")


def choose_scenarios(config: Config, patterns: Sequence[str] = (), only: str | None = None) -> list[Scenario]:
    """The scenarios to play: the configuration's or those of `patterns`, named like `only`. UsageError if none."""
    scenarios = load_scenarios(find_files(patterns or config.scenarios, config.directory))
    chosen = [scenario for scenario in scenarios if only is None or only.lower() in scenario.name.lower()]
    if not chosen:
        names = "\n".join(f"  {scenario.name}" for scenario in scenarios)
        raise UsageError(f"No scenario has {only!r} in its name. There are:\n{names}")
    return chosen


def run(config: Config, scenarios: Sequence[Scenario], listener: Listener) -> Verdict:
    """Compare both sides on a server and a template of their own.

    Raises:
        UsageError: a scenario names an unknown route, or does not hold on either side.
        CouldNotRunError: the database, the set-up or an app does not start.
    """
    begun = time.monotonic()
    listener(Stage("starting PostgreSQL"))
    with running_server(config.database.url) as server:
        listener(Stage("building the template database"))
        server.build_template(partial(fill, config))
        verdict = run_on(server, config, scenarios, listener)
        listener(Stage("stopping PostgreSQL"))
    verdict = dataclasses.replace(verdict, seconds=time.monotonic() - begun)
    listener(Finished(verdict))
    return verdict


def run_on(server: Server, config: Config, scenarios: Sequence[Scenario], listener: Listener) -> Verdict:
    """Compare both sides on clones of the template that a server has.

    What was found before a side died is kept in the verdict, which then says why it stopped.

    Raises:
        UsageError: a scenario names an unknown route, or does not hold on either side.
        CouldNotRunError: an app does not start.
    """
    begun = time.monotonic()
    record = Record(listener)
    with ExitStack() as stack:
        clones = stack.enter_context(server.clone("legacy")), stack.enter_context(server.clone("async"))
        journal = Journal((clones[0].horizon(), clones[1].horizon()))
        compared = _Comparison(config, record, clones, Matching(Clock(time.time())), clones[0].sequences(), journal)
        _learn(compared.matching, clones[0], scenarios)
        record.emit(Stage("starting both apps"))
        subjects = _start_both(stack, config, clones)
        coverage.check_scenarios(scenarios, [subject.routes for subject in subjects])
        record.emit(Stage("sending requests"))
        verdict = compared.verdict(subjects, scenarios, begun)
        record.emit(Stage("stopping both apps"))
    return verdict


def _learn(matching: Matching, clone: Clone, scenarios: Sequence[Scenario]) -> None:
    """What looks generated but is there already, in the template or in a scenario, stands for itself only."""
    for table in clone.tables():
        places = [index for index, column in enumerate(table.columns) if column.type.startswith(LEARNED_TYPES)]
        if not places:
            continue
        for row in clone.rows(table):
            for index in places:
                value = row[index]
                if value is not None:
                    matching.learn(value)
    for scenario in scenarios:
        for step in scenario.steps:
            for text in step.constants():
                matching.learn(text)


def _start_both(stack: ExitStack, config: Config, clones: tuple[Clone, Clone]) -> tuple[Subject, Subject]:
    """Start the apps at the same time; each is stopped with the stack, whether or not the other one started.

    The threads are daemons: if the run is interrupted and one does not come back in time, it is left behind, and
    the guard of its process ends the app when this process ends.
    """
    done: queue.SimpleQueue[tuple[int, Subject | BaseException]] = queue.SimpleQueue()
    stacks = ExitStack(), ExitStack()

    def start(index: int) -> None:
        try:
            done.put((index, stacks[index].enter_context(started(config.sides[index], clones[index].address))))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            done.put((index, error))

    threads = [threading.Thread(target=start, args=(index,), daemon=True) for index in (0, 1)]

    def leave() -> None:
        deadline = time.monotonic() + LEAVING
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        closing = [threading.Thread(target=one.close, daemon=True) for one in stacks]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    stack.callback(leave)
    for thread in threads:
        thread.start()
    outcomes = dict(done.get() for _ in threads)
    failures = [outcome for _, outcome in sorted(outcomes.items()) if isinstance(outcome, BaseException)]
    if failures:
        raise _joined(failures)
    legacy, async_ = outcomes[0], outcomes[1]
    assert isinstance(legacy, Subject)  # noqa: S101 - narrows the type; failures were raised above
    assert isinstance(async_, Subject)  # noqa: S101 - as above
    return legacy, async_


def _joined(failures: Sequence[BaseException]) -> BaseException:
    """One error for both apps, where both failed in words."""
    words = [failure for failure in failures if isinstance(failure, CouldNotRunError)]
    if len(words) < len(failures) or len(words) == 1:
        return next((failure for failure in failures if not isinstance(failure, CouldNotRunError)), failures[0])
    details = "\n".join(failure.details for failure in words)
    return CouldNotRunError("\n\n".join(str(failure) for failure in words), details=details)


@dataclass(frozen=True)
class _Comparison:
    """The part of a run that sends and compares."""

    config: Config
    record: Record
    clones: tuple[Clone, Clone]
    matching: Matching
    before: Sequences
    journal: Journal

    def verdict(self, subjects: tuple[Subject, Subject], scenarios: Sequence[Scenario], begun: float) -> Verdict:
        """Play everything, compare all rows, and sum up."""
        tables = [subject.routes for subject in subjects]
        for route, difference in coverage.table_differences(tables[0], tables[1]):
            self.record.add(difference, Context(route))
        sides = [Side.of(subject, clone) for subject, clone in zip(subjects, self.clones, strict=True)]
        lockstep = Lockstep(sides[0], sides[1], self.matching, self.record, self.journal)
        stopped = None
        try:
            asyncio.run(lockstep.play(scenarios))
        except CouldNotRunError as error:
            stopped = str(error)
        self.record.emit(Stage("comparing every row"))
        results = self._rows()
        order = coverage.routes_to_cover(tables[0], tables[1])
        routes = self.record.routes(order)
        reached = {result.route for result in routes}
        return Verdict(
            apps={side.name: side.title for side in self.config.sides},
            routes=routes,
            unexercised=tuple(route for route in order if route not in reached),
            total_routes=len(order),
            tables=tuple(results),
            findings=tuple(self.record.findings),
            scenarios=len(scenarios),
            requests=self.record.requests,
            seconds=time.monotonic() - begun,
            stopped=stopped,
            outputs={subject.name: subject.output() for subject in subjects},
        )

    def _rows(self) -> list[TableResult]:
        legacy, async_ = self.clones
        self._wait_for_rest()
        keys = Keys(self.before, legacy.sequences(), async_.sequences(), self._standing)
        results, found = compare_tables(legacy, async_, self.matching, keys)
        for table, difference in found:
            self.record.add(difference, self._written_by(table, difference))
        self.record.settle(keys)
        for name in sorted(keys.legacy.keys() & keys.async_.keys()):
            if keys.legacy[name] != keys.async_[name]:
                last = [str(side[name] or "never drawn from") for side in (keys.legacy, keys.async_)]
                self.record.add(Difference("ROW007", name, last[0], last[1]), Context())
        return results

    def _written_by(self, table: str, difference: Difference) -> Context:
        """The step that wrote the differing row; without a row, or where it is from before, no step."""
        wrote = [
            None if row is None else clone.writer(found, row)
            for clone, row in zip(self.clones, difference.rows, strict=True)
            for found in clone.tables()
            if str(found) == table
        ]
        return (self.journal.writer(*wrote) if len(wrote) == len(self.clones) else None) or Context()

    def _wait_for_rest(self) -> None:
        """Give work that began late its time: believe differing tables only when they no longer change."""
        deadline = time.monotonic() + AT_REST_WITHIN
        digests = [self._digests(clone) for clone in self.clones]
        while digests[0] != digests[1] and time.monotonic() < deadline:
            time.sleep(REST)
            earlier, digests = digests, [self._digests(clone) for clone in self.clones]
            if earlier == digests:
                return

    @staticmethod
    def _digests(clone: Clone) -> dict[str, str]:
        return {str(table): clone.digest(table) for table in clone.tables()}

    def _standing(self, side: str, sequence: str, key: int) -> bool:
        """Whether a committed row of a side holds a key in a column that the sequence fills."""
        clone = self.clones[0] if side == "legacy" else self.clones[1]
        for table in clone.tables():
            for column in table.columns:
                if column.sequence == sequence:
                    names = [name.replace('"', '""') for name in (table.schema, table.name, column.name)]
                    query = 'SELECT 1 FROM "{}"."{}" WHERE "{}" = %s LIMIT 1'.format(*names)  # noqa: S608 - quoted names
                    if clone.fetch(query, (key,)):
                        return True
        return False
