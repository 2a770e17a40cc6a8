"""What tuning says of its figures, and the report that shows them."""

import json
from dataclasses import replace

from rich.console import Console

from compare.bench.figures import Gauges
from compare.bench.tune.advice import advised
from compare.bench.tune.own import Own, Pool
from compare.bench.tune.report import as_document, as_html, write_terminal
from compare.bench.tune.result import Tuning
from compare.bench.tune.search import Decision, Space, decided
from compare.bench.tune.setting import Setting
from compare.bench.tune.trial import Trial

from .test_bench_tune_search import TURNS, trial

OWN = Own((Pool("QueuePool", 5, 10, awaited=False),), 40)
NOW = Setting(5, 10, 40)


def showing(one: Trial, *, cpu: float = 9.5, **gauges: int) -> Trial:
    """The same with what the app's process showed; rounds last ten seconds."""
    rounds = tuple(replace(done, cpu=cpu, gauges=Gauges(**gauges)) for done in one.rounds)
    return replace(one, rounds=rounds)


def tuning(best: float = 130, *, own: Own = OWN, now_fails: float = 0.0) -> Tuning:
    """Pool 12 answers so much where what the app has answers 100; beyond it nothing is gained."""
    sizes = ((1, 20), (2, 40), (4, 70), (8, best * 0.9), (12, best), (16, best), (20, best))
    tried = [showing(trial(Setting(size, 0, size), rate), connections=size, threads_used=size) for size, rate in sizes]
    current = showing(trial(NOW, 100, failed=now_fails, current=True), connections=15, threads_used=40)
    final = [
        trial(NOW, 100, failed=now_fails, turns=TURNS, current=True),
        trial(Setting(12, 0, 12), best, turns=TURNS),
    ]
    space = Space(20, pools=True, threads="tied", own=NOW, clients=64)
    decision = decided(final[0], final[1:], 0.03)
    return Tuning(
        side="legacy",
        app="a:app",
        machine="Linux",
        cores=2,
        load="the mix",
        clients=64,
        connections=20,
        assumed=False,
        margin=0.03,
        own=own,
        space=space,
        current=current,
        tried=tried,
        final=final,
        decision=decision,
    )


def notes(one: Tuning) -> str:
    """All notes."""
    return "\n".join(advised(one).notes)


def test_it_says_what_is_best_by_how_much_and_how_it_is_set() -> None:
    advice = advised(tuning())
    assert advice.found.startswith("pool 12, overflow 0, 12 threads: 1.30 times (1.30 to 1.30) what it has now; p99")
    assert advice.how[0] == "create_engine(…, pool_size=12, max_overflow=0)"
    assert "total_tokens = 12" in advice.how[1]


def test_it_says_from_where_on_nothing_is_gained_and_why() -> None:
    assert advised(tuning()).beyond.startswith("beyond 12 connections nothing is gained: one core is full")


def test_a_curve_that_still_rises_at_its_end_says_so_unless_a_core_is_full() -> None:
    one = tuning()
    top = trial(Setting(20, 0, 20), 200, turns=TURNS)
    one = replace(one, decision=Decision(top, better=True))
    idle = [trial(Setting(size, 0, size), size * 10) for size in (4, 8, 16, 20)]
    assert advised(replace(one, tried=idle)).beyond == "throughput still rises at 20 connections: more may help"
    full = [showing(done, connections=done.setting.connections) for done in idle]
    assert advised(replace(one, tried=full)).beyond.startswith("beyond 20 connections nothing is gained: one core")


def test_what_the_last_rounds_call_best_is_never_beyond_what_is_gained() -> None:
    one = tuning()
    flat = [showing(trial(Setting(size, 0, size), 100), connections=size) for size in (4, 8, 12, 20)]
    assert advised(replace(one, tried=flat)).beyond.startswith("beyond 12 connections nothing is gained")


def test_where_more_gains_nothing_the_last_rounds_say_from_where_on() -> None:
    one = tuning(100)
    rising = [showing(trial(Setting(size, 0, size), size * 10), connections=size) for size in (4, 8, 16, 20)]
    assert advised(replace(one, tried=rising)).beyond.startswith("beyond 12 connections nothing is gained")


def test_where_nothing_beats_what_it_has_it_says_that_and_sets_nothing() -> None:
    one = tuning(95)
    advice = advised(one)
    assert advice.found == "nothing beats what it has now (pool 5, overflow 10, 40 threads) by more than 3% and noise"
    assert not advice.how


def test_what_does_as_well_with_less_is_named() -> None:
    assert "pool 12, overflow 0, 12 threads does as well: 1.00 times" in advised(tuning(100)).found


def test_what_it_has_now_may_not_serve_at_all() -> None:
    text = advised(tuning(now_fails=0.25)).found
    assert "as it is now, 20% of the requests fail under 64 clients, and with it 0.0%" in text


def test_where_every_setting_fails_it_asks_for_fewer_clients() -> None:
    one = replace(tuning(), decision=Decision(None))
    assert advised(one).found.startswith("under 64 clients every setting fails more than one request in 100")


def test_several_pools_and_processes_share_the_connections() -> None:
    pool = Pool("AsyncAdaptedQueuePool", 5, 0, awaited=True)
    one = tuning(own=Own((pool, pool), 40, processes=2))
    one = replace(one, connections=80)
    assert advised(one).how[0] == (
        "create_async_engine(…, pool_size=12, max_overflow=0) for each of 2 engines in each of 2 processes: "
        "48 connections in all"
    )
    assert "80 connections in 4 pools are 20 for each" in notes(one)


def test_threads_that_nothing_needs_are_left_alone_and_that_is_said() -> None:
    one = tuning()
    one = replace(one, space=replace(one.space, threads="left"), current=trial(NOW, 100, current=True))
    assert "threads: the load needs none, so their number was left alone" in notes(one)


def test_an_app_without_a_pool_is_said_to_have_none() -> None:
    one = tuning(own=Own((Pool("NullPool", None, None, awaited=False),), 40))
    assert "there is no pool to tune (NullPool)" in notes(replace(one, space=replace(one.space, pools=False)))


def test_connections_that_the_app_itself_holds_back_are_told() -> None:
    one = tuning()
    held = [showing(trial(done.setting, done.throughput), connections=6) for done in one.tried]
    assert advised(replace(one, tried=held)).beyond.startswith("of up to 20 connections no more than 6 were ever out")


def test_connections_beyond_what_is_granted_are_told() -> None:
    assert "what it has now opens up to 15 connections, and is granted 10" in notes(replace(tuning(), connections=10))
    one = tuning()
    more = [showing(trial(done.setting, done.throughput), connections=23) for done in one.tried]
    assert "23 connections were out at once, more than are granted" in notes(replace(one, tried=more))


def test_what_was_not_tried_is_told() -> None:
    one = replace(tuning(), skipped=(Setting(3, 0, 3),), assumed=True)
    assert "no time was left for pool 3, overflow 0, 3 threads" in notes(one)
    assert "--connections was not given: 20" in notes(one)
    stopped = replace(one, tried=(*one.tried, Trial(Setting(6, 0, 6), stopped="it does not start")))
    assert "pool 6, overflow 0, 6 threads was not measured: it does not start" in notes(stopped)


def test_the_table_has_a_row_for_each_setting_and_marks_the_best() -> None:
    console = Console(record=True, width=200, highlight=False, markup=False, soft_wrap=True, quiet=False)
    with console.capture() as caught:
        write_terminal(tuning(), console)
    lines = caught.get().splitlines()
    assert len([line for line in lines if "/s" in line]) == 1 + 7 + 2
    assert [line.split()[1:4] for line in lines if line.startswith("best")] == [["12", "0", "12"]] * 2
    assert [line.split()[1:4] for line in lines if line.startswith("now")] == [["5", "10", "40"]] * 2


def test_the_page_has_the_curves_and_json_has_everything() -> None:
    page = as_html(tuning())
    assert page.count("<svg") == 2  # each pool was tried with one number of threads
    told = json.loads(json.dumps(as_document(tuning())))
    assert told["best"] == {"pool": 12, "overflow": 0, "threads": 12}
    assert len(told["tried"]) == 7
    assert told["tried"][0]["rounds"][0]["throughput"] == 20
