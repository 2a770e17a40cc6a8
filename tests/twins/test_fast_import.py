"""The fast import takes, leaves out and refuses what the plain one does, and writes the same rows."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.side_by_side import PATIENCE, STRANGE, Pair, Side
from tests.twins.imports import IMPORT, ROWS, written


def new(**values: object) -> dict[str, object]:
    """Return a row of an import."""
    return {"sku": "NEW-1", "name": "New", "price": "1", **values}


GOOD_ROWS: list[list[dict[str, object]]] = [
    *([new(price=price)] for price in ("0", "-0", "-0.00", "0E5", "1E2", "1e-2", "+1", " 1 ", 1, 1.1, "00012.30")),
    *([new(weight=weight)] for weight in (None, 0, -0.0, 0.1, 1e-45, 1e-46, 1e-40, 16777.217, 123456.789, 1e6, "1.5")),
    *([new(name=name)] for name in (STRANGE, " x ", "\\u0000", "\\", '"', "'", "NULL", "$1", ":x", "%s", "\x1f")),
    *([new(tags=tags)] for tags in ([], [STRANGE], ["NULL", "null", "a,b", "{}", "{a", '"', "\\", "'"], ["a", "a"])),
    [new(tags=["\U0001f600", "\x7f", "it's", 'say "it\'s"', "\nb\x01", "\u00e9", "\u00ad"])],
    *([new(stock=stock)] for stock in (0, "5", 10**9)),
    [new(), {"sku": "NEW-2", "name": "Two", "price": 2, "weight": 2.5}, {"sku": "NEW-3", "name": "Three", "price": 3}],
    [new(sku=f"NEW-{number}", tags=[f"{number}"], weight=number / 7) for number in range(2500, 0, -1)],
]  # fmt: skip


@pytest.mark.parametrize("rows", GOOD_ROWS, ids=[str(number) for number in range(len(GOOD_ROWS))])
def test_an_import_writes_the_same_rows(pair: Pair, rows: list[dict[str, object]]) -> None:
    report = pair.ask("POST", "/items/import", "grace", body={"rows": rows}).json()
    assert report == {"imported": len(rows), "rejected": 0, "errors": []}
    written(pair)


@pytest.mark.parametrize("rows", [ROWS, ROWS[5:], ROWS[6:], ROWS[:2], [*ROWS[5:], *ROWS[:5]], [new(sku="ITEM-00002")]])
def test_an_import_leaves_out_the_same_rows(pair: Pair, rows: Sequence[dict[str, object]]) -> None:
    """Bad ones, those that come twice, and those whose SKU is taken, by a deleted item too."""
    pair.change("UPDATE items SET deleted_at = '2026-01-01' WHERE sku = 'ITEM-00002'")
    pair.ask("POST", "/items/import", "grace", body={"rows": rows})
    written(pair)


@pytest.mark.parametrize(
    "row",
    [
        new(price="NaN"), new(price="-0.01"), new(price="1.001"), new(price="100000000"), new(price=None),
        new(weight="Infinity"), new(weight=-1), new(weight=1e6 + 1), new(name=""), new(name="a\0b"),
        new(name="x" * 201),
        new(tags=["\0"]), new(tags=[" "]), new(tags=["a"] * 21), new(tags="a"), new(stock=-1), new(stock=1.5), {},
    ],
)  # fmt: skip
def test_a_bad_row_is_left_out_alike(pair: Pair, row: dict[str, object]) -> None:
    report = pair.ask("POST", "/items/import", "grace", body={"rows": [row]}).json()
    assert report["rejected"] == 1
    written(pair)


@pytest.mark.parametrize(
    ("body", "staff", "others"),
    [
        (b"", 422, 403), (b"[]", 422, 403), (b"null", 422, 403), (b'{"rows": []}', 422, 403),
        (b'{"rows": [1]}', 422, 403), (b'{"rows": [{}], "more": 1}', 422, 403),
        (b'{"rows": [' + b",".join([b"{}"] * 10_001) + b"]}", 422, 403), (b"{", 422, 422), (b"\xff", 400, 400),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_body_that_is_no_import_is_refused_alike(pair: Pair, body: bytes, staff: int, others: int) -> None:
    """What is no JSON, before anybody is asked who they are."""
    headers = {"Content-Type": "application/json"}
    pair.ask("POST", "/items/import", "grace", body=body, headers=headers, status=staff)
    pair.ask("POST", "/items/import", "ada", body=body, headers=headers, status=others)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b'"\\ud800"', b"1e400", b'"\\u0000"', b"true"])
def test_what_json_may_hold_and_a_row_may_not_is_left_out_alike(pair: Pair, literal: bytes) -> None:
    for field in (b"name", b"price", b"weight", b"stock"):
        row = b'{"rows": [{"sku": "NEW-1", "name": "New", "price": 1, "' + field + b'": ' + literal + b"}]}"
        pair.ask("POST", "/items/import", "grace", body=row, headers={"Content-Type": "application/json"})
        written(pair)
        pair.reset()


def test_a_sku_that_is_taken_in_the_meantime_is_refused_alike(pair: Pair) -> None:
    with ThreadPoolExecutor(1) as thread:
        others = [psycopg2.connect(side.clone.address.url()) for side in pair.sides]
        for other in others:
            with other.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO items (sku, name, price, tags, stock, version) VALUES ('NEW-4', '', 1, '{}', 1, 1)"
                )
        answer = thread.submit(pair.ask, "POST", "/items/import", "grace", body=IMPORT, status=409)
        for side, other in zip(pair.sides, others, strict=True):  # asked one after the other
            assert is_waiting(side)
            other.commit()
            other.close()
    assert "taken in the meantime" in answer.result().text
    pair.rows("SELECT sku, name FROM items ORDER BY id")
    pair.rows("SELECT count(*) FROM audit_entries")


def is_waiting(side: Side) -> bool:
    """Wait until a statement of the app waits for a lock; False if none does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        if side.clone.fetch(waiting):
            return True
        time.sleep(0.01)
    return False
