"""How sure a ratio is: no verdict where there is no difference, one where there is, and all of them held together."""

import random

import pytest

from compare.bench import chance
from compare.bench.figures import Round
from compare.bench.judgement import judged
from compare.bench.result import Measured

TARGETS = 6
NOISE = 0.04  # by which the rounds of a quiet machine spread
MARGIN = 0.03
RUNS = 100


def _rounds(factor: float, draw: random.Random, pairs: int) -> list[tuple[Round, Round]]:
    return [(_round(100 * draw.gauss(1, NOISE)), _round(100 * factor * draw.gauss(1, NOISE))) for _ in range(pairs)]


def _round(throughput: float) -> Round:
    """One round that answered so many requests a second."""
    good = [0.01] * 100
    return Round(16, None, 1.0, good, [], 100, {"200": 100}, taken=100 / throughput, cpu=0.5)


def _run(factors: list[float], draw: random.Random) -> list[str]:
    pairs = chance.pairs_needed(2 * len(factors))
    measured = [Measured(str(place), 1, _rounds(factor, draw, pairs)) for place, factor in enumerate(factors)]
    return [one.verdict for one in judged(measured, 1e6, MARGIN)]


def test_an_app_against_itself_is_said_to_differ_in_fewer_than_5_of_100_runs() -> None:
    draw = random.Random(1)  # noqa: S311 - no secret
    wrong = sum(bool({"faster", "slower"} & set(_run([1.0] * TARGETS, draw))) for _ in range(RUNS))
    assert wrong <= RUNS * 0.05


def test_one_route_that_is_slower_by_a_tenth_is_found_and_no_other() -> None:
    draw = random.Random(2)  # noqa: S311 - no secret
    runs = [_run([1.0] * (TARGETS - 1) + [1 / 1.1], draw) for _ in range(50)]
    assert sum(run[-1] == "slower" for run in runs) >= 45
    assert all(set(run[:-1]) <= {"same", "unsure"} for run in runs)


def test_a_difference_within_the_margin_is_none() -> None:
    draw = random.Random(3)  # noqa: S311 - no secret
    wrong = sum(bool({"faster", "slower"} & set(_run([1.02] * TARGETS, draw))) for _ in range(RUNS))
    assert wrong <= RUNS * 0.05


def test_pairs_that_spread_too_far_give_no_verdict() -> None:
    draw = random.Random(4)  # noqa: S311 - no secret
    pairs = [(_round(100 * draw.uniform(0.4, 1.6)), _round(100 * draw.uniform(0.4, 1.6))) for _ in range(10)]
    assert judged([Measured("x", 1, pairs)], 1e6, 0.05)[0].verdict == "unsure"


def test_the_ratio_lies_within_its_bounds() -> None:
    found = chance.ratio([100, 101, 99, 100, 102], [151, 149, 150, 152, 148])
    assert found is not None
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(1.494, abs=0.01)


def test_two_pairs_are_too_few_for_a_ratio() -> None:
    assert chance.ratio([1, 1], [2, 2]) is None


def test_holm_holds_the_smallest_to_the_strictest_bound() -> None:
    assert chance.holm([0.04, 0.01, 0.03]) == [False, True, False]
    assert chance.holm([0.02, 0.01, 0.03]) == [True, True, True]


def test_as_many_pairs_are_taken_as_the_bound_needs() -> None:
    for tests in (4, 24, 120):
        pairs = chance.pairs_needed(tests)
        assert chance.p_beyond([1.0] * pairs, [2.0] * pairs, 0.05)[0] <= chance.ALPHA / tests
