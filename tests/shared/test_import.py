"""The batch import: good rows come in together, bad ones are reported."""

import asyncio
from contextlib import closing
from typing import Any

import httpx
import psycopg2
import pytest

from compare.pytest_plugin import Database
from tests.shared.test_items import BLOCKED

pytestmark = pytest.mark.in_process

ROWS: list[dict[str, Any]] = [
    {"sku": "IMPORT-1", "name": " One ", "price": "1.5", "weight": 1.1, "tags": ["a", "b"], "stock": 3},
    {"sku": "IMPORT-2", "name": "Two", "price": 2},
]


async def post(client: httpx.AsyncClient, *rows: dict[str, Any]) -> httpx.Response:
    return await client.post("/items/import", json={"rows": rows}, headers={"X-Request-ID": "an import"})


async def imported(database: Database) -> list[str]:
    return [row["sku"] for row in await database.fetch("SELECT sku FROM items WHERE id > 30 ORDER BY id")]


async def test_imported_items_are_for_sale(grace: httpx.AsyncClient) -> None:
    response = await post(grace, *ROWS)
    assert (response.status_code, response.json()) == (200, {"imported": 2, "rejected": 0, "errors": []})
    one, two = [(await grace.get(f"/items/{row['sku']}")).json() for row in ROWS]
    assert (one["name"], one["price"], one["weight"], one["tags"], one["stock"], one["version"]) == (
        "One",
        "1.50",
        1.1,
        ["a", "b"],
        3,
        1,
    )
    assert (two["price"], two["weight"], two["tags"], two["stock"], two["categories"]) == ("2.00", None, [], 0, [])


async def test_each_bad_row_is_reported_with_its_number_and_fields(
    grace: httpx.AsyncClient, database: Database
) -> None:
    response = await post(
        grace,
        ROWS[0],
        {"sku": "lower", "name": " ", "price": -1},
        {"sku": "IMPORT-3", "name": "Three", "price": 3, "unknown": 1},
        {"sku": "IMPORT-4", "name": "Four", "price": 4, "tags": ["fine", ""]},
        {},
        ROWS[1],
    )
    report = response.json()
    assert (response.status_code, report["imported"], report["rejected"]) == (200, 2, 4)
    assert [(error["row"], error["field"]) for error in report["errors"]] == [
        (1, "sku"),
        (1, "name"),
        (1, "price"),
        (2, "unknown"),
        (3, "tags.1"),
        (4, "sku"),
        (4, "name"),
        (4, "price"),
    ]
    assert all(error["message"] for error in report["errors"])
    assert await imported(database) == ["IMPORT-1", "IMPORT-2"]


async def test_of_two_rows_with_one_sku_the_first_comes_in(grace: httpx.AsyncClient) -> None:
    report = (await post(grace, ROWS[1], ROWS[0], {**ROWS[1], "name": "Again"})).json()
    assert report == {
        "imported": 2,
        "rejected": 1,
        "errors": [{"row": 2, "field": "sku", "message": "Row 0 has this SKU."}],
    }
    assert (await grace.get("/items/IMPORT-2")).json()["name"] == "Two"


async def test_a_bad_row_does_not_take_its_sku_from_a_good_one(grace: httpx.AsyncClient) -> None:
    report = (await post(grace, {**ROWS[0], "price": -1}, ROWS[0])).json()
    assert (report["imported"], [error["row"] for error in report["errors"]]) == (1, [0])


@pytest.mark.parametrize("sku", ["ITEM-00001", "ITEM-00015"], ids=["on sale", "deleted"])
async def test_a_row_whose_sku_exists_is_left_out(grace: httpx.AsyncClient, database: Database, sku: str) -> None:
    report = (await post(grace, {**ROWS[0], "price": -1}, {**ROWS[0], "sku": sku}, {}, ROWS[1])).json()
    assert (report["imported"], report["rejected"]) == (1, 3)
    assert report["errors"][1] == {"row": 1, "field": "sku", "message": "There is an item with this SKU."}
    assert [error["row"] for error in report["errors"]] == [0, 1, 2, 2, 2]
    assert await database.fetch("SELECT name FROM items WHERE sku = %(sku)s AND name = 'One'", sku=sku) == []


async def test_an_import_without_a_good_row_imports_nothing(grace: httpx.AsyncClient, database: Database) -> None:
    report = (await post(grace, {}, {**ROWS[0], "sku": "ITEM-00001"})).json()
    assert (report["imported"], report["rejected"]) == (0, 2)
    assert await imported(database) == []


async def test_the_trail_has_an_entry_for_each_imported_row(grace: httpx.AsyncClient, database: Database) -> None:
    await post(grace, *ROWS, {**ROWS[0], "name": "Again"})
    rows = await database.fetch(
        "SELECT action, entity, entity_key, changes->'price' AS price, changes->'weight' AS weight FROM audit_entries"
        " WHERE request_id = 'an import' ORDER BY id"
    )
    created = {"action": "create", "entity": "Item"}
    assert rows == [
        {**created, "entity_key": "IMPORT-1", "price": [None, "1.50"], "weight": [None, "1.1"]},
        {**created, "entity_key": "IMPORT-2", "price": [None, "2.00"], "weight": [None, None]},
    ]


@pytest.mark.in_process(isolation="clone")
async def test_items_and_trail_come_in_one_transaction(grace: httpx.AsyncClient, database: Database) -> None:
    await post(grace, *ROWS)
    writers = await database.fetch(
        "SELECT xmin::text FROM items WHERE id > 30 UNION SELECT xmin::text FROM audit_entries WHERE entity = 'Item'"
    )
    assert len(writers) == 1


@pytest.mark.in_process(isolation="clone")
async def test_an_import_that_is_overtaken_imports_nothing(grace: httpx.AsyncClient, database: Database) -> None:
    with closing(psycopg2.connect(database.address.url())) as other:
        other.cursor().execute(
            "INSERT INTO items (sku, name, price, tags, stock, version) VALUES ('IMPORT-2', 'Mine', 1, '{}', 0, 1)"
        )
        importing = asyncio.ensure_future(post(grace, *ROWS))
        while not (importing.done() or await database.fetch(BLOCKED)):
            await asyncio.wait({importing}, timeout=0.01)
        other.commit()
    response = await importing
    assert (response.status_code, response.json()["type"]) == (409, "/problems/duplicate")
    assert response.json()["detail"] == "One of these SKUs was taken in the meantime. Nothing was imported."
    assert await imported(database) == ["IMPORT-2"]
    assert await database.fetch("SELECT id FROM audit_entries WHERE entity = 'Item'") == []


async def test_ten_thousand_rows_come_in_with_one_request(grace: httpx.AsyncClient, database: Database) -> None:
    rows = [{"sku": f"IMPORT-{number}", "name": "Many", "price": number} for number in range(10_000)]
    response = await post(grace, *rows)
    assert (response.status_code, response.json()) == (200, {"imported": 10_000, "rejected": 0, "errors": []})
    (row,) = await database.fetch(
        "SELECT count(*) AS items, sum(price)::int AS price, (SELECT count(*) FROM audit_entries WHERE entity = 'Item')"
        " AS trail FROM items WHERE name = 'Many'"
    )
    assert row == {"items": 10_000, "price": 49_995_000, "trail": 10_000}


@pytest.mark.parametrize("count", [0, 10_001])
async def test_an_import_has_a_row_and_at_most_ten_thousand(
    grace: httpx.AsyncClient, database: Database, count: int
) -> None:
    response = await post(grace, *[ROWS[0]] * count)
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["errors"]] == [["body", "rows"]]
    assert await imported(database) == []
