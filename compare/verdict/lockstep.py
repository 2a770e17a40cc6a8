"""The lockstep engine: each step goes to both sides at once, and is judged before the next one goes out."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.findings import Exchange
from compare.traffic import Captured, Missing
from compare.traffic.login import PRELUDE
from compare.verdict.coverage import find_route
from compare.verdict.difference import Difference, shown
from compare.verdict.events import StepDone
from compare.verdict.record import Context, Heard
from compare.verdict.side import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compare.traffic import Capture, Request, Scenario
    from compare.verdict.answer import Answer
    from compare.verdict.record import Record
    from compare.verdict.side import Side

DEATH = 1.0  # seconds in which a process that dropped its connection is found to have died
AGAIN = 0.02  # seconds between two looks at a process
LAST_LINES = 20
FIRST_REFUSAL = 400  # the first status that says no
SILENT = 3  # requests in a row without an answer, after which a side is not asked any more


@dataclass
class Lockstep:
    """Plays scenarios on two sides.

    Attributes:
        seed: What both sides draw by chance starts with it; '' leaves them their own chance and clock.
        noted: Is told of every step that was judged.
        restored: Puts both databases back to the template's state, for when nobody can log in any more: a generated
            request may change the very account. None where that cannot be done, or did not help.
    """

    legacy: Side
    async_: Side
    record: Record
    seed: str = ""
    noted: Callable[[Context], None] = lambda _context: None
    restored: Callable[[], None] | None = None
    _sent: int = 0
    _unanswered: Counter[str] = field(default_factory=Counter)
    _retried: bool = False

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides, legacy first."""
        return self.legacy, self.async_

    async def play(self, scenarios: Iterable[Scenario], total: int) -> None:
        """All scenarios, one after the other; `total` steps, for the listener.

        Raises:
            UsageError: a step does not go as its scenario says on both sides alike, and nothing else explains it.
            CouldNotRunError: a side died, or answers nothing any more.
        """
        done = 0
        async with self.legacy.client, self.async_.client:
            for scenario in scenarios:
                try:
                    await self._scenario(scenario, done, total)
                except _LockedOutError:
                    await self._scenario(scenario, done, total)
                done += len(scenario.steps)

    async def _scenario(self, scenario: Scenario, done: int, total: int) -> None:
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
        if scenario.lenient and any(step.lacks(side.values) for side in self.sides):
            self.record.unsent += 1
            return True
        for _ in range(step.repeat):
            heard = await self.heard(scenario, step)
            self.record.hear(heard)
            self.noted(heard.context)
            self._check_answers(heard)
            if step.prelude == PRELUDE and self.restored is not None:
                self._check_login(step, heard)
            if not (self._as_expected(scenario, step, heard) and self._captured(scenario, step, heard)):
                return False
        return True

    async def heard(self, scenario: Scenario, step: Request) -> Heard:
        """Send the step to both sides, and wait until both are at rest."""
        begun = time.monotonic()
        stamp = self._stamp()
        asked = await asyncio.gather(*(side.ask(step, stamp) for side in self.sides))
        if asked[0].answer.status is None or asked[1].answer.status is None:
            await self._check_alive()
        legacy, async_ = await asyncio.gather(
            *(side.evidence(one) for side, one in zip(self.sides, asked, strict=True))
        )
        wire = asked[0].wire
        tables = [side.subject.routes for side in self.sides]
        route = find_route(wire.method, wire.target, tables)
        name = str(route) if route else f"{wire.method} {wire.target.partition('?')[0]} (no route)"
        return Heard(Context(name, scenario.name, str(step)), wire, legacy, async_, time.monotonic() - begun)

    def _stamp(self) -> Stamp:
        """The next request's number; the same clock and seed for both sides."""
        self._sent += 1
        if not self.seed:
            return Stamp(str(self._sent))
        seed = hashlib.blake2b(f"{self.seed} {self._sent}".encode(), digest_size=16).hexdigest()
        return Stamp(str(self._sent), time.time_ns() // 1000, seed)

    def _check_login(self, step: Request, heard: Heard) -> None:
        """_LockedOutError, with the databases put back, where either side refuses the login; once in a row."""
        answers = heard.legacy.answer, heard.async_.answer
        if all(_let_in(step, answer) for answer in answers):
            self._retried = False
        elif self._retried:
            self.restored = None  # it is not the databases
        elif self.restored is not None:
            self._retried = True
            self.restored()
            raise _LockedOutError

    def _check_answers(self, heard: Heard) -> None:
        """CouldNotRunError if a side has left several requests in a row without an answer: it will not come back."""
        for side, evidence in zip(self.sides, (heard.legacy, heard.async_), strict=True):
            name, answer = side.subject.name, evidence.answer
            self._unanswered[name] = 0 if answer.status is not None else self._unanswered[name] + 1
            if self._unanswered[name] >= SILENT:
                raise CouldNotRunError(
                    f"The {name} side has answered none of the last {SILENT} requests, so the rest was not sent. Of "
                    f"the last one, {heard.context.route}, came {answer.failure}. Is something blocked for ever, or "
                    "another program on that port?",
                    details=side.subject.output(),
                )

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

    def _as_expected(self, scenario: Scenario, step: Request, heard: Heard) -> bool:
        """Whether the step went as the scenario says; what one side alone gets wrong is a finding already."""
        legacy, async_ = heard.legacy.answer, heard.async_.answer
        wanted = step.until or step.status
        if wanted is None or wanted in (legacy.status, async_.status) or legacy.status != async_.status:
            return True
        waited = f" for {step.within:g} s" if step.until else ""
        reason = f"the scenario expects status {wanted}, both sides answer{waited} {legacy.status}: {_excerpt(legacy)}"
        self._stop(scenario, step, reason, heard)
        return False

    def _captured(self, scenario: Scenario, step: Request, heard: Heard) -> bool:
        """Take the step's captures per side. False if one is missing, so that what follows cannot be sent.

        Nobody promised that the answers of a recorded or generated scenario hold what is taken from them.
        """
        answers = heard.legacy.answer, heard.async_.answer
        for capture in step.captures:
            missing = [self._take(capture, side, answer) for side, answer in zip(self.sides, answers, strict=True)]
            if missing[0] is not None and missing[1] is not None:
                if scenario.lenient:
                    continue  # an earlier answer may have given the value
                reason = f"there is no value for ${{{capture.name}}}: {missing[0]}: {_excerpt(answers[0])}"
                self._stop(scenario, step, reason, heard)
                return False
            if missing[0] is not None or missing[1] is not None:
                words = [
                    absent or shown(str(side.values[capture.name]))
                    for side, absent in zip(self.sides, missing, strict=True)
                ]
                self.record.say(Difference("RES017", f"capture {capture.name}", words[0], words[1]), heard)
                return scenario.lenient
        return True

    @staticmethod
    def _take(capture: Capture, side: Side, answer: Answer) -> str | None:
        """Store the value; a sentence if the answer lacks it."""
        try:
            side.values[capture.name] = capture.take(Captured(answer.headers, answer.body))
        except Missing as error:
            return str(error)
        return None

    def _stop(self, scenario: Scenario, step: Request, reason: str, heard: Heard) -> None:
        """End a scenario. Without a difference to explain it, the scenario itself is at fault."""
        if not self.record.any_difference:
            raise UsageError(
                f"{scenario.file}: scenario {scenario.name!r}, step {step}: {reason}\n"
                "Mend the scenario: as it is, it does not test what it says."
            )
        self.record.say(Difference("RUN001", "scenario", reason, reason), heard)


class _LockedOutError(Exception):
    """Nobody could log in; the databases have been put back, so the scenario can be tried once more."""


def _let_in(step: Request, answer: Answer) -> bool:
    """Whether a login was not refused, and its answer holds what is taken from it."""
    if answer.status is None or answer.status >= FIRST_REFUSAL:
        return False
    try:
        for capture in step.captures:
            capture.take(Captured(answer.headers, answer.body))
    except Missing:
        return False
    return True


def _excerpt(answer: Answer) -> str:
    """The beginning of an answer, on one line."""
    return " ".join((answer.failure or answer.text or f"({len(answer.body)} bytes)")[: Exchange.LIMIT // 10].split())
