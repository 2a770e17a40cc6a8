"""What is said of figures, and what is not said."""

from dataclasses import replace

from compare.bench.figures import Gauges, Round
from compare.bench.judgement import judged, reason, stalls_at
from compare.bench.result import Measured

QUIET = Round(16, None, 1.0, [0.01] * 100, [], 100, {"200": 100}, taken=1.0, cpu=0.5, generator=0.2)


def _measured(legacy: Round = QUIET, async_: Round = QUIET) -> Measured:
    return Measured("GET /x", 1, [(legacy, async_)] * 10)


def _said(one: Measured, ceiling: float = 1e6) -> tuple[str, str]:
    found = judged([one], ceiling, 0.05)[0]
    return found.verdict, found.words


def test_the_same_figures_are_the_same() -> None:
    verdict, words = _said(_measured())
    assert verdict == "same"
    assert "within 5%" in words


def test_a_side_that_answers_wrong_gets_no_verdict() -> None:
    verdict, words = _said(_measured(async_=replace(QUIET, bad=[0.01] * 50, statuses={"200": 100, "500": 50})))
    assert verdict == "none"
    assert "async answers 33%" in words
    assert "500 × 500" in words


def test_too_few_answers_give_no_verdict() -> None:
    verdict, words = _said(_measured(legacy=replace(QUIET, good=[0.5])))
    assert verdict == "none"
    assert "too few" in words


def test_a_figure_near_the_generators_own_limit_gives_no_verdict() -> None:
    verdict, words = _said(_measured(), ceiling=110)
    assert verdict == "none"
    assert "limit of 110" in words


def test_a_generator_that_has_no_time_left_gives_no_verdict() -> None:
    assert _said(_measured(async_=replace(QUIET, generator=0.95)))[0] == "none"


def test_a_machine_that_does_other_work_gives_no_verdict() -> None:
    verdict, words = _said(_measured(async_=replace(QUIET, others=0.9)))
    assert verdict == "none"
    assert "other programs take 90% of a core" in words


def test_other_bytes_under_load_are_said_where_only_one_side_has_them() -> None:
    notes = judged([_measured(async_=replace(QUIET, changed=3))], 1e6, 0.05)[0].notes
    assert notes == ("30 answers of async under load are not the bytes that it answers alone",)
    both = replace(QUIET, changed=3)
    assert judged([_measured(both, both)], 1e6, 0.05)[0].notes == ()


def test_missing_answers_are_a_stall() -> None:
    sweep = [replace(QUIET, clients=1), replace(QUIET, clients=50, hanging=3)]
    assert stalls_at(sweep) == 50


def test_next_to_no_answers_are_a_stall() -> None:
    sweep = [replace(QUIET, clients=1), replace(QUIET, clients=100, taken=20.0)]
    assert stalls_at(sweep) == 100


def test_refusing_at_once_is_no_stall() -> None:
    full = replace(QUIET, clients=512, good=[0.1] * 10, bad=[0.1] * 500, statuses={"200": 10, "503": 500})
    assert stalls_at([QUIET, full]) is None


def test_a_full_core_is_the_reason() -> None:
    assert "one core is full" in str(reason(_measured(async_=replace(QUIET, cpu=0.97)), "async"))


def test_busy_threads_are_the_reason() -> None:
    gauges = Gauges(threads_used=40, threads_limit=40, queued=88)
    assert str(reason(_measured(replace(QUIET, gauges=gauges)), "legacy")).startswith("all 40 threads are busy")


def test_a_full_core_is_the_reason_before_threads_and_pool_that_would_wait_for_it_too() -> None:
    gauges = Gauges(threads_used=40, threads_limit=40, queued=88, connections=10, pool_limit=10, pool_wait=5.0)
    assert "one core is full" in str(reason(_measured(replace(QUIET, gauges=gauges, cpu=0.97)), "legacy"))


def test_an_empty_pool_is_the_reason() -> None:
    gauges = Gauges(connections=10, pool_limit=10, pool_wait=5.0)
    assert str(reason(_measured(async_=replace(QUIET, gauges=gauges)), "async")).startswith("all 10 connections")


def test_locks_are_the_reason_before_all_else() -> None:
    assert "locks" in str(reason(_measured(async_=replace(QUIET, lock_waits=10.0, cpu=0.97)), "async"))


def test_a_side_that_computes_is_told_to_stay_sync_where_async_is_no_faster() -> None:
    full = replace(QUIET, cpu=0.97)
    assert any("stay sync" in text for text in judged([_measured(full, full)], 1e6, 0.05)[0].advice)


def test_what_waits_for_a_pool_is_told_of_turns_where_it_is_async() -> None:
    empty = replace(QUIET, gauges=Gauges(connections=10, pool_limit=10, pool_wait=5.0))
    assert any("serves nobody in turn" in text for text in judged([_measured(async_=empty)], 1e6, 0.05)[0].advice)
    assert not any("in turn" in text for text in judged([_measured(legacy=empty)], 1e6, 0.05)[0].advice)


def test_an_async_side_whose_threads_are_busy_is_told_what_runs_in_threads() -> None:
    busy = replace(QUIET, gauges=Gauges(threads_used=40, threads_limit=40, queued=88))
    assert any("plain functions" in text for text in judged([_measured(async_=busy)], 1e6, 0.05)[0].advice)
    assert not any("plain functions" in text for text in judged([_measured(legacy=busy)], 1e6, 0.05)[0].advice)
