"""The rows layer: pairing rows whose generated values differ, and what is said of those that do not pair."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import psycopg2
import pytest

from compare.postgres import Address, Column, Server, Table
from compare.verdict.clock import Clock
from compare.verdict.difference import Row
from compare.verdict.keys import Keys
from compare.verdict.matching import Matching
from compare.verdict.pairing import unequal_rows
from compare.verdict.rows import compare_rows, compare_tables

SEQUENCE = "public.orders_id_seq"
ORDERS = Table(
    "public",
    "orders",
    (
        Column("id", "integer", SEQUENCE),
        Column("number", "uuid"),
        Column("state", "text"),
        Column("total", "numeric(10,2)"),
        Column("made", "timestamp with time zone"),
    ),
    ("id",),
)


def row(key: int, state: str = "new", total: str = "1.00", number: str | None = None) -> Row:
    """An order as PostgreSQL writes it, made just now."""
    made = datetime.now(UTC).isoformat(" ", "microseconds").removesuffix(":00")
    return (str(key), number or str(uuid4()), state, total, made)


def found(legacy: list[Row], async_: list[Row], last: tuple[int, int] = (9, 9)) -> list[tuple[str, str]]:
    """Code and place of what is left when the claims are settled."""
    keys = Keys({SEQUENCE: 2}, {SEQUENCE: last[0]}, {SEQUENCE: last[1]})
    matching = Matching(Clock(time.time() - 1, 0.1))
    differences = list(compare_rows(ORDERS, legacy, async_, matching, keys))
    return [(d.code, d.where) for d in differences if not d.claims or not all(map(keys.hold, d.claims))]


def test_rows_that_differ_in_generated_values_only_are_the_same() -> None:
    assert found([row(3), row(4, "paid")], [row(3), row(4, "paid")]) == []


def test_keys_may_be_drawn_in_another_order() -> None:
    assert found([row(3, "new"), row(4, "paid")], [row(3, "paid"), row(4, "new")]) == []


def test_gaps_in_a_sequence_shift_the_keys_and_nothing_else() -> None:
    assert found([row(3, "a"), row(4, "b")], [row(4, "a"), row(7, "b")], (4, 7)) == []


def test_a_key_that_no_sequence_gave_cannot_differ() -> None:
    assert ("ROW005", "orders.id") in found([row(1, "a")], [row(2, "a")])


def test_a_missing_row_is_the_one_that_is_missing() -> None:
    keys = Keys({SEQUENCE: 2}, {SEQUENCE: 5}, {SEQUENCE: 5})
    matching = Matching(Clock(time.time() - 1, 0.1))
    (difference,) = compare_rows(ORDERS, [row(3), row(4), row(5)], [row(3), row(5)], matching, keys)
    assert difference.code == "ROW001"
    assert difference.legacy.startswith("id=4, ")


def test_an_extra_row_is_told() -> None:
    assert found([], [row(3)]) == [("ROW002", "orders")]


def test_a_differing_value_is_told_with_its_column() -> None:
    assert found([row(3, total="10.00")], [row(3, total="11.00")]) == [("ROW003", "orders.total")]


def test_a_value_that_was_matched_elsewhere_must_match_here() -> None:
    one, other = str(uuid4()), str(uuid4())
    assert found([row(3, number=one), row(4, "paid", number=one)], [row(3, number=other), row(4, "paid")]) == [
        ("ROW005", "orders.number")
    ]


def test_equal_rows_are_taken_out_as_often_as_they_stand_on_both_sides() -> None:
    a, b, c = (("a",), ("b",), ("c",))
    assert unequal_rows([a, a, b], [b, a, c]) == ([a], [c])


SCHEMA = """
    CREATE TABLE people (id serial PRIMARY KEY, name text);
    CREATE TABLE letters (id serial PRIMARY KEY, person int REFERENCES people, text jsonb,
                          sent timestamptz DEFAULT now());
    INSERT INTO people (name) VALUES ('Eve');
"""


@pytest.fixture(scope="module")
def template(server: Server) -> Server:
    """A server whose template holds people and their letters."""

    def fill(address: Address) -> None:
        connection = psycopg2.connect(address.url())
        with connection, connection.cursor() as cursor:
            cursor.execute(SCHEMA)
        connection.close()

    server.build_template(fill)
    return server


def in_databases(server: Server, legacy: list[str], async_: list[str]) -> list[tuple[str, str]]:
    """What is found after these statements on either side, claims settled."""
    with server.clone("legacy") as ours, server.clone("async") as theirs:
        before = ours.sequences()
        clock = Clock(time.time(), 0.1)
        for clone, statements in ((ours, legacy), (theirs, async_)):
            for statement in statements:
                clone.execute(statement)
        keys = Keys(before, ours.sequences(), theirs.sequences())
        _, differences = compare_tables(ours, theirs, Matching(clock), keys)
    return [(d.code, d.where) for _, d in differences if not d.claims or not all(map(keys.hold, d.claims))]


ANN = "INSERT INTO people (name) VALUES ('Ann')"
BEN = "INSERT INTO people (name) VALUES ('Ben')"
GAP = "SELECT nextval('people_id_seq')"
LETTER = "INSERT INTO letters (person, text) SELECT id, '{{\"to\": \"{0}\"}}' FROM people WHERE name = '{0}'"


def test_references_follow_the_rows_they_point_to(template: Server) -> None:
    letters = [LETTER.format("Ann"), LETTER.format("Ben")]
    assert in_databases(template, [ANN, BEN, *letters], [GAP, BEN, GAP, ANN, *letters]) == []


def test_a_reference_to_the_wrong_row_is_told_even_if_the_number_is_the_same(template: Server) -> None:
    legacy, async_ = [ANN, BEN, LETTER.format("Ann")], [BEN, ANN, LETTER.format("Ann")]
    swap = "UPDATE letters SET person = (SELECT id FROM people WHERE name = 'Ben')"
    assert in_databases(template, legacy, async_) == []
    assert in_databases(template, legacy, [*async_, swap]) == [("ROW005", "letters.person")]


def test_a_table_that_one_side_made_is_told(template: Server) -> None:
    assert in_databases(template, [], ["CREATE TABLE notes (id int)"]) == [("ROW004", "notes")]
    assert in_databases(template, [], ["ALTER TABLE people ADD age int"]) == [("ROW004", "people.age")]
