"""Which pairs of rounds a verdict stands on: those that no other program disturbed, as long as there are enough."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from compare.bench.figures import Gauges, Round, joined
from compare.bench.judgement import judged
from compare.bench.result import SIDES, Measured
from compare.bench.run import Bench
from compare.bench.script import Script, Step
from compare.config import BenchConfig, SideName

PAIRS = 14
LOAD = {side: [Script("GET /x", (Step("GET", "/x"),))] for side in SIDES}
CALM = Round(16, None, 0.4, [0.01] * 40, [], 40, {"200": 40}, taken=0.4, cpu=0.3, others=0.05)
DISTURBED = Round(16, None, 0.4, [0.02] * 20, [], 20, {"200": 20}, taken=0.4, cpu=0.2, others=0.9)


class Told(Bench):
    """A bench whose rounds are told, not measured."""

    def __init__(self, rounds: Iterator[Round], warm: Round = CALM) -> None:
        nothing: Any = None
        super().__init__(BenchConfig(), nothing, nothing, nothing, PAIRS)
        self.rounds = chain(repeat(warm, len(SIDES)), rounds)  # the first of each side only warms it
        self.order: list[SideName] = []

    def round(self, name: SideName, *_: object, **__: object) -> Round:
        """The next one."""
        self.order.append(name)
        return next(self.rounds)


def _compared(bench: Bench, seconds: float = 60.0) -> Measured:
    return bench.compared("GET /x", LOAD, time.monotonic() + seconds, lambda _: None)


def test_a_pair_that_another_program_disturbed_is_taken_again() -> None:
    found = _compared(Told(chain([CALM, DISTURBED, DISTURBED, CALM], repeat(CALM))))
    assert found.pairs == ((CALM, CALM),) * PAIRS


def test_the_side_that_begins_takes_turns() -> None:
    bench = Told(repeat(CALM))
    _compared(bench)
    assert bench.order[2:8] == ["legacy", "async", "async", "legacy", "legacy", "async"]


def test_where_all_pairs_are_disturbed_it_says_so() -> None:
    found = _compared(Told(repeat(DISTURBED)), seconds=0.01)
    assert len(found.pairs) > 1
    assert "other programs take 90% of a core" in judged([found], 1e6, 0.03)[0].words


def test_a_fast_side_has_its_rounds_in_turns_and_a_slow_one_in_one_piece() -> None:
    fast, slow = replace(CALM, good=[0.001] * 400), replace(CALM, good=[0.1] * 20)
    for rounds, turns in ((fast, 4), (slow, 1)):
        bench = Told(repeat(rounds), warm=rounds)
        pairs = _compared(bench).pairs
        assert len(bench.order) == 2 + 2 * PAIRS * turns
        assert {len(done.good) for pair in pairs for done in pair} == {turns * len(rounds.good)}


def test_turns_are_joined_to_one_round() -> None:
    one = replace(CALM, gauges=Gauges(statements=3, connections=2), statuses={"200": 40}, memory=1, generator=0.1)
    other = replace(DISTURBED, gauges=Gauges(statements=4, connections=5), statuses={"200": 19, "500": 1}, memory=2)
    done = joined([one, replace(other, taken=1.2, database_cpu=0.5, generator=0.5)])
    assert done.throughput == (40 + 20) / (0.4 + 1.2)
    assert done.cpu_each == (0.3 + 0.2) / 60
    assert done.statuses == {"200": 59, "500": 1}
    assert (done.memory, done.database_cpu, done.lock_waits) == (2, 0.5, None)
    assert done.generator == pytest.approx(0.4)
    assert done.others == pytest.approx((0.05 * 0.4 + 0.9 * 1.2) / 1.6)
    assert done.gauges == Gauges(statements=7, connections=5)


def _noisy(draw: random.Random, slower: float) -> Iterator[Round]:
    """Rounds of legacy and of async in the order in which they are taken, a third of them disturbed."""
    for number in range(10_000):
        async_ = number % 4 in {1, 2}
        busy = draw.random() < 1 / 3
        throughput = 100 * draw.gauss(1, 0.04) * (draw.uniform(0.3, 0.9) if busy else 1) / (slower if async_ else 1)
        yield Round(
            16, None, 0.4, [0.01] * 40, [], 40, {"200": 40}, taken=40 / throughput, others=0.8 if busy else 0.05
        )


def _verdicts(seed: int, slower: float) -> list[str]:
    draw = random.Random(seed)  # noqa: S311 - no secret
    return [judged([_compared(Told(_noisy(draw, slower)))], 1e6, 0.03)[0].verdict for _ in range(60)]


def test_on_a_machine_that_others_use_too_an_app_is_not_said_to_differ_from_itself() -> None:
    assert len([word for word in _verdicts(1, 1.0) if word in {"faster", "slower"}]) <= 3


def test_on_a_machine_that_others_use_too_a_tenth_is_found() -> None:
    assert _verdicts(2, 1.1).count("slower") >= 54
