"""What tuning tries, and what it calls best, on figures that were made up."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from compare.bench.figures import Round
from compare.bench.tune.search import (
    Space,
    coarse,
    decided,
    finalists,
    grid,
    hopeless,
    searched,
    smallest,
)
from compare.bench.tune.setting import Setting
from compare.bench.tune.trial import Trial

OWN = Setting(5, 10, 40)
TIED = Space(most=20, pools=True, threads="tied", own=OWN, clients=64)
TURNS = 12


def trial(  # noqa: PLR0913 - what a test may want to say
    setting: Setting, rate: float, *, failed: float = 0.0, slow: float = 0.1, turns: int = 2, current: bool = False
) -> Trial:
    """A setting that answers so many requests a second; every second turn is a little faster."""
    rounds = []
    for turn in range(turns):
        right = int(rate * (1 + 0.01 * (turn % 2)) * 10)
        wrong = int(right * failed)
        rounds.append(
            Round(
                64, None, 10.0, [slow] * right, [slow] * wrong, right + wrong, {"200": right, "503": wrong}, taken=10.0
            )
        )
    return Trial(setting, tuple(rounds), current=current)


def measuring(rate: Callable[[Setting], float], asked: list[Setting]) -> Callable[[Sequence[Setting]], list[Trial]]:
    """An attempt on an app of which it is known how it answers; what was asked is noted."""

    def attempt(settings: Sequence[Setting]) -> list[Trial]:
        asked.extend(settings)
        return [
            trial(setting, value) if (value := rate(setting)) else trial(setting, 100, failed=1) for setting in settings
        ]

    return attempt


def test_the_grid_doubles_up_to_the_limit_and_ends_with_it() -> None:
    assert grid(1) == [1]
    assert grid(20) == [1, 2, 4, 8, 16, 20]
    assert grid(32) == [1, 2, 4, 8, 16, 32]


def test_sync_code_gets_as_many_threads_as_connections_and_async_code_keeps_its_own() -> None:
    assert coarse(TIED)[2] == Setting(4, 0, 4)
    assert coarse(replace(TIED, threads="left"))[2] == Setting(4, 0, None)
    assert coarse(replace(TIED, pools=False))[2] == Setting(None, None, 4)


def test_no_setting_that_is_tried_has_more_connections_than_there_are() -> None:
    for most in (1, 2, 3, 7, 20, 40):
        for top in (1, 5, most):
            asked: list[Setting] = []
            space = replace(TIED, most=most)
            searched(space, trial(OWN, 50), 0.03, measuring(lambda one, top=top: min(one.connections, top), asked))  # type: ignore[misc]
            assert max(setting.connections for setting in asked) == most
            assert len(asked) == len(set(asked))


def test_sizes_between_the_grid_other_threads_and_an_overflow_are_tried_around_the_best() -> None:
    asked: list[Setting] = []
    searched(TIED, trial(OWN, 50), 0.03, measuring(lambda one: 10 * min(one.connections, 12), asked))
    assert asked[:6] == coarse(TIED)
    assert {Setting(12, 0, 12), Setting(18, 0, 18)} == set(asked[6:8])
    assert {Setting(12, 0, 24), Setting(12, 0, 40), Setting(12, 0, 64)} <= set(asked)
    assert asked[-1] == Setting(12, 8, 20)


def test_an_app_whose_threads_do_not_matter_is_tried_without_them() -> None:
    asked: list[Setting] = []
    searched(replace(TIED, threads="left"), trial(OWN, 50), 0.03, measuring(lambda one: one.connections, asked))
    assert {setting.threads for setting in asked} == {None}


def test_where_threads_and_connections_wait_for_each_other_more_threads_are_tried() -> None:
    asked: list[Setting] = []
    trials = searched(TIED, trial(OWN, 50), 0.03, measuring(lambda one: 90 if one.threads == 64 else 0, asked))
    best = smallest(trials, 0.03)
    assert best is not None
    assert best.setting == Setting(1, 0, 64)


def test_the_smallest_that_is_as_fast_but_for_noise_is_best() -> None:
    trials = [trial(Setting(size, 0, size), rate) for size, rate in ((4, 60), (8, 99), (16, 100), (20, 101))]
    best = smallest(trials, 0.03)
    assert best is not None
    assert best.setting.pool == 8


def test_rounds_that_spread_excuse_a_smaller_setting() -> None:
    wild = trial(Setting(4, 0, 4), 100), trial(Setting(4, 0, 4), 80)
    apart = Trial(Setting(4, 0, 4), (wild[0].rounds[0], wild[1].rounds[0]))
    best = smallest([apart, replace(apart, setting=Setting(8, 0, 8)), trial(Setting(16, 0, 16), 98)], 0.03)
    assert best is not None
    assert best.setting.pool == 4


def test_of_the_same_connections_the_shorter_p99_is_best() -> None:
    trials = [trial(Setting(8, 0, 16), 100, slow=0.3), trial(Setting(8, 0, 8), 100, slow=0.2)]
    best = smallest(trials, 0.03)
    assert best is not None
    assert best.setting.threads == 8


def test_what_fails_more_than_one_request_in_a_hundred_is_never_best() -> None:
    trials = [trial(Setting(4, 0, 4), 500, failed=0.02), trial(Setting(8, 0, 8), 100, failed=0.005)]
    best = smallest(trials, 0.03)
    assert best is not None
    assert best.setting.pool == 8
    assert finalists(trials, 0.03) == [Setting(8, 0, 8)]


def test_what_the_load_used_up_is_no_failure_of_the_setting() -> None:
    done = Round(64, None, 1.0, [0.1] * 90, [0.1] * 10, 100, {"200": 90, "409": 10}, taken=1.0)
    tried = Trial(Setting(4, 0, 4), (done,))
    assert tried.usable
    assert tried.worn == pytest.approx(0.1)


def test_three_settings_at_most_reach_the_last_rounds_the_smallest_that_will_do_first() -> None:
    trials = [trial(Setting(size, 0, size), rate) for size, rate in ((2, 40), (4, 99), (8, 98), (16, 100), (20, 101))]
    assert [setting.pool for setting in finalists(trials, 0.03)] == [4, 20, 16]


def test_a_setting_that_is_faster_in_every_turn_is_better() -> None:
    now = trial(OWN, 100, turns=TURNS, current=True)
    decision = decided(now, [trial(Setting(12, 0, 12), 130, turns=TURNS)], 0.03)
    assert decision.better
    assert decision.ratio is not None
    assert decision.ratio.value == pytest.approx(1.3, abs=0.01)


def test_of_better_ones_the_smallest_that_is_not_shown_to_be_slower_is_best() -> None:
    now = trial(OWN, 100, turns=TURNS, current=True)
    swings = [trial(Setting(4, 0, 4), rate).rounds[0] for rate in (170, 240) * (TURNS // 2)]
    decision = decided(now, [Trial(Setting(4, 0, 4), tuple(swings)), trial(Setting(16, 0, 16), 215, turns=TURNS)], 0.03)
    assert decision.better
    assert decision.best is not None
    assert decision.best.setting.pool == 4
    steady = trial(Setting(4, 0, 4), 190, turns=TURNS)
    decision = decided(now, [steady, trial(Setting(16, 0, 16), 215, turns=TURNS)], 0.03)
    assert decision.best is not None
    assert decision.best.setting.pool == 16


def test_a_difference_within_the_margin_is_none() -> None:
    now = trial(OWN, 100, turns=TURNS, current=True)
    decision = decided(now, [trial(Setting(16, 0, 16), 102, turns=TURNS)], 0.03)
    assert not decision.better
    assert decision.best is now


def test_what_does_as_well_with_fewer_connections_is_named() -> None:
    now = trial(OWN, 100, turns=TURNS, current=True)
    decision = decided(now, [trial(Setting(4, 0, 4), 100, turns=TURNS)], 0.03)
    assert not decision.better
    assert decision.best is not None
    assert decision.best.setting.pool == 4


def test_anything_that_serves_beats_what_does_not() -> None:
    now = trial(OWN, 100, failed=0.4, turns=TURNS, current=True)
    decision = decided(now, [trial(Setting(4, 0, 64), 60, turns=TURNS)], 0.03)
    assert decision.better
    assert decision.best is not None
    assert decision.best.setting == Setting(4, 0, 64)


def test_where_nothing_serves_nothing_is_best() -> None:
    assert decided(trial(OWN, 9, failed=1), [trial(Setting(1, 0, 1), 9, failed=1)], 0.03).best is None


def test_what_has_less_of_everything_than_what_fails_outright_is_not_tried() -> None:
    rounds = {Setting(4, 0, 4): trial(Setting(4, 0, 4), 10, failed=9).rounds}
    assert hopeless(Setting(2, 0, 2), rounds) == "pool 4, overflow 0, 4 threads has more, and fails 90% of the requests"
    assert hopeless(Setting(2, 0, 64), rounds) is None
    assert hopeless(Setting(2, 0, 2), {Setting(4, 0, 4): trial(Setting(4, 0, 4), 10).rounds}) is None
