"""Two sides, ready: databases, logs and apps for a run, and all of it taken down again."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.postgres import followable, followed
from compare.subjects import Subject, refuses, started
from compare.subjects.feed import ProbeSettings
from compare.verdict.evidence import Limits
from compare.verdict.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.config import Config, SideConfig
    from compare.postgres import Clone, Log, Server
    from compare.traffic import Scenario

UNKNOWN = "a side that runs already keeps its database to itself"
LEAVING = 6.0  # seconds that a thread which is starting an app gets when the run is interrupted


@dataclass(frozen=True)
class Sides:
    """Two running sides. `blind` says why PostgreSQL's log cannot be read, '' where it is."""

    legacy: Side
    async_: Side
    blind: str = ""

    def fresh(self) -> Sides:
        """The same apps on databases that are as the template is, for another run."""
        self.reset()
        return Sides(self.legacy.again(), self.async_.again(), self.blind)

    def reset(self) -> None:
        """Put both databases back to the template's state; what is still told of before is nobody's."""
        for side in self.both:
            if side.clone is not None:
                side.clone.reset()
            if side.log is not None:
                side.log.since()  # what the reset wrote is nobody's
            if side.subject.feed is not None:
                side.subject.feed.unattributed()  # what an earlier request still did is not this run's

    @property
    def both(self) -> tuple[Side, Side]:
        """Both, legacy first."""
        return self.legacy, self.async_


@contextmanager
def opened(server: Server, config: Config, pair: tuple[SideConfig, SideConfig]) -> Iterator[Sides]:
    """Two sides on clones of the template until the block ends. A side may stand on both places.

    Raises:
        CouldNotRunError: an app does not start, or the server refuses a clone.
    """
    with ExitStack() as stack:
        clones = [
            stack.enter_context(server.clone(f"{side.name} {place}")) if side.on_clone else None
            for place, side in enumerate(pair)
        ]
        known = [clone for clone in clones if clone is not None]
        blind = (followable(known[0]) or "") if len(known) == len(clones) else UNKNOWN
        # Before the apps start: a slot waits for every transaction that is open in the whole server.
        logs: list[Log | None] = [None, None] if blind else [stack.enter_context(followed(clone)) for clone in known]
        subjects = _start_both(stack, config, pair, clones)
        for log in logs:
            if log is not None:
                log.adopt_new_tables()
                log.since()
        limits = Limits(config.limits.idle, config.limits.loop_blocked, config.limits.transaction_waits)
        sides = [
            Side.of(subject, clone, log, limits, config.limits.request)
            for subject, clone, log in zip(subjects, clones, logs, strict=True)
        ]
        yield Sides(sides[0], sides[1], blind)


def check_writes(config: Config, scenarios: Iterable[Scenario]) -> None:
    """UsageError for the first step that may change data of a side that runs already, unless that is allowed."""
    for scenario in scenarios:
        for step in scenario.steps:
            for side in config.sides:
                if (refused := refuses(side, step.method, allow_writes=config.allow_writes)) is not None:
                    raise UsageError(f"{scenario.file}: scenario {scenario.name!r}, step {step}: {refused}")


def _start_both(
    stack: ExitStack, config: Config, pair: tuple[SideConfig, SideConfig], clones: Sequence[Clone | None]
) -> tuple[Subject, Subject]:
    """Start the apps at the same time; each is stopped with the stack, whether or not the other one started.

    The threads are daemons: if the run is interrupted and one does not come back in time, it is left behind, and
    the guard of its process ends the app when this process ends.
    """
    done: queue.SimpleQueue[tuple[int, Subject | BaseException]] = queue.SimpleQueue()
    stacks = ExitStack(), ExitStack()

    def start(index: int) -> None:
        try:
            clone = clones[index]
            subject = started(pair[index], None if clone is None else clone.address, probe=_probing(config, clone))
            done.put((index, stacks[index].enter_context(subject)))
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


def _probing(config: Config, clone: Clone | None) -> ProbeSettings | None:
    """What a side's probe is told; None where the configuration wants none. The database may lie elsewhere."""
    if not config.probe:
        return None
    database = () if clone is None else (f"{clone.address.host}:{clone.address.port}",)
    return ProbeSettings(config.prevent, "", (*config.allow_outbound, *database), config.limits.loop_blocked)


def _joined(failures: Sequence[BaseException]) -> BaseException:
    """One error for both apps, where both failed in words."""
    words = [failure for failure in failures if isinstance(failure, CouldNotRunError)]
    if len(words) < len(failures) or len(words) == 1:
        return next((failure for failure in failures if not isinstance(failure, CouldNotRunError)), failures[0])
    details = "\n".join(failure.details for failure in words)
    return CouldNotRunError("\n\n".join(str(failure) for failure in words), details=details)
