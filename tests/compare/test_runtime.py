"""The runtime layer: each code by its name, and beside it the healthy migration that must stay silent."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from compare.subjects.moments import (
    Answering,
    Blocked,
    Boundary,
    ImplicitLoad,
    Logged,
    Moment,
    Outbound,
    Pooled,
    Raised,
    Statement,
    Trace,
    Unfinished,
    Worked,
)
from compare.verdict.difference import Difference
from compare.verdict.evidence import Limits
from compare.verdict.runtime import compare_runtime
from compare.verdict.ticks import ticks
from tests.compare.shop import Order
from tests.compare.traces import ASYNCPG, bounded, codes, pair, ran, side

LEGACY: tuple[Moment, ...] = bounded(ran(select(Order)))
ASYNC: tuple[Moment, ...] = bounded(ran(select(Order), dialect=ASYNCPG, task=1))


def judged(ours: Sequence[Moment], theirs: Sequence[Moment]) -> list[Difference]:
    """What the layer says; the loop may be blocked for 0.2 s."""
    return list(compare_runtime(pair(side(ours), side(theirs), limits=Limits(loop_blocked=0.2))))


def found(ours: Sequence[Moment], theirs: Sequence[Moment]) -> list[tuple[str, str]]:
    """Code and severity."""
    return codes(judged(ours, theirs))


def test_a_healthy_migration_has_nothing_to_tell() -> None:
    assert found(LEGACY, ASYNC) == []


POOL = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
LOADS = ("RTM004", ImplicitLoad(0.5, "lazy", "Order.lines"))
ON_LOOP = ("RTM001", ran(select(Order), at=0.5, sync_on_loop=True))


@pytest.mark.parametrize(
    ("code", "moment"),
    [
        ON_LOOP,
        ("RTM002", Blocked(0.5, 0.7, "reports/service.py:12")),
        ("RTM003", Pooled(1.5, "held", 1)),
        LOADS,
        ("RTM005", Raised(1.5, "background", ("ValueError",), "no receipt", "orders/mail.py:8")),
        ("RTM006", Unfinished(9.0, tasks=("send_mail",), threads=1)),
        ("RTM008", Pooled(0.5, "invalidate", 1, "asyncpg.exceptions.InterfaceError: closed")),
        ("RTM009", Raised(0.5, "app", ("sqlalchemy.exc.TimeoutError",), POOL)),
        ("RTM009", Logged(0.5, "ERROR", "app", POOL, error="sqlalchemy.exc.TimeoutError")),
        ("RTM010", Outbound(0.5, "api.example.org:443")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_only_async_has_is_a_difference_and_a_hazard_where_legacy_has_it(code: str, moment: Moment) -> None:
    assert found(LEGACY, (*ASYNC, moment)) == [(code, "difference")]
    assert found((*LEGACY, moment), (*ASYNC, moment)) == [(code, "hazard")]
    assert found((*LEGACY, moment), ASYNC) == [(code, "hazard")]


@pytest.mark.parametrize(
    "moment",
    [
        ran(select(Order), at=0.5, in_thread=False, dialect=ASYNCPG, task=1),
        Blocked(0.5, 0.1),
        Pooled(1.5, "checkin", 1),
        ImplicitLoad(0.5, "lazy", "Order.lines", refused=True),  # the error layer's
        Raised(1.5, "app", ("ValueError",), "the error layer's"),
        Unfinished(9.0, transactions=1),  # TXN005
        Logged(0.5, "WARNING", "app", "slow"),
        Raised(0.5, "app", ("TimeoutError",), "the app's own"),
        Outbound(0.5, "localhost:6379", allowed=True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_danger_is_not_told(moment: Moment) -> None:
    assert found(LEGACY, (*ASYNC, moment)) == []


def test_rtm004_tells_each_attribute_once() -> None:
    loads = [ImplicitLoad(0.1 * n, "lazy", "Order.lines") for n in range(5)]
    told = judged((*LEGACY, *loads, ImplicitLoad(0.9, "column", "Order.total")), ASYNC)
    assert [(one.where, one.legacy) for one in told] == [
        ("Order.lines", "a relationship, loaded when it is read, 5 times"),
        ("Order.total", "a column, loaded when it is read"),
    ]


def test_rtm005_the_drivers_own_words_for_a_failure_are_no_second_one() -> None:
    ours = Raised(1.5, "background", ("psycopg2.errors.UniqueViolation",), "duplicate key")
    theirs = Raised(1.5, "background", ("asyncpg.exceptions.UniqueViolationError",), "duplicate key value")
    assert found((*LEGACY, ours), (*ASYNC, theirs)) == [("RTM005", "hazard")]


def test_rtm007_work_moved_between_loop_and_threads() -> None:
    ours = (*bounded(ran(select(Order), in_thread=True)), Worked(0.1, "pool", "list_orders"))
    assert found(ours, ASYNC) == [("RTM007", "information")]
    assert found(ours, ours) == []


def test_rtm009_is_known_by_what_it_was_raised_from() -> None:
    wrapped = Raised(0.5, "app", ("fastapi.exceptions.HTTPException", "sqlalchemy.exc.TimeoutError"), "busy")
    assert ("RTM009", "difference") in found(LEGACY, (*ASYNC, wrapped))


def by_tasks(*runs: tuple[int, float, float], connection: int = 1) -> list[Statement]:
    """Statements of one connection: task, when, and how long."""
    return [ran(select(Order), at=at, seconds=lasts, task=task, connection=connection) for task, at, lasts in runs]


def test_rtm011_session_shared_by_concurrent_tasks() -> None:
    assert found(LEGACY, by_tasks((1, 0.1, 0.5), (2, 0.3, 0.1))) == [("RTM011", "difference")]
    assert found(LEGACY, by_tasks((1, 0.1, 0.1), (2, 0.3, 0.1), (1, 0.5, 0.1))) == [("RTM011", "difference")]


def test_rtm011_a_session_may_be_handed_on() -> None:
    assert found(LEGACY, by_tasks((1, 0.1, 0.1), (1, 0.2, 0.05), (2, 0.3, 0.1))) == []
    assert found(LEGACY, [*by_tasks((1, 0.1, 0.5)), *by_tasks((2, 0.3, 0.1), connection=2)]) == []


def test_rtm012_more_connections_at_once_than_legacy() -> None:
    """Several sessions where one was may well be meant, so that it is never more than a hazard."""
    three = [Pooled(0.1, "checkout", 1), Pooled(0.2, "checkout", 2), Pooled(0.3, "checkout", 3)]
    assert found(LEGACY, three) == [("RTM012", "hazard")]
    assert found(three, three) == []


def test_rtm003_a_connection_in_an_open_transaction_is_txn005s() -> None:
    open_ = (*bounded(ran(select(Order)), ending=None), Pooled(1.5, "held", 1))
    assert found(LEGACY, open_) == []


def test_rtm012_a_second_connection_inside_a_transaction_is_txn011s() -> None:
    inner = bounded(ran(select(Order), at=0.5, connection=2), began=0.4, ended=0.6, connection=2)
    moments = tuple(sorted((*LEGACY, *inner), key=lambda moment: moment.at))
    assert found(LEGACY, moments) == []


def test_rtm012_how_many_tasks_meet_at_the_pool_is_chance() -> None:
    three = [Pooled(0.1 * n, "checkout", n) for n in (1, 2, 3)]
    two = [*three[:2], Pooled(0.25, "checkin", 1), three[2]]
    assert found(two, three) == []
    assert found(two, [*three, Pooled(0.4, "checkout", 4)]) == [("RTM012", "hazard")]


def test_rtm012_one_connection_after_the_other_is_one_at_once() -> None:
    turns = [Pooled(0.1, "checkout", 1), Pooled(0.2, "checkin", 1), Pooled(0.3, "checkout", 2)]
    assert found(LEGACY, turns) == []


def test_without_a_probe_nothing_is_said() -> None:
    assert list(compare_runtime(pair(side(None), side((*ASYNC, Pooled(1.5, "held", 1)))))) == []


def test_every_moment_has_its_mark_on_the_time_line() -> None:
    moments = (
        Pooled(0.0, "checkout", 1),
        Boundary(0.1, "begin", 1, "REPEATABLE READ"),
        ran("SELECT  1\n FROM orders", at=0.2, seconds=0.1),
        ran("SELECT nothing", at=0.3, sqlstate="42703", error="UndefinedColumn"),
        ImplicitLoad(0.4, "lazy", "Order.lines"),
        Blocked(0.5, 0.25, "reports.py:3"),
        Logged(0.6, "ERROR", "app", "x" * 500),
        Raised(0.7, "app", ("ValueError",), "no"),
        Worked(0.8, "pool", "render"),
        Boundary(0.9, "rollback", 1),
        Answering(1.0, "start", 200),
        Answering(1.1, "end", 200, 1),
        Outbound(1.2, "api.example.org:443"),
        Unfinished(1.3, ("mail",)),
    )
    marks = ticks(Trace(moments))
    assert [mark.lane for mark in marks[:3]] == ["connection", "transaction", "statement"]
    assert (marks[1].text, marks[2].text, marks[2].until) == (
        "begin repeatable read",
        "SELECT 1 FROM orders",
        0.2 + 0.1,
    )
    assert [mark.text for mark in marks if mark.bad][:2] == ["42703 SELECT nothing", "implicit load of Order.lines"]
    assert len(marks) == len(moments)
    assert max(len(mark.text) for mark in marks) <= 120


def test_rtm001_is_known_as_t40_where_all_of_it_was_loaded_through_an_attribute() -> None:
    load = ImplicitLoad(0.3, "lazy", "Order.lines")
    on_loop = Statement(0.2, "SELECT 1", sync_on_loop=True)
    labels = [
        [one.label for one in judged(moments, ()) if one.code == "RTM001"]
        for moments in ((on_loop, load), (on_loop,), (on_loop, Statement(0.25, "SELECT 2", sync_on_loop=True), load))
    ]
    assert labels == [["T40"], [None], [None]]


def test_the_mark_of_a_transaction_lasts_to_its_end() -> None:
    moments = (Boundary(0.1, "begin", 1), Boundary(0.2, "begin", 2), Boundary(0.3, "commit", 1))
    assert [(mark.text, mark.until) for mark in ticks(Trace(moments))] == [
        ("begin", 0.3),
        ("begin", None),
        ("commit", None),
    ]
