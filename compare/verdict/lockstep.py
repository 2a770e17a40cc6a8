"""The lockstep engine: each step goes to both sides at once, and is compared before the next one goes out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.findings import Exchange
from compare.traffic import Captured, Missing
from compare.verdict.coverage import find_route
from compare.verdict.difference import Difference, shown
from compare.verdict.events import StepDone
from compare.verdict.record import Context, exchange_of
from compare.verdict.response import compare_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.findings import Severity
    from compare.traffic import Capture, Request, Scenario, Wire
    from compare.verdict.answer import Answer
    from compare.verdict.journal import Journal
    from compare.verdict.matching import Matching
    from compare.verdict.record import Record
    from compare.verdict.side import Side

IDLE_TIMEOUT = 5.0  # seconds that a side may work on after the answer
IMPATIENT = 0.3  # the same, once a side was seen not to come to rest
BREATH = 0.005  # seconds between two looks, so that work that starts right after an answer is seen
DEATH = 1.0  # seconds in which a process that dropped its connection is found to have died
AGAIN = 0.02  # seconds between two looks at a process
LAST_LINES = 20


@dataclass
class Lockstep:
    """Plays scenarios on two sides."""

    legacy: Side
    async_: Side
    matching: Matching
    record: Record
    journal: Journal
    _restless: set[str] = field(default_factory=set)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides, legacy first."""
        return self.legacy, self.async_

    async def play(self, scenarios: Sequence[Scenario]) -> None:
        """All scenarios, one after the other.

        Raises:
            UsageError: a step does not go as its scenario says on both sides alike, and nothing else explains it.
            CouldNotRunError: a side died.
        """
        total = sum(len(scenario.steps) for scenario in scenarios)
        done = 0
        async with self.legacy.client, self.async_.client:
            for scenario in scenarios:
                for side in self.sides:
                    side.begin(dict(scenario.variables))
                for step in scenario.steps:
                    going = await self._step(scenario, step)
                    done += 1
                    self.record.emit(StepDone(scenario.name, str(step), done, total))
                    if not going:
                        break

    async def _step(self, scenario: Scenario, step: Request) -> bool:
        """One step, as often as it is to be repeated. False if the rest of the scenario cannot be sent."""
        for _ in range(step.repeat):
            begun = time.monotonic()
            (wire, legacy), (_, async_) = await asyncio.gather(*(side.answer(step) for side in self.sides))
            if legacy.status is None or async_.status is None:
                await self._check_alive()
            idle = await self._settle()
            clock = self.matching.clock
            clock.longest_step = max(clock.longest_step, time.monotonic() - begun)
            context = self._context(scenario, step, wire, legacy, async_)
            self.journal.note(context, self.legacy.clone.horizon(), self.async_.clone.horizon())
            self.record.sent(context.route or "", legacy.status)
            found = compare_answers(legacy, async_, self.matching)
            for difference in found:
                self.record.add(difference, context)
            self._report_restless(idle, context)
            if not self._as_expected(scenario, step, legacy, async_, context):
                return False
            if not self._captured(scenario, step, legacy, async_, context):
                return False
        return True

    def _context(self, scenario: Scenario, step: Request, wire: Wire, legacy: Answer, async_: Answer) -> Context:
        tables = [side.subject.routes for side in self.sides]
        route = find_route(wire.method, wire.target, tables)
        name = str(route) if route else f"{wire.method} {wire.target.partition('?')[0]} (no route)"
        return Context(name, scenario.name, str(step), exchange_of(wire, legacy, async_))

    async def _settle(self) -> list[bool]:
        """Wait until both sides are at rest, twice in a row; per side whether it came to that."""
        idle = list(await asyncio.gather(*(self._idle(side) for side in self.sides)))
        await asyncio.sleep(BREATH)
        again = await asyncio.gather(*(self._idle(side) for side in self.sides))
        return [first and second for first, second in zip(idle, again, strict=True)]

    async def _idle(self, side: Side) -> bool:
        patience = IMPATIENT if side.subject.name in self._restless else IDLE_TIMEOUT
        return await side.at_rest(patience)

    def _report_restless(self, idle: Sequence[bool], context: Context) -> None:
        """An open transaction is told once per side; one that async alone leaves open makes the sides differ."""
        restless = {side.subject.name for side, at_rest in zip(self.sides, idle, strict=True) if not at_rest}
        new = restless - self._restless
        self._restless |= restless
        if not new:
            return
        words = [
            "still at work or in a transaction" if side.subject.name in restless else "at rest" for side in self.sides
        ]
        level: Severity = "difference" if restless == {"async"} else "hazard"
        self.record.add(Difference("TXN005", "database connections", words[0], words[1]), context, level)

    async def _check_alive(self) -> None:
        """CouldNotRunError if a side that gave no answer is no longer there."""
        deadline = time.monotonic() + DEATH
        while all(side.subject.alive for side in self.sides) and time.monotonic() < deadline:  # noqa: ASYNC110 - a process tells nobody that it died
            await asyncio.sleep(AGAIN)
        for side in self.sides:
            if not side.subject.alive:
                output = side.subject.output()
                last = "\n".join(f"  {line}" for line in output.splitlines()[-LAST_LINES:]) or "  (nothing)"
                raise CouldNotRunError(
                    f"The {side.subject.name} side died while it was answering. The last that it printed:\n{last}",
                    details=output,
                )

    def _as_expected(self, scenario: Scenario, step: Request, legacy: Answer, async_: Answer, context: Context) -> bool:
        """Whether the step went as the scenario says; what one side alone gets wrong is a finding already."""
        wanted = step.until or step.status
        if wanted is None or wanted in (legacy.status, async_.status) or legacy.status != async_.status:
            return True
        waited = f" for {step.within:g} s" if step.until else ""
        self._stop(
            scenario,
            step,
            f"the scenario expects status {wanted}, both sides answer{waited} {legacy.status}: {_excerpt(legacy)}",
            context,
        )
        return False

    def _captured(self, scenario: Scenario, step: Request, legacy: Answer, async_: Answer, context: Context) -> bool:
        """Take the step's captures per side. False if one is missing, so that what follows cannot be sent."""
        for capture in step.captures:
            missing = [
                self._take(capture, side, answer) for side, answer in zip(self.sides, (legacy, async_), strict=True)
            ]
            if missing[0] is not None and missing[1] is not None:
                self._stop(
                    scenario,
                    step,
                    f"there is no value for ${{{capture.name}}}: {missing[0]}: {_excerpt(legacy)}",
                    context,
                )
                return False
            if missing[0] is not None or missing[1] is not None:
                words = [
                    absent or shown(str(side.values[capture.name]))
                    for side, absent in zip(self.sides, missing, strict=True)
                ]
                self.record.add(Difference("RES017", f"capture {capture.name}", words[0], words[1]), context)
                return False
        return True

    @staticmethod
    def _take(capture: Capture, side: Side, answer: Answer) -> str | None:
        """Store the value; a sentence if the answer lacks it."""
        try:
            side.values[capture.name] = capture.take(Captured(answer.headers, answer.body))
        except Missing as error:
            return str(error)
        return None

    def _stop(self, scenario: Scenario, step: Request, reason: str, context: Context) -> None:
        """End a scenario. Without a difference to explain it, the scenario itself is at fault."""
        if not self.record.any_difference:
            raise UsageError(
                f"{scenario.file}: scenario {scenario.name!r}, step {step}: {reason}\n"
                "Mend the scenario: as it is, it does not test what it says."
            )
        self.record.add(Difference("RUN001", "scenario", reason, reason), context)


def _excerpt(answer: Answer) -> str:
    """The beginning of an answer, on one line."""
    return " ".join((answer.failure or answer.text or f"({len(answer.body)} bytes)")[: Exchange.LIMIT // 10].split())
