"""The transactions layer: each code by its name, and beside it the healthy migration that must stay silent."""

from collections.abc import Sequence

import pytest
from sqlalchemy import insert, select

from compare.postgres.commits import Change, ChangeKind, Commit
from compare.subjects.moments import Blocked, Boundary, Moment, Pooled, Statement, Unfinished
from compare.verdict.difference import Difference
from compare.verdict.evidence import Evidence, Limits
from compare.verdict.timeline import Transaction
from compare.verdict.transactions import compare_transactions
from tests.compare.shop import Account, Line, Order
from tests.compare.traces import ASYNCPG, bounded, codes, in_order, pair, ran, side

READ = ran(select(Order), at=0.2)
WRITE = ran(insert(Line).values(order_id=1, quantity=1), at=0.3)
AUDIT = ran(insert(Account).values(balance=1), at=0.4)
ASYNC_WRITE = ran(insert(Line).values(order_id=1, quantity=1), dialect=ASYNCPG, at=0.3)
DEADLOCK = ran(insert(Line).values(order_id=1, quantity=1), at=0.3, sqlstate="40P01", error="DeadlockDetected")


def judged(ours: Evidence, theirs: Evidence) -> list[Difference]:
    """What the layer says."""
    return list(compare_transactions(pair(ours, theirs, limits=Limits(held=1.0))))


def found(ours: Sequence[Moment], theirs: Sequence[Moment], *, status: int = 200) -> list[tuple[str, str]]:
    """Code and severity, for two sides that answered with this status after ten seconds."""
    return codes(judged(*(side(in_order(moments, status=status), status=status) for moments in (ours, theirs))))


GOOD = bounded(WRITE)
LATE = bounded(WRITE, ended=11.0)


def answered_at_once(moments: Sequence[Moment]) -> Evidence:
    """A side that answers half a second after the request, before it commits at 1.0."""
    return side(in_order(moments, answered=0.5))


def test_txn001_commit_after_the_answer() -> None:
    told = judged(side(in_order(GOOD)), answered_at_once(bounded(ASYNC_WRITE)))
    assert codes(told) == [("TXN001", "difference")]
    assert told[0].async_ == "INSERT lines: committed 500.0 ms after the answer"


def test_txn001_a_habit_of_legacys_is_a_hazard() -> None:
    assert codes(judged(answered_at_once(GOOD), answered_at_once(GOOD))) == [("TXN001", "hazard")]
    assert codes(judged(answered_at_once(GOOD), side(in_order(GOOD)))) == [("TXN001", "hazard")]


def test_txn001_what_only_read_may_end_whenever_it_likes() -> None:
    assert judged(side(in_order(bounded(READ))), answered_at_once(bounded(READ))) == []


def test_txn001_a_background_task_has_a_transaction_of_its_own() -> None:
    after = bounded(ran(insert(Account).values(balance=1), at=0.7, connection=2), began=0.6, ended=0.8, connection=2)
    early = bounded(WRITE, ended=0.4)
    assert judged(answered_at_once((*early, *after)), answered_at_once((*early, *after))) == []


def test_txn002_success_answered_after_a_rollback() -> None:
    assert found(GOOD, bounded(ASYNC_WRITE, ending="rollback")) == [("TXN002", "difference")]
    assert found(bounded(WRITE, ending="rollback"), bounded(ASYNC_WRITE, ending="rollback")) == [("TXN002", "hazard")]


def test_txn002_a_connection_that_goes_back_unfinished_is_rolled_back() -> None:
    theirs = (*bounded(ASYNC_WRITE, ending=None), Pooled(1.0, "checkin", 1))
    assert found(GOOD, theirs) == [("TXN002", "difference")]


def test_txn002_what_was_tried_again_with_success_was_not_lost() -> None:
    second = ran(insert(Line).values(order_id=1, quantity=1), at=2.0, connection=2)
    again = (*bounded(WRITE, ending="rollback"), *bounded(second, began=1.5, ended=2.5, connection=2))
    assert found(again, again) == []


def test_txn002_reads_may_be_rolled_back() -> None:
    assert found(bounded(READ), bounded(READ, ending="rollback")) == []


def commit(*changes: tuple[str, ChangeKind]) -> Commit:
    return Commit(1, 1, 1, tuple(Change(table, kind, ("1",), ("1",)) for table, kind in changes))


WHOLE = (commit(("orders", "insert"), ("lines", "insert")),)
PARTS = (commit(("orders", "insert")), commit(("lines", "insert")))


def committed(*sides: tuple[Commit, ...] | None, status: int = 200) -> list[tuple[str, str]]:
    """Two sides without a probe, by PostgreSQL's log."""
    ours, theirs = (side(None, commits=one) for one in sides)
    return codes(judged(ours, side(None, status=status, commits=theirs.commits)))


def test_txn003_one_unit_of_work_in_several_transactions() -> None:
    assert committed(WHOLE, PARTS) == [("TXN003", "difference")]
    assert committed(WHOLE, WHOLE) == committed(PARTS, PARTS) == []


def test_txn003_is_seen_by_the_probe_alone_too() -> None:
    second = ran(insert(Account).values(balance=1), at=2.0, connection=2)
    parts = (*bounded(WRITE), *bounded(second, began=1.5, ended=2.5, connection=2))
    assert found(bounded(WRITE, AUDIT), parts) == [("TXN003", "difference")]
    assert found(parts, bounded(WRITE, AUDIT)) == [("TXN007", "difference")]


def test_txn003_a_commit_that_writes_something_else_is_the_rows_layers() -> None:
    assert committed(WHOLE, (*WHOLE, commit(("audit", "insert")))) == []


def test_txn003_is_not_told_of_a_request_that_failed_on_one_side() -> None:
    assert committed(WHOLE, PARTS, status=500) == []


def test_txn007_separate_transactions_were_merged() -> None:
    assert committed(PARTS, WHOLE) == [("TXN007", "difference")]


def test_txn007_a_commit_that_is_missing_is_the_rows_layers() -> None:
    twice = (commit(("lines", "insert")), commit(("lines", "insert")))
    assert committed(twice, twice[:1]) == []


def test_txn004_write_outside_a_transaction() -> None:
    loose = bounded(ran("DELETE FROM lines", at=0.3, autocommit=True))
    assert found(bounded(ran("DELETE FROM lines", at=0.3)), loose) == [("TXN004", "difference")]
    assert found(loose, loose) == [("TXN004", "hazard")]


def test_txn004_reading_in_autocommit_mode_is_no_danger() -> None:
    reading = bounded(ran(select(Order), autocommit=True))
    assert found(reading, reading) == []


def left_open(*, transactions: int = 1) -> Evidence:
    moments = (*bounded(READ, ending=None), Unfinished(15.0, transactions=transactions))
    return side(in_order(moments), at_rest=False)


def test_txn005_transaction_left_open_after_the_answer() -> None:
    assert codes(judged(side(in_order(bounded(READ))), left_open())) == [("TXN005", "difference")]
    assert codes(judged(left_open(), left_open())) == [("TXN005", "hazard")]


def test_txn005_is_seen_without_a_probe() -> None:
    assert codes(judged(side(None), side(None, at_rest=False))) == [("TXN005", "difference")]


def test_txn005_a_task_that_goes_on_is_not_a_transaction() -> None:
    working = side(in_order((*GOOD, Unfinished(15.0, tasks=("mail",)))), at_rest=False)
    assert judged(working, working) == []


def guarded(*, name: str = "sa_savepoint_1") -> tuple[Moment, ...]:
    return (*GOOD, Boundary(0.25, "savepoint", 1, name=name), Boundary(0.35, "release", 1, name=name))


def test_txn006_savepoint_lost() -> None:
    assert found(guarded(), GOOD) == [("TXN006", "difference")]
    assert found(guarded(), guarded(name="other")) == []


def two_connections() -> tuple[Moment, ...]:
    second = ran(select(Line), at=1.5, connection=2)
    return (*bounded(READ), *bounded(second, began=1.2, ended=1.8, connection=2))


def test_txn008_reads_spread_over_several_sessions() -> None:
    assert found(bounded(READ), two_connections()) == [("TXN008", "information")]
    assert found(two_connections(), two_connections()) == []


def retried() -> tuple[Moment, ...]:
    again = ran(insert(Line).values(order_id=1, quantity=1), at=2.0)
    return (*bounded(DEADLOCK, ending="rollback"), Boundary(1.5, "begin", 1), again, Boundary(2.5, "commit", 1))


def test_txn009_failed_transaction_is_not_tried_again() -> None:
    given_up = side(in_order(bounded(DEADLOCK, ending="rollback"), status=500), status=500)
    assert codes(judged(side(in_order(retried())), given_up)) == [("TXN009", "difference")]
    assert found(retried(), retried()) == []


def test_txn009_a_deadlock_on_one_side_alone_is_chance() -> None:
    assert found(retried(), GOOD) == []


def idle(seconds: float) -> tuple[Moment, ...]:
    return bounded(READ, ran(select(Line), at=READ.at + seconds), ended=READ.at + seconds + 0.1)


def test_txn010_transaction_waits_for_something_else() -> None:
    assert found(idle(0.5), idle(1.5)) == [("TXN010", "difference")]
    assert found(idle(1.5), idle(1.5)) == [("TXN010", "hazard")]
    assert found(idle(0.9), idle(0.9)) == []


def test_txn010_while_the_loop_is_blocked_nothing_can_run() -> None:
    blocked = (*idle(1.5), Blocked(READ.at + 0.1, 1.4))
    assert found(blocked, blocked) == []


def test_txn010_a_transaction_in_which_nothing_ran_waits_for_nothing() -> None:
    """A connection was taken for a load that asyncpg refused."""
    assert found(GOOD, (*GOOD, *bounded(began=2.0, ended=9.0, connection=2))) == []


def test_txn010_a_statement_that_takes_long_is_no_waiting() -> None:
    slow = bounded(ran(select(Order), at=0.2, seconds=5.0), ended=5.3)
    assert found(slow, slow) == []


def nested(*, task: int) -> tuple[Moment, ...]:
    inner = ran(select(Line), at=0.5, connection=2, task=task)
    outer = ran(select(Order), at=0.2, task=1)
    return in_order((*bounded(outer), *bounded(inner, began=0.4, ended=0.6, connection=2)))


def test_txn011_second_connection_while_the_first_is_held() -> None:
    assert ("TXN011", "difference") in found(bounded(READ), nested(task=1))
    assert found(nested(task=1), nested(task=1)) == [("TXN011", "hazard")]


def test_txn011_tasks_side_by_side_hold_one_each() -> None:
    """A session a query, in a task group: what T23 asks for."""
    assert dict(found(bounded(READ), nested(task=2))) == {"TXN008": "information"}


def test_txn012_rolled_back_where_legacy_commits() -> None:
    """A counter of failed log-ins, kept although the answer is an error."""
    assert found(GOOD, bounded(ASYNC_WRITE, ending="rollback"), status=401) == [("TXN012", "difference")]
    assert found(bounded(WRITE, ending="rollback"), GOOD)[-1] == ("TXN012", "difference")


def test_txn012_a_notification_goes_with_its_transaction() -> None:
    signal = ran("SELECT pg_notify('harbour', 'fog')", at=0.2)
    assert found(bounded(signal), bounded(signal, ending="rollback")) == [("TXN012", "difference")]


def test_txn012_a_lock_or_a_parameter_goes_either_way() -> None:
    for passing in ("SELECT pg_advisory_xact_lock(1)", "SELECT set_config('a', 'b', true)", "LOCK TABLE orders"):
        one = ran(passing, at=0.2)
        assert found(bounded(one), bounded(one, ending="rollback")) == []


@pytest.mark.parametrize("statement", [WRITE, READ])
def test_txn012_the_same_ending_is_no_difference(statement: Statement) -> None:
    both = bounded(statement, ending="rollback")
    assert found(both, both, status=409) == []


def test_txn012_a_request_that_fails_on_one_side_is_told_by_its_status() -> None:
    failed = side(in_order(bounded(ASYNC_WRITE, ending="rollback"), status=500), status=500)
    assert judged(side(in_order(GOOD)), failed) == []


def test_a_transaction_in_which_nothing_ran_waits_for_nothing() -> None:
    assert Transaction(1, 0.0, ended=9.0).longest_pause == (0.0, None)
