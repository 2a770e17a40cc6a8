"""What the probe says of each statement."""

from compare.probe.binds import TEXT_CHARACTERS, VALUES, bind, ordered
from compare.probe.statements import may_write
from compare.subjects.moments import Statement, Trace

from .probed.serving import Probed


def only(trace: Trace) -> Statement:
    """The one statement of a trace."""
    (statement,) = trace.statements
    return statement


def test_a_statement_in_a_thread_comes_with_its_text_and_values(threaded: Probed) -> None:
    trace = threaded.trace("/read/low")
    statement = only(trace)
    sql = "SELECT shelf.id, shelf.name FROM shelf WHERE shelf.name = %(name_1)s"

    assert " ".join(statement.sql.split()) == sql
    assert statement.binds == (("str", "low"),)
    assert (statement.rowcount, statement.connection, statement.task) == (1, 1, 0)
    assert (statement.in_thread, statement.sync_on_loop) == (True, False)
    assert 0 < statement.seconds < statement.at + statement.seconds
    assert trace.sqlalchemy


def test_a_statement_of_an_async_driver_runs_in_a_task_and_blocks_nobody(looped: Probed) -> None:
    statement = only(looped.trace("/read/low"))

    assert statement.sql.endswith("shelf.name = $1::VARCHAR")
    assert statement.binds == (("str", "low"),)
    assert (statement.connection, statement.task) == (1, 1)
    assert (statement.in_thread, statement.sync_on_loop) == (False, False)


def test_a_blocking_driver_on_the_loop_is_seen(threaded: Probed) -> None:
    statement = only(threaded.trace("/on-loop"))

    assert (statement.sync_on_loop, statement.in_thread) == (True, False)


def test_many_sets_of_values_are_one_statement(threaded: Probed) -> None:
    statement = only(threaded.trace("/many", "POST"))

    assert (statement.sets, statement.binds) == (3, (("str", "many-0"),))


def test_a_refused_statement_names_the_state_and_the_drivers_error(threaded: Probed, looped: Probed) -> None:
    sync, aio = only(threaded.trace("/taken", "POST")), only(looped.trace("/taken", "POST"))

    assert (sync.sqlstate, sync.error) == ("23505", "psycopg2.errors.UniqueViolation")
    assert (aio.sqlstate, aio.error) == ("23505", "asyncpg.exceptions.UniqueViolationError")


def test_tasks_that_share_a_connection_are_all_seen(looped: Probed) -> None:
    statements = looped.trace("/gather-on-one").statements

    assert [statement.binds[0][1] for statement in statements] == ["left", "right"]
    assert len({statement.task for statement in statements}) == 2
    assert {statement.connection for statement in statements} == {1}


def test_the_rows_of_one_insert_are_one_set_of_values(looped: Probed) -> None:
    statement = only(looped.trace("/several", "POST"))

    assert statement.sets == 1
    assert [text for _, text in statement.binds] == ["several-0", "several-1", "several-2"]


def test_concurrent_tasks_have_numbers_and_connections_of_their_own(looped: Probed) -> None:
    statements = looped.trace("/gather").statements

    assert {statement.binds[0][1]: statement.task for statement in statements} == {"left": 2, "right": 3}
    # Which of the two connects first is PostgreSQL's to say.
    assert sorted(statement.connection for statement in statements) == [1, 2]


def test_autocommit_and_isolation_are_told(threaded: Probed) -> None:
    first, second = threaded.trace("/isolated").statements

    assert (first.autocommit, second.autocommit) == (False, True)


def test_values_stand_in_the_order_in_which_the_text_refers_to_them() -> None:
    assert ordered("SELECT $2, $1, $2", (1, 2)) == [("int", "2"), ("int", "1"), ("int", "2")]
    assert ordered("SELECT %(b)s, %(a)s", {"a": 1, "b": None}) == [("NoneType", ""), ("int", "1")]
    assert ordered("SELECT :b, a::int, :a", {"a": 1, "b": 2}) == [("int", "2"), ("int", "1")]
    assert ordered("SELECT %s, %s", (1, 2)) == ordered("SELECT ?, ?", [1, 2]) == [("int", "1"), ("int", "2")]


def test_long_values_are_told_apart_though_they_are_cut() -> None:
    (kind, text), (_, other) = bind("x" * 10_000), bind("x" * 9_999 + "y")

    assert kind == "str"
    assert len(text) < 2 * TEXT_CHARACTERS
    assert text[:TEXT_CHARACTERS] == other[:TEXT_CHARACTERS]
    assert text != other


def test_very_many_values_end_in_a_hash() -> None:
    binds = ordered("SELECT ?", range(VALUES + 5))

    assert len(binds) == VALUES + 1
    assert binds[-1][0] == "more"


def test_reading_is_told_from_what_may_write() -> None:
    reads = [
        "SELECT a FROM b",
        " select 1",
        "SHOW x",
        "SET x = 1",
        "/* a */ SELECT max(a) FROM b.c WHERE (d)",
        "(SELECT a FROM b)",
    ]
    writes = [
        "INSERT INTO a",
        "WITH a AS (DELETE FROM b) SELECT 1",
        "SELECT enqueue(1)",
        "SELECT * FROM enqueue(1)",
        "CALL a()",
    ]

    assert [sql for sql in reads if may_write(sql)] == []
    assert [sql for sql in writes if not may_write(sql)] == []
