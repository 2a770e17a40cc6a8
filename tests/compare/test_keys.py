"""Keys of rows: runs that stand for pairs, however they came."""

import pickle
import random

import pytest

from compare.verdict.keys import Keys, Runs


@pytest.mark.parametrize("seed", range(20))
def test_runs_hold_what_a_mapping_would(seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311 - no secret
    known: dict[int, int] = {}
    runs = Runs()
    for _ in range(300):
        number, image = chosen.randrange(80), chosen.randrange(80)
        if chosen.random() < 0.7:
            image = number + chosen.choice((0, 0, 0, 3))  # as keys are: in step, or apart by some
        assert runs.setdefault(number, image) == known.setdefault(number, image)
    assert [runs.get(number) for number in range(-1, 82)] == [known.get(number) for number in range(-1, 82)]


def test_rows_made_in_turn_take_no_more_room() -> None:
    runs = Runs()
    for number in range(10_000):
        runs.setdefault(number, number + 2)
    assert len(pickle.dumps(runs)) < 500


def test_a_pair_of_keys_holds_both_ways() -> None:
    keys = Keys.before_run({"s": 10})
    for key in (11, 12, 13, 14):
        keys.draw("s", key, of_legacy=True)
        keys.draw("s", key, of_legacy=False)
    assert keys.pair("s", 11, 12)
    assert keys.pair("s", 11, 12)
    assert not keys.pair("s", 13, 12)
    assert not keys.pair("s", 11, 14)
    assert keys.known((11, 12))
    assert not keys.known((12, 11))
