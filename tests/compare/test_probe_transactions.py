"""Where the probe sees transactions begin and end."""

from compare.subjects.moments import Boundary, Pooled, Trace, Unfinished

from .probed.serving import Probed


def kinds(trace: Trace) -> list[str]:
    """The boundaries, in order."""
    return [boundary.kind for boundary in trace.of(Boundary)]


def writer(app: Probed, name: str) -> object:
    """The transaction that wrote a shelf, as the server tells."""
    (row,) = app.clone.fetch("SELECT xmin::text AS writer FROM shelf WHERE name = %s", [name])
    return row["writer"]


def test_a_commit_has_the_id_under_which_the_server_keeps_the_row(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        begin, commit = app.trace("/late/numbered", "POST").of(Boundary)

        assert (begin.kind, commit.kind) == ("begin", "commit")
        assert str(commit.xid) == writer(app, "numbered")


def test_a_commit_after_the_answer_is_seen_to_be_after_it(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        trace = app.trace("/late/after", "POST")

        assert trace.answered is not None
        assert trace.of(Boundary)[-1].at > trace.answered


def test_a_transaction_that_only_read_has_no_id(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        assert [boundary.xid for boundary in app.trace("/read/low").of(Boundary)] == [None, None]


def test_savepoints_are_set_released_and_gone_back_to_by_name(threaded: Probed) -> None:
    trace = threaded.trace("/nested", "POST")

    assert kinds(trace) == ["begin", "savepoint", "release", "savepoint", "rollback_to", "commit"]
    names = [boundary.name for boundary in trace.of(Boundary)][1:-1]
    assert names[0] == names[1] != names[2] == names[3]
    assert len(trace.statements) == 1


def test_a_commit_that_the_server_refuses_was_a_rollback(threaded: Probed) -> None:
    trace = threaded.trace("/deferred", "POST")

    assert kinds(trace) == ["begin", "rollback"]
    assert trace.of(Boundary)[-1].xid is None


def test_a_begin_tells_the_isolation_that_was_asked_for(threaded: Probed) -> None:
    begins = [boundary for boundary in threaded.trace("/isolated").of(Boundary) if boundary.kind == "begin"]

    assert [begin.isolation for begin in begins] == ["SERIALIZABLE", "AUTOCOMMIT"]
    assert [begin.connection for begin in begins] == [1, 2]


def test_an_open_transaction_is_told_without_waiting_out_the_limit(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        trace = app.trace("/leaked", within=3600)

        assert not trace.at_rest
        assert [moment.kind for moment in trace.of(Pooled)] == ["checkout", "held"]
        assert [moment.transactions for moment in trace.of(Unfinished)] == [1]


def test_a_connection_without_a_transaction_is_held_though_all_is_at_rest(threaded: Probed) -> None:
    trace = threaded.trace("/held")

    assert trace.at_rest
    assert [moment.kind for moment in trace.of(Pooled)] == ["checkout", "held"]


def test_a_connection_that_came_back_is_not_held(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        assert [moment.kind for moment in app.trace("/read/low").of(Pooled)] == ["checkout", "checkin"]
