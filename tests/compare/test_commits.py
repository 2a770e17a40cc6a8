"""The rows layer, request by request: net effects, keys that are known at once, and each code by its name."""

import time
from uuid import uuid4

import pytest

from compare.postgres import Column, Table
from compare.postgres.commits import Change, Commit, Row
from compare.verdict.answer import Answer
from compare.verdict.clock import Clock
from compare.verdict.commits import compare_commits
from compare.verdict.evidence import Evidence, Pair
from compare.verdict.keys import Keys
from compare.verdict.matching import Matching

SEQUENCE = "public.orders_id_seq"
ORDERS = Table(
    "public",
    "orders",
    (Column("id", "integer", SEQUENCE), Column("number", "uuid"), Column("state", "text"), Column("total", "numeric")),
    ("id",),
)
LINES = Table("public", "lines", (Column("order_id", "integer"), Column("item", "text")), ("order_id", "item"))
LOOSE = Table("public", "loose", (Column("word", "text"),), ())
TABLES = {str(table): table for table in (ORDERS, LINES, LOOSE)}


def order(key: int, state: str = "new", total: str = "1.00", number: str | None = None) -> Row:
    return (str(key), number or str(uuid4()), state, total)


def insert(table: str, row: Row) -> Change:
    return Change(table, "insert", None, row)


def update(table: str, old: Row, new: Row) -> Change:
    return Change(table, "update", old, new)


def delete(table: str, row: Row) -> Change:
    return Change(table, "delete", row)


class Run:
    """Requests one after the other, as a run has them."""

    def __init__(self) -> None:
        self.keys = Keys.before_run({SEQUENCE: 10})
        self.keys.foreign["lines", "order_id"] = SEQUENCE
        self.matching = Matching(Clock(time.time() - 1, 0.1))

    def request(self, legacy: list[Change], async_: list[Change]) -> list[tuple[str, str]]:
        """Code and place of what differs."""
        sides = [
            Evidence(Answer(200), commits=(Commit(1, 1, 1, tuple(side)),) if side else ()) for side in (legacy, async_)
        ]
        pair = Pair("POST /orders", sides[0], sides[1], self.matching, self.keys, TABLES)
        found = compare_commits(pair)
        return [(d.code, d.where) for d in found if not d.claims or not all(map(self.keys.known, d.claims))]


def found(legacy: list[Change], async_: list[Change]) -> list[tuple[str, str]]:
    return Run().request(legacy, async_)


def test_rows_with_other_ids_tokens_and_order_are_the_same() -> None:
    legacy = [insert("orders", order(11, "a")), insert("lines", ("11", "x"))]
    async_ = [insert("orders", order(14, "a")), insert("lines", ("14", "x"))]
    assert found(legacy, async_) == []


def test_a_key_is_known_to_the_next_request() -> None:
    run = Run()
    first = order(11, "a"), order(14, "a")
    run.request([insert("orders", first[0])], [insert("orders", first[1])])
    legacy = [update("orders", first[0], (*first[0][:2], "paid", "1.00"))]
    async_ = [update("orders", first[1], (*first[1][:2], "paid", "1.00"))]
    assert run.request(legacy, async_) == []
    assert run.keys.known((11, 14))
    assert not run.keys.known((11, 15))


def test_a_reference_to_another_row_is_found() -> None:
    legacy = [insert("orders", order(11, "a")), insert("orders", order(12, "b")), insert("lines", ("11", "x"))]
    async_ = [insert("orders", order(11, "a")), insert("orders", order(12, "b")), insert("lines", ("12", "x"))]
    assert {code for code, _ in found(legacy, async_)} <= {"ROW001", "ROW002", "ROW003", "ROW005"}
    assert found(legacy, async_) != []


@pytest.mark.parametrize(
    ("legacy", "async_", "expected"),
    [
        ([insert("loose", ("a",))], [], [("ROW008", "loose")]),
        ([], [insert("loose", ("a",))], [("ROW009", "loose")]),
        ([insert("loose", ("a",)), insert("loose", ("b",))], [insert("loose", ("b",))], [("ROW001", "loose")]),
        ([insert("loose", ("b",))], [insert("loose", ("a",)), insert("loose", ("b",))], [("ROW002", "loose")]),
    ],
)
def test_missing_and_extra_rows_and_commits(
    legacy: list[Change], async_: list[Change], expected: list[tuple[str, str]]
) -> None:
    assert found(legacy, async_) == expected


def test_a_value_that_was_inserted_otherwise_is_named_with_its_column() -> None:
    assert found([insert("orders", order(11, total="2.00"))], [insert("orders", order(11, total="2.0"))]) == [
        ("ROW003", "orders.total")
    ]


def test_an_update_that_only_one_side_makes_is_found() -> None:
    old = order(5)
    both = [insert("loose", ("x",))]
    assert found([*both, update("orders", old, (*old[:2], "paid", "1.00"))], both) == [("ROW011", "orders")]
    assert found(both, [*both, update("orders", old, (*old[:2], "paid", "1.00"))]) == [("ROW011", "orders")]


def test_an_update_to_another_value_is_found_in_its_column_only() -> None:
    old = order(5)
    differs = (old[0], old[1], "new", "9.99")
    legacy = [update("orders", old, (*old[:2], "paid", "1.00"))]
    async_ = [update("orders", differs, (*differs[:2], "open", "9.99"))]
    assert found(legacy, async_) == [("ROW003", "orders.state")]


def test_an_update_that_changes_nothing_is_none() -> None:
    old = order(5)
    both = [insert("loose", ("x",))]
    assert found([*both, update("orders", old, old)], both) == []


def test_a_delete_of_another_row_is_found_on_both() -> None:
    assert found([delete("orders", order(3))], [delete("orders", order(4))]) == [("ROW010", "orders")] * 2


def test_what_is_made_and_gone_in_one_request_leaves_no_trace() -> None:
    row = order(11)
    both = [insert("loose", ("x",))]
    assert found([*both, insert("orders", row), delete("orders", row)], both) == []


def test_insert_and_update_count_as_one_new_row_which_was_written_twice() -> None:
    row = order(11)
    paid = (*row[:2], "paid", "1.00")
    legacy = [insert("orders", paid)]
    async_ = [insert("orders", row), update("orders", row, paid)]
    assert found(legacy, async_) == [("ROW012", "orders")]


def test_one_emptied_table_is_found() -> None:
    both = [insert("loose", ("x",))]
    assert found([Change("orders", "truncate"), *both], both) == [("ROW010", "orders")]
