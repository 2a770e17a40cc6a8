"""The error layer: how requests fail, by answer and SQLSTATE, and what was logged about them."""

import json
import time

from compare.subjects.moments import ImplicitLoad, Logged, Moment, Raised, Statement, Trace
from compare.verdict.answer import Answer
from compare.verdict.clock import Clock
from compare.verdict.difference import Difference
from compare.verdict.error import compare_errors
from compare.verdict.evidence import Evidence, Pair
from compare.verdict.keys import Keys
from compare.verdict.matching import Matching

JSON = (("content-type", "application/json"),)
UNAWAITED = Logged(0.1, "WARNING", "py.warnings", "coroutine 'AsyncSession.commit' was never awaited")


def answer(status: int, body: object = None) -> Answer:
    return Answer(status, JSON, json.dumps(body).encode())


def judged(
    legacy: Answer,
    async_: Answer,
    ours: tuple[Moment, ...] = (),
    theirs: tuple[Moment, ...] = (),
    *,
    sqlalchemy: tuple[bool, bool] = (True, True),
) -> list[Difference]:
    told = zip((legacy, async_), (ours, theirs), sqlalchemy, strict=True)
    sides = [Evidence(one, Trace(moments, sqlalchemy=seen)) for one, moments, seen in told]
    matching = Matching(Clock(time.time() - 1, 0.1))
    return list(compare_errors(Pair("GET /", sides[0], sides[1], matching, Keys.before_run({}))))


def codes(*given: object) -> list[str]:
    return [difference.code for difference in judged(*given)]  # type: ignore[arg-type] # as `judged`


def refused(sqlstate: str, error: str) -> Statement:
    return Statement(0.1, "SELECT 1", sqlstate=sqlstate, error=error)


def test_two_successes_say_nothing() -> None:
    assert codes(answer(200), answer(201)) == []


def test_an_error_with_another_status_is_told_with_its_reason() -> None:
    raised = Raised(0.1, "app", ("sqlalchemy.exc.DBAPIError",), "deadlock detected", "orders/service.py:31")
    (found, exception) = judged(answer(409), answer(500), (), (raised,))
    assert (found.code, exception.code) == ("ERR001", "ERR005")
    assert "deadlock detected at orders/service.py:31" in found.note


def test_the_same_error_in_other_words_is_found_and_in_the_same_words_is_not() -> None:
    assert codes(answer(404, {"detail": "no order"}), answer(404, {"detail": "No order"})) == ["ERR003"]
    assert codes(answer(404, {"detail": "no order"}), answer(404, {"detail": "no order"})) == []


def test_validation_errors_are_compared_by_field_whatever_their_order() -> None:
    name = {"loc": ["body", "name"], "type": "missing", "msg": "Field required"}
    size = {"loc": ["body", "size"], "type": "int_type", "msg": "not an int"}
    assert codes(answer(422, {"detail": [name, size]}), answer(422, {"detail": [size, name]})) == []
    (found,) = judged(answer(422, {"detail": [name, size]}), answer(422, {"detail": [name]}))
    assert (found.code, found.where) == ("ERR002", "/detail body.size")
    other = {**name, "msg": "Needed"}
    assert codes(answer(422, {"detail": [name]}), answer(422, {"detail": [other]})) == ["ERR002"]


def test_a_coroutine_that_nobody_awaited_is_named() -> None:
    (found,) = judged(answer(200), answer(200), (), (UNAWAITED,))
    assert (found.code, found.where, found.label) == ("ERR006", "AsyncSession.commit", "T02")


def test_what_legacy_forgets_to_await_as_well_is_no_difference() -> None:
    assert codes(answer(200), answer(200), (UNAWAITED,), (UNAWAITED,)) == []


def test_a_connection_left_to_the_garbage_collector_is_found() -> None:
    logged = Logged(0.1, "ERROR", "sqlalchemy.pool", "The garbage collector is trying to clean up a connection")
    assert codes(answer(200), answer(200), (), (logged,)) == ["ERR007"]
    (both,) = judged(answer(200), answer(200), (logged,), (logged,))
    assert both.level == "hazard"


def test_a_load_that_nothing_can_wait_for_names_the_attribute() -> None:
    raised = Raised(0.2, "app", ("sqlalchemy.exc.MissingGreenlet",), "greenlet_spawn", "orders/router.py:9")
    load = ImplicitLoad(0.1, "lazy", "Order.lines", refused=True)
    found = judged(answer(200), answer(500), (ImplicitLoad(0.1, "lazy", "Order.lines"),), (load, raised))
    assert ("ERR010", "Order.lines", "loaded when it is read") in {(d.code, d.where, d.legacy) for d in found}


def test_other_sqlstates_are_a_difference_and_other_classes_are_not() -> None:
    assert codes(answer(409), answer(409), (refused("23505", "a.B"),), (refused("22P02", "c.D"),)) == [
        "ERR004",
        "ERR004",
    ]
    (found,) = judged(answer(409), answer(409), (refused("23505", "a.B"),), (refused("23505", "c.D"),))
    assert (found.code, found.legacy, found.async_) == ("ERR011", "a.B", "c.D")


def test_a_refusal_says_nothing_of_a_side_whose_statements_nobody_sees() -> None:
    ours = (refused("23505", "a.B"),)
    assert judged(answer(409), answer(409), ours, sqlalchemy=(True, False)) == []
    assert judged(answer(409), answer(409), (), ours, sqlalchemy=(False, True)) == []


def test_logs_are_compared_by_template_so_that_values_do_not_count() -> None:
    one = Logged(0.1, "ERROR", "shop", "order 5 failed", "order %s failed")
    same = Logged(0.1, "ERROR", "shop", "order 7 failed", "order %s failed")
    renamed = Logged(0.1, "ERROR", "async_shop", "order 7 failed", "order %s failed")
    assert codes(answer(200), answer(200), (one,), (same,)) == []
    assert codes(answer(200), answer(200), (one,), (renamed,)) == []
    assert codes(answer(200), answer(200), (), (one,)) == ["ERR008"]
    assert codes(answer(200), answer(200), (), (Logged(0.1, "WARNING", "shop", "slow"),)) == ["ERR009"]


def test_a_side_without_a_probe_is_judged_by_its_answers_alone() -> None:
    pair = Pair("GET /", Evidence(answer(404)), Evidence(answer(500)), Matching(Clock(0)), Keys.before_run({}))
    assert [difference.code for difference in compare_errors(pair)] == ["ERR001"]
