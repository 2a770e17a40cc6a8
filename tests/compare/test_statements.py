"""The statements layer: each code by its name, and beside it the healthy migration that must stay silent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Executable, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import joinedload

from compare.postgres.commits import Change, Commit
from compare.subjects.moments import Boundary, Moment, Statement
from compare.verdict.difference import Difference
from compare.verdict.statements import compare_statements
from tests.compare.shop import Account, Line, Order
from tests.compare.traces import ASYNCPG, aio, codes, legacy, pair, ran, side

NOW = datetime.now(UTC)
LAZY = [select(Line).where(Line.order_id == key) for key in (1, 2, 3, 4)]
SELECT_IN = select(Line).where(Line.order_id.in_([1, 2, 3, 4]))
ONE_ORDER = select(Order).where(Order.id == 1)


def judged(ours: Sequence[Moment], theirs: Sequence[Moment]) -> list[Difference]:
    """What the layer says of two sides that both answered 200."""
    return list(compare_statements(pair(side(ours), side(theirs))))


def found(ours: Sequence[Moment], theirs: Sequence[Moment]) -> list[tuple[str, str]]:
    """Code and severity of all that differs, but for claims on keys."""
    return codes([one for one in judged(ours, theirs) if not one.claims])


def values(mine: object, other: object, sql: str = "SELECT id FROM orders WHERE at > {}") -> list[Difference]:
    """One statement, with a value on each side."""
    ours = ran(sql.format("%(a)s"), mine)
    return judged([ours], [ran(sql.format("$1::TEXT"), other, dialect=ASYNCPG)])


@pytest.mark.parametrize(
    "query",
    [
        ONE_ORDER,
        select(Order).where(Order.id.in_([1, 2])).order_by(Order.id).limit(3).with_for_update(),
        insert(Order).values(state="a", total=Decimal("1.50"), at=NOW, extra={"b": 1}, tags=["x", "y"], number=uuid4()),
        update(Order).where(Order.id == 1).values(total=Order.total - 2),
        select(func.set_config("statement_timeout", "3s", True)),  # noqa: FBT003 - SQL's own
    ],
    ids=lambda query: str(query)[:30],
)
def test_the_same_query_on_both_drivers_is_no_difference(query: Executable) -> None:
    assert judged(legacy(query), aio(query)) == []


def test_sql001_more_statements_than_legacy() -> None:
    told = judged(legacy(ONE_ORDER), aio(ONE_ORDER, select(Order.id), ONE_ORDER))
    assert codes(told) == [("SQL001", "difference")]
    assert (told[0].legacy, told[0].async_) == ("1 statements", "3 statements")


@pytest.mark.parametrize(
    "noise",
    ["SELECT 1", "SHOW transaction_isolation", "SAVEPOINT a", "RELEASE SAVEPOINT a", "SELECT pg_catalog.version()"],
)
def test_sql001_what_sessions_and_pools_say_is_not_counted(noise: str) -> None:
    assert judged(legacy(ONE_ORDER), aio(noise, ONE_ORDER)) == []


def test_sql001_what_failed_is_told_by_its_failure() -> None:
    cancelled = ran("SELECT pg_sleep(3)", error="asyncio.exceptions.CancelledError")
    assert judged(legacy(ONE_ORDER), (cancelled, *aio(ONE_ORDER))) == []


def test_sql001_a_select_in_load_for_many_lazy_ones_is_information() -> None:
    assert found(legacy(ONE_ORDER, *LAZY), aio(ONE_ORDER, SELECT_IN)) == [("SQL011", "information")]


def test_sql001_a_join_for_a_lazy_load_is_no_difference() -> None:
    joined = select(Order).where(Order.id == 1).options(joinedload(Order.lines))
    assert found(legacy(ONE_ORDER, LAZY[0]), aio(joined)) == [("SQL011", "information")]


def test_sql001_batches_of_another_size_are_one_write() -> None:
    rows = [{"quantity": n, "order_id": 1} for n in range(6)]
    whole, parts = insert(Line).values(rows), [insert(Line).values(rows[:3]), insert(Line).values(rows[3:])]
    assert "SQL001" not in dict(found(legacy(whole), aio(*parts)))


def test_sql002_one_statement_per_row() -> None:
    assert found(legacy(ONE_ORDER, SELECT_IN), aio(ONE_ORDER, *LAZY)) == [
        ("SQL002", "difference"),
        ("SQL011", "information"),
    ]


def test_sql002_the_same_question_asked_twice_is_not_one_a_row() -> None:
    assert "SQL002" not in dict(found(legacy(SELECT_IN), aio(LAZY[0], LAZY[1])))


def test_sql012_one_statement_per_row_on_both_sides() -> None:
    assert found(legacy(*LAZY), aio(*LAZY)) == [("SQL012", "hazard")]


def test_sql012_a_loop_for_lazy_loads_is_no_more_than_legacy_has() -> None:
    loop = [select(Line.id, Line.quantity).where(Line.order_id == key) for key in (1, 2, 3, 4)]
    assert found(legacy(*LAZY), aio(*loop)) == [("SQL011", "information"), ("SQL012", "hazard")]


def test_sql012_locking_one_after_the_other_is_a_choice() -> None:
    locks = [select(Account).where(Account.id == key).with_for_update() for key in (1, 2, 3)]
    assert judged(legacy(*locks), aio(*locks)) == []


@pytest.mark.parametrize(
    "weaker",
    [
        ONE_ORDER,
        ONE_ORDER.with_for_update(read=True),
        ONE_ORDER.with_for_update(key_share=True),
        ONE_ORDER.with_for_update(skip_locked=True),
        select(Order.id, Order.state).where(Order.id == 1),
    ],
    ids=str,
)
def test_sql003_row_lock_lost_or_weakened(weaker: Executable) -> None:
    assert ("SQL003", "difference") in found(legacy(ONE_ORDER.with_for_update()), aio(weaker))


def test_sql003_one_lock_for_all_rows_is_as_good_as_one_for_each() -> None:
    ours = [select(Account).where(Account.id == key).with_for_update() for key in (1, 2, 3)]
    theirs = select(Account).where(Account.id.in_([1, 2, 3])).order_by(Account.id).with_for_update()
    assert "SQL003" not in dict(found(legacy(*ours), aio(theirs)))


def test_sql003_a_read_beside_the_lock_needs_none() -> None:
    assert judged(legacy(ONE_ORDER, ONE_ORDER.with_for_update()), aio(ONE_ORDER, ONE_ORDER.with_for_update())) == []


def began(isolation: str, *statements: Statement) -> tuple[Moment, ...]:
    return Boundary(0.0, "begin", 1, isolation), *statements


def test_sql004_isolation_level_differs() -> None:
    ours, theirs = began("REPEATABLE READ", ran(ONE_ORDER)), began("", ran(ONE_ORDER, dialect=ASYNCPG))
    told = judged(ours, theirs)
    assert codes(told) == [("SQL004", "difference")]
    assert (told[0].legacy, told[0].async_) == ("REPEATABLE READ", "READ COMMITTED")


def test_sql004_a_level_may_be_set_by_option_or_by_statement() -> None:
    ours = began("", ran("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), ran(ONE_ORDER, at=0.2))
    assert judged(ours, began("REPEATABLE_READ", ran(ONE_ORDER, dialect=ASYNCPG))) == []


def test_sql004_a_read_that_async_does_before_its_commit_is_no_difference() -> None:
    """Legacy loads expired objects again, in another transaction."""
    again = (Boundary(0.3, "begin", 2), ran(SELECT_IN, at=0.4, connection=2))
    ours = (*began("REPEATABLE READ", ran(ONE_ORDER)), *again)
    theirs = began("REPEATABLE READ", ran(ONE_ORDER, dialect=ASYNCPG), ran(SELECT_IN, dialect=ASYNCPG, at=0.2))
    assert judged(ours, theirs) == []


def test_sql004_a_write_under_a_stronger_level_can_fail_where_legacy_cannot() -> None:
    write = update(Account).where(Account.id == 1).values(balance=3)
    theirs = began("SERIALIZABLE", ran(write, dialect=ASYNCPG))
    assert codes(judged(began("", ran(write)), theirs)) == [("SQL004", "difference")]


def test_sql004_read_uncommitted_is_what_postgresql_makes_of_it() -> None:
    assert judged(began("READ UNCOMMITTED", ran(ONE_ORDER)), began("", ran(ONE_ORDER, dialect=ASYNCPG))) == []


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("new", "old"),
        (True, False),
        (Decimal("1.10"), Decimal("1.20")),
        (None, ""),
        (["a"], ["b"]),
        ({"a": 1}, {"a": "x"}),
    ],
)
def test_sql005_another_value(mine: object, other: object) -> None:
    assert codes(values(mine, other)) == [("SQL005", "difference")]


def test_sql005_names_the_column() -> None:
    assert values("new", "old")[0].where == "SELECT orders, at"


def test_sql005_another_limit_is_no_key() -> None:
    told = judged(legacy(select(Order.id).limit(10)), aio(select(Order.id).limit(20)))
    assert [(one.code, one.claims) for one in told] == [("SQL005", ())]


def test_sql005_another_number_is_a_claim_on_a_key() -> None:
    told = judged(legacy(select(Order.state).where(Order.id == 7)), aio(select(Order.state).where(Order.id == 9)))
    assert [(one.code, one.claims) for one in told] == [("SQL005", ((7, 9),))]


def test_sql005_fewer_values_in_a_list() -> None:
    told = judged(legacy(SELECT_IN), aio(select(Line).where(Line.order_id.in_([1, 2]))))
    assert codes(told) == [("SQL005", "difference")]


@pytest.mark.parametrize("hours", [-5, 2])
def test_sql005_a_shifted_time_is_known_as_t17(hours: int) -> None:
    told = values(NOW.replace(tzinfo=None), NOW.replace(tzinfo=None) + timedelta(hours=hours))
    assert [(one.code, one.label) for one in told] == [("SQL005", "T17")]


def test_sql005_naive_against_aware_is_a_shift_unless_it_is_utc() -> None:
    assert [one.label for one in values(NOW.replace(tzinfo=None), NOW + timedelta(hours=3))] == ["T17"]
    assert codes(values(NOW.replace(tzinfo=None), NOW)) == [("SQL015", "information")]


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (NOW, NOW.astimezone(timezone(timedelta(hours=2)))),
        (UUID(int=7), str(UUID(int=7))),
        (UUID(int=7), UUID(int=7).hex),
        ({"a": 1, "b": 2}, '{"b": 2, "a": 1}'),
        ([1, 2], (1, 2)),
        (uuid4(), uuid4()),
        (NOW, NOW + timedelta(milliseconds=37)),
    ],
)
def test_sql005_each_drivers_own_form_of_a_value_is_no_difference(mine: object, other: object) -> None:
    assert values(mine, other) == []


def test_sql005_a_generated_value_must_stand_for_the_same_one_everywhere() -> None:
    ours, first, second = (str(uuid4()) for _ in range(3))
    sql = "SELECT id FROM orders WHERE number = {}"
    left = [ran(sql.format("%(a)s"), ours), ran(sql.format("%(a)s") + " AND id > 0", ours)]
    right = [ran(sql.format("$1"), first), ran(sql.format("$1") + " AND id > 0", second)]
    assert found(left, right) == [("SQL005", "difference")]
    assert found(left, [right[0], ran(right[1].sql, first)]) == []


def test_sql005_the_order_of_a_list_and_of_statements_means_nothing() -> None:
    turned = select(Line).where(Line.order_id.in_([4, 3, 2, 1]))
    assert judged(legacy(SELECT_IN, LAZY[0], LAZY[1]), aio(LAZY[1], turned, LAZY[0])) == []


def test_sql005_of_an_executemany_the_first_values_say_nothing_where_rows_are_seen() -> None:
    """A set of categories goes into an association table in the order of their hashes."""
    query = "INSERT INTO tagged (item, tag) VALUES ({0}, {0})"
    ours, theirs = (ran(query.format("%s"), 1, tag, sets=2) for tag in (3, 4))
    seen = [side([one], commits=commits("tagged")) for one in (ours, theirs)]
    assert list(compare_statements(pair(*seen))) == []
    assert [one.claims for one in judged([ours], [theirs])] == [((3, 4),)]


def test_sql006_an_upsert_became_two_statements() -> None:
    row = {"id": 1, "balance": 2}
    one = upsert(Account).values(row).on_conflict_do_nothing()
    assert found(legacy(one), aio(select(Account.id), insert(Account).values(row)))[0] == ("SQL006", "difference")


def test_sql006_a_computed_value_became_a_given_one() -> None:
    """The rows agree today: two requests at once lose one update."""
    computed = update(Account).where(Account.id == 1).values(balance=Account.balance - 3)
    given = update(Account).where(Account.id == 1).values(balance=7)
    assert found(legacy(computed), aio(given)) == [("SQL006", "difference")]


def test_sql006_a_condition_was_lost() -> None:
    checked = update(Account).where(Account.id == 1, Account.balance >= 3).values(balance=0)
    assert found(legacy(checked), aio(update(Account).where(Account.id == 1).values(balance=0)))[0][0] == "SQL006"


def inserting(source: str) -> list[Difference]:
    """What is told of rows that come from there, where legacy has them in VALUES."""
    ours = side(legacy(insert(Account).values(balance=1)), commits=commits("accounts"))
    sent = f"INSERT INTO accounts (balance) SELECT balance FROM {source}"  # noqa: S608 - of constants
    return list(compare_statements(pair(ours, side((ran(sent),), commits=commits("accounts")))))


def test_sql006_rows_from_a_function_are_handed_in_and_left_to_the_rows_layer() -> None:
    """One array, or one JSON text, for many parameters."""
    assert inserting("unnest($1::integer[]) AS row (balance)") == []
    assert inserting("ROWS FROM (json_to_recordset($1) AS (balance integer)) WITH ORDINALITY ORDER BY 2") == []


@pytest.mark.parametrize("source", ["accounts", "unnest($1::integer[]) AS row (balance), accounts"])
def test_sql006_rows_from_a_table_are_not(source: str) -> None:
    """They agree today: what the table holds, another request may change."""
    assert codes(inserting(source))[0] == ("SQL006", "difference")


def test_sql006_another_table() -> None:
    ours, theirs = insert(Line).values(order_id=1, quantity=1), insert(Account).values(balance=1)
    assert dict(found(legacy(ours), aio(theirs))) == {"SQL006": "difference"}


def commits(table: str) -> tuple[Commit, ...]:
    return (Commit(1, 1, 1, (Change(table, "insert", None, ("1",)),)),)


def test_sql006_rows_that_came_by_another_way_are_left_to_the_rows_layer() -> None:
    """COPY on asyncpg itself, for an INSERT: the probe sees no statement (T50)."""
    ours = side(legacy(insert(Line).values(order_id=1, quantity=1)), commits=commits("lines"))
    assert list(compare_statements(pair(ours, side((), commits=commits("lines"))))) == []
    assert codes(list(compare_statements(pair(ours, side((), commits=()))))) == [("SQL006", "difference")]


def test_sql006_what_is_given_back_is_up_to_the_mapper() -> None:
    plain = insert(Account).values(balance=1)
    assert judged(legacy(plain), aio(plain.returning(Account.id, Account.balance))) == []


@pytest.mark.parametrize(
    ("ran_for", "name"),
    [
        ("SELECT pg_advisory_xact_lock(%(key)s)", "pg_advisory_xact_lock"),
        ("SET LOCAL lock_timeout = '2s'", "set lock_timeout"),
        ("NOTIFY orders", "notify orders"),
        ("SELECT close_the_month()", "close_the_month"),
    ],
)
def test_sql007_a_statement_that_is_run_for_its_effect(ran_for: str, name: str) -> None:
    told = judged([ran(ran_for, 1), ran(ONE_ORDER, at=0.2)], aio(ONE_ORDER))
    assert [(one.code, one.where) for one in told] == [("SQL007", name)]


def test_sql007_set_config_does_what_set_does() -> None:
    timeout = select(func.set_config("lock_timeout", "2s", True))  # noqa: FBT003 - SQL's own
    assert judged(legacy(text("SET LOCAL lock_timeout = '2s'"), ONE_ORDER), aio(timeout, ONE_ORDER)) == []


def test_sql008_a_batch_broken_into_single_statements() -> None:
    rows = [{"order_id": 1, "quantity": n} for n in range(4)]
    single = [insert(Line).values(row) for row in rows]
    assert found(legacy(insert(Line).values(rows)), aio(*single)) == [("SQL008", "difference")]


def test_sql008_executemany_and_one_statement_for_all_rows_are_both_a_batch() -> None:
    rows = [{"order_id": 1, "quantity": n} for n in range(4)]
    many = ran(insert(Line).values(rows[0]), dialect=ASYNCPG, sets=4)
    assert found(legacy(insert(Line).values(rows)), [many]) == []


def test_sql009_reads_without_the_limit() -> None:
    limited = select(Order).where(Order.state == "new").order_by(Order.id).limit(10)
    open_ended = select(Order).where(Order.state == "new").order_by(Order.id)
    assert found(legacy(limited), aio(open_ended)) == [("SQL009", "difference")]


def test_sql009_is_information_where_no_more_rows_came() -> None:
    """Query.first() became scalar_one_or_none() on a unique column."""
    theirs = ran(ONE_ORDER, dialect=ASYNCPG, rowcount=1)
    assert found(legacy(ONE_ORDER.limit(1)), [theirs]) == [("SQL009", "information")]


def test_sql009_a_page_without_its_limit_is_a_difference_however_few_rows_there_are() -> None:
    theirs = ran(select(Order), dialect=ASYNCPG, rowcount=1)
    assert found(legacy(select(Order).limit(10)), [theirs]) == [("SQL009", "difference")]


def test_sql009_a_question_whether_there_is_any_needs_no_limit() -> None:
    assert "SQL009" not in dict(found(legacy(select(Order.id).limit(1)), aio(select(func.count(Order.id)))))


def test_sql010_a_value_in_the_text() -> None:
    inlined = select(Order).where(Order.state == literal_column("'new'"))
    assert found(legacy(select(Order).where(Order.state == "new")), aio(inlined)) == [("SQL010", "difference")]
    assert found(legacy(inlined), aio(select(Order).where(Order.state == "new"))) == []


def test_sql010_a_constant_on_both_sides_is_no_difference() -> None:
    constant = text("SELECT id FROM orders WHERE state = 'new'")
    assert judged(legacy(constant), aio(constant)) == []


def test_sql011_other_words_for_the_same_tables() -> None:
    optional = ran("SELECT id FROM orders WHERE %(s)s IS NULL OR state = %(s)s", "new", "new")
    assert found([optional], aio(select(Order.id).where(Order.state == "new"))) == [("SQL011", "information")]


def locked(*keys: int) -> list[Executable]:
    return [select(Account).where(Account.id == key).with_for_update() for key in keys]


def test_sql013_rows_are_locked_in_another_order() -> None:
    assert found(legacy(*locked(1, 2)), aio(*locked(2, 1))) == [("SQL013", "difference")]
    assert found(legacy(*locked(1, 2)), aio(*locked(1, 2))) == []


def test_sql013_tables_are_locked_in_another_order() -> None:
    first, second = locked(1)[0], ONE_ORDER.with_for_update()
    told = judged(legacy(first, second), aio(second, first))
    assert [(one.code, one.legacy) for one in told] == [("SQL013", "accounts, then orders")]


def test_sql014_order_is_left_to_chance() -> None:
    assert found(legacy(select(Order).order_by(Order.id)), aio(select(Order))) == [("SQL014", "difference")]


def test_sql014_one_row_needs_no_order() -> None:
    theirs = ran(ONE_ORDER, dialect=ASYNCPG, rowcount=1)
    assert found(legacy(ONE_ORDER.order_by(Order.id)), [theirs]) == [("SQL014", "information")]


@pytest.mark.parametrize(("mine", "other"), [("5", 5), (Decimal("1.10"), 1.1), ("2026-01-01", datetime(2026, 1, 1))])  # noqa: DTZ001 - naive is the point
def test_sql015_the_same_value_as_another_type(mine: object, other: object) -> None:
    assert codes(values(mine, other)) == [("SQL015", "information")]


def test_what_ran_after_the_other_side_failed_is_not_compared() -> None:
    failed = ran(SELECT_IN, dialect=ASYNCPG, sqlstate="42883", error="asyncpg.exceptions.UndefinedFunctionError")
    ours = side(legacy(ONE_ORDER, *LAZY, text("NOTIFY orders"), insert(Line).values(order_id=1, quantity=1)))
    theirs = side((*aio(ONE_ORDER), failed), status=500)
    assert list(compare_statements(pair(ours, theirs))) == []


def test_what_ran_before_the_failure_is_compared() -> None:
    ours = side(legacy(ONE_ORDER.with_for_update(), select(Order.id), *LAZY))
    theirs = side(aio(ONE_ORDER, select(Order.id)), status=500)
    assert codes(list(compare_statements(pair(ours, theirs)))) == [("SQL003", "difference")]


def test_without_a_probe_nothing_is_said() -> None:
    assert list(compare_statements(pair(side(legacy(ONE_ORDER)), side(None)))) == []


def test_sql004_a_reload_after_the_commit_may_run_under_another_level_but_no_write_may() -> None:
    write = ran("UPDATE orders SET total = 1", at=0.2)
    asyncpg = ran("UPDATE orders SET total = 1", at=0.2)
    reload = ran(ONE_ORDER, at=0.4)
    commit, second = Boundary(0.3, "commit", 1), Boundary(0.31, "begin", 1)
    ours = (*began("REPEATABLE READ", write), commit, second, reload)
    theirs = (*began("REPEATABLE READ", asyncpg, ran(ONE_ORDER, dialect=ASYNCPG, at=0.25)), commit)
    assert [code for code, _ in codes(judged(ours, theirs)) if code == "SQL004"] == []
    other = (
        *began("", asyncpg),
        commit,
        Boundary(0.31, "begin", 1, "REPEATABLE READ"),
        ran(ONE_ORDER, dialect=ASYNCPG, at=0.4),
    )
    assert ("SQL004", "difference") in codes(judged(ours, other))
