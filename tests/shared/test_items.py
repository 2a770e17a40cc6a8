"""Items, their pictures, and the tree of categories they are found in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import httpx
import psycopg2
import pytest

from compare.pytest_plugin import Database

pytestmark = pytest.mark.in_process

NEW: dict[str, Any] = {
    "sku": "NEW-1",
    "name": " New knife ",
    "price": "9.9",
    "weight": 1.1,
    "tags": ["steel", "new"],
    "stock": 5,
    "categories": ["knives", "garden"],
}
LARGEST = 64 * 1024
WITH_SLUGS = (
    "SELECT sku FROM (SELECT items.*, array_agg(slug) AS slugs FROM items JOIN item_categories ON item_id = items.id"
    " JOIN categories ON categories.id = category_id GROUP BY items.id) AS items"
)
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def skus(client: httpx.AsyncClient, **filters: object) -> list[str]:
    page = (
        await client.get("/items", params={"limit": 100, **{key: str(value) for key, value in filters.items()}})
    ).json()
    assert page["total"] == len(page["items"])
    return [item["sku"] for item in page["items"]]


async def stored(database: Database, sku: str) -> dict[str, Any]:
    (row,) = await database.fetch("SELECT * FROM items WHERE sku = %(sku)s", sku=sku)
    return row


async def test_an_item_is_read_with_its_categories(client: httpx.AsyncClient) -> None:
    response = await client.get("/items/ITEM-00005")
    assert response.status_code == 200
    item = response.json()
    assert (item["sku"], item["stock"], item["version"], len(item["tags"])) == ("ITEM-00005", 1000, 1, 1)
    assert item["categories"] == [{"slug": "kitchen", "name": "Kitchen"}, {"slug": "paper", "name": "Paper"}]
    assert item["created_at"] == item["updated_at"] == "2026-01-01T00:00:00Z"


async def test_a_weight_has_the_digits_that_were_stored(client: httpx.AsyncClient) -> None:
    weights = {item["weight"] for item in (await client.get("/items", params={"limit": 100})).json()["items"]}
    assert weights <= {None, 0.1, 1.1, 2.5, 12.345}
    assert len(weights) > 2


async def test_a_list_is_sorted_by_name(client: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE items SET name = 'Twin' WHERE id IN (7, 5)")
    wanted = await database.fetch("SELECT sku FROM items WHERE deleted_at IS NULL ORDER BY name, id")
    assert await skus(client) == [row["sku"] for row in wanted]


async def test_pages_follow_one_another_without_gap_or_overlap(client: httpx.AsyncClient) -> None:
    pages = [(await client.get("/items", params={"limit": 10, "offset": offset})).json() for offset in (0, 10, 20, 30)]
    assert [len(page["items"]) for page in pages] == [10, 10, 8, 0]
    assert {page["total"] for page in pages} == {28}
    assert [item["sku"] for page in pages for item in page["items"]] == await skus(client)


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        ({"name": "POT"}, "name ILIKE '%pot%'"),
        ({"tag": "blue"}, "'blue' = ANY (tags)"),
        ({"category": "knives"}, "'knives' = ANY (slugs)"),
        ({"min_price": "20.50"}, "price >= 20.50"),
        ({"max_price": "60"}, "price <= 60"),
        ({"in_stock": True}, "stock > 0"),
        ({"in_stock": False}, "stock = 0"),
        ({"min_price": "20", "max_price": "60"}, "price BETWEEN 20 AND 60"),
        ({"tag": "gift", "in_stock": True}, "'gift' = ANY (tags) AND stock > 0"),
        (
            {"name": "p", "category": "paper", "max_price": "70"},
            "name ILIKE '%p%' AND 'paper' = ANY (slugs) AND price <= 70",
        ),
        (
            {"name": "p", "tag": "blue", "category": "kitchen", "min_price": 1, "max_price": 99, "in_stock": True},
            "name ILIKE '%p%' AND 'blue' = ANY (tags) AND 'kitchen' = ANY (slugs) AND stock > 0 AND price < 99.01",
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
async def test_a_filter_finds_what_sql_finds(
    client: httpx.AsyncClient, database: Database, filters: dict[str, object], condition: str
) -> None:
    wanted = await database.fetch(f"{WITH_SLUGS} WHERE deleted_at IS NULL AND {condition} ORDER BY name, id")
    assert wanted
    assert await skus(client, **filters) == [row["sku"] for row in wanted]


async def test_a_price_is_found_at_both_ends_of_its_range(client: httpx.AsyncClient) -> None:
    price = (await client.get("/items/ITEM-00001")).json()["price"]
    assert "ITEM-00001" in await skus(client, min_price=price, max_price=price)


@pytest.mark.parametrize("name", ["%", "_", "\\", "'"])
async def test_a_name_is_searched_literally(client: httpx.AsyncClient, database: Database, name: str) -> None:
    assert await skus(client, name=name) == []
    await database.execute("UPDATE items SET name = %(name)s WHERE id = 1", name=f"odd {name} name")
    assert await skus(client, name=name) == ["ITEM-00001"]


async def test_a_tag_or_category_that_nothing_has_finds_nothing(client: httpx.AsyncClient) -> None:
    assert await skus(client, tag="nothing") == await skus(client, category="nothing") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"offset": "-1"},
        {"min_price": "cheap"},
        {"max_price": "-1"},
        {"in_stock": "perhaps"},
        {"category": "No Slug"},
        {"tag": "nul\0"},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_a_filter_that_means_nothing_is_refused(client: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    response = await client.get("/items", params=wrong)
    assert response.status_code == 422
    assert {error["loc"][1] for error in response.json()["errors"]} == set(wrong)


async def test_a_new_item_is_read_as_it_was_answered(grace: httpx.AsyncClient) -> None:
    response = await grace.post("/items", json=NEW)
    assert (response.status_code, response.headers["Location"]) == (201, "/items/NEW-1")
    item = response.json()
    assert {key: item[key] for key in NEW} == {
        **NEW,
        "name": "New knife",
        "price": "9.90",
        "categories": [{"slug": "garden", "name": "Garden"}, {"slug": "knives", "name": "Knives"}],
    }
    assert item["version"] == 1
    assert (await grace.get("/items/NEW-1")).json() == item


async def test_little_is_needed_for_an_item(grace: httpx.AsyncClient) -> None:
    response = await grace.post("/items", json={"sku": "NEW-1", "name": "New", "price": 0})
    assert response.status_code == 201
    item = response.json()
    assert (item["price"], item["weight"], item["tags"], item["stock"], item["categories"]) == ("0.00", None, [], 0, [])


async def test_a_category_has_to_exist(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.post("/items", json={**NEW, "categories": ["knives", "nowhere"]})
    assert response.status_code == 422
    assert (response.json()["detail"], response.json()["category"]) == ("There is no category nowhere.", "nowhere")
    assert await database.fetch("SELECT id FROM items WHERE sku = 'NEW-1'") == []


@pytest.mark.parametrize("sku", ["ITEM-00001", "ITEM-00015"], ids=["on sale", "deleted"])
async def test_a_sku_can_be_used_once(grace: httpx.AsyncClient, database: Database, sku: str) -> None:
    before = await stored(database, sku)
    response = await grace.post("/items", json={**NEW, "sku": sku})
    assert response.status_code == 409
    assert (response.json()["type"], response.json()["detail"]) == (
        "/problems/duplicate",
        f"There is an item with the SKU {sku}.",
    )
    assert await stored(database, sku) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "lower case"},
        {"name": " "},
        {"name": "nul \0 byte"},
        {"price": "-1"},
        {"price": "1.001"},
        {"weight": -1},
        {"weight": "NaN"},
        {"tags": "steel"},
        {"tags": ["x"] * 21},
        {"stock": 1_000_000_001},
        {"categories": ["x"] * 21},
        {"version": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_an_item_fits_the_contract(grace: httpx.AsyncClient, wrong: dict[str, object]) -> None:
    response = await grace.post("/items", json={**NEW, **wrong})
    assert response.status_code == 422
    assert {error["loc"][1] for error in response.json()["errors"]} == set(wrong)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/items"),
        ("POST", "/items/import"),
        ("PATCH", "/items/ITEM-00001"),
        ("DELETE", "/items/ITEM-00001"),
        ("PUT", "/items/ITEM-00001/thumbnail"),
    ],
)
async def test_the_shop_is_kept_by_staff(
    client: httpx.AsyncClient, ada: httpx.AsyncClient, database: Database, method: str, path: str
) -> None:
    before = await database.fetch("SELECT * FROM items ORDER BY id")
    payload = {**NEW, "version": 1, "rows": [NEW]}
    assert (await client.request(method, path, json=payload)).status_code == 401
    assert (await ada.request(method, path, json=payload)).status_code == 403
    assert await database.fetch("SELECT * FROM items ORDER BY id") == before


async def test_a_change_touches_what_it_names_and_counts_the_version(grace: httpx.AsyncClient) -> None:
    before = (await grace.get("/items/ITEM-00001")).json()
    response = await grace.patch(
        "/items/ITEM-00001", json={"version": 1, "price": "10.9", "weight": 0.1, "tags": ["a"]}
    )
    assert response.status_code == 200
    after = response.json()
    assert after == {
        **before,
        "price": "10.90",
        "weight": 0.1,
        "tags": ["a"],
        "version": 2,
        "updated_at": after["updated_at"],
    }
    assert (await grace.get("/items/ITEM-00001")).json() == after


async def test_versions_count_up(grace: httpx.AsyncClient) -> None:
    answers = [await grace.patch("/items/ITEM-00001", json={"version": at, "stock": at}) for at in (1, 2, 3)]
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 2), (200, 3), (200, 4)]


async def test_a_change_is_dated_by_the_database(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.patch("/items/ITEM-00001", json={"version": 1, "stock": 7})
    (row,) = await database.fetch(
        "SELECT to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at,"
        " updated_at > now() - interval '1 minute' AS recent FROM items WHERE sku = 'ITEM-00001'"
    )
    assert (response.json()["updated_at"], row["recent"]) == (row["at"], True)


async def test_a_change_to_what_is_there_already_is_none(grace: httpx.AsyncClient, database: Database) -> None:
    for item in (await grace.get("/items", params={"limit": 100})).json()["items"]:
        same = {key: item[key] for key in ("version", "name", "price", "weight", "tags", "stock")}
        response = await grace.patch(f"/items/{item['sku']}", json=same, headers={"X-Request-ID": "no change"})
        assert response.json() == item
    assert await database.fetch("SELECT id FROM audit_entries WHERE request_id = 'no change'") == []


async def test_a_stale_version_changes_nothing(grace: httpx.AsyncClient, database: Database) -> None:
    await grace.patch("/items/ITEM-00001", json={"version": 1, "stock": 7})
    before = await stored(database, "ITEM-00001")
    response = await grace.patch("/items/ITEM-00001", json={"version": 1, "stock": 8})
    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems/stale-version",
        "title": "Changed in the meantime",
        "status": 409,
        "detail": "ITEM-00001 was changed in the meantime. Read it again.",
    }
    assert await stored(database, "ITEM-00001") == before


@pytest.mark.in_process(isolation="clone")
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
async def test_a_writer_who_is_overtaken_after_reading_is_stale_too(
    grace: httpx.AsyncClient, database: Database, method: str
) -> None:
    path = "/items/ITEM-00001" + ("/thumbnail" if method == "PUT" else "")
    with closing(psycopg2.connect(database.address.url())) as other:
        other.cursor().execute("UPDATE items SET version = 2, stock = 7 WHERE sku = 'ITEM-00001'")
        writing = asyncio.ensure_future(grace.request(method, path, json={"version": 1, "stock": 8}))
        while not (writing.done() or await database.fetch(BLOCKED)):
            await asyncio.wait({writing}, timeout=0.01)
        other.commit()
    response = await writing
    assert (response.status_code, response.json()["type"]) == (409, "/problems/stale-version")
    row = await stored(database, "ITEM-00001")
    assert (row["version"], row["stock"], row["deleted_at"], row["thumbnail"]) == (2, 7, None, None)


async def test_a_change_leaves_its_trail(grace: httpx.AsyncClient, database: Database) -> None:
    await grace.patch("/items/ITEM-00001", json={"version": 1, "stock": 7}, headers={"X-Request-ID": "a change"})
    (row,) = await database.fetch(
        "SELECT action, entity, entity_key, changes->'stock' AS stock FROM audit_entries WHERE request_id = 'a change'"
    )
    assert row == {"action": "change", "entity": "Item", "entity_key": "ITEM-00001", "stock": ["1000", "7"]}


async def test_a_deleted_item_stays_in_the_database(grace: httpx.AsyncClient, database: Database) -> None:
    response = await grace.delete("/items/ITEM-00001", headers={"X-Request-ID": "an end"})
    assert (response.status_code, response.content) == (204, b"")
    row = await stored(database, "ITEM-00001")
    assert (row["deleted_at"] is not None, row["version"]) == (True, 2)
    (entry,) = await database.fetch("SELECT action, entity_key FROM audit_entries WHERE request_id = 'an end'")
    assert entry == {"action": "change", "entity_key": "ITEM-00001"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/items/{}"),
        ("PATCH", "/items/{}"),
        ("DELETE", "/items/{}"),
        ("GET", "/items/{}/thumbnail"),
        ("PUT", "/items/{}/thumbnail"),
    ],
)
async def test_a_deleted_item_is_as_one_that_never_was(grace: httpx.AsyncClient, method: str, path: str) -> None:
    payload = {"version": 1, "stock": 1} if method in {"PATCH", "PUT"} else None
    deleted = await grace.request(method, path.format("ITEM-00015"), json=payload)
    unknown = await grace.request(method, path.format("NO-SUCH"), json=payload)
    assert (deleted.status_code, deleted.json()) == (404, unknown.json())
    assert deleted.json()["detail"] == "There is no such item."


async def test_a_deleted_item_is_in_no_list(grace: httpx.AsyncClient) -> None:
    filters: dict[str, object] = {"name": "2", "category": "knives", "in_stock": True}
    assert "ITEM-00002" in await skus(grace, **filters)
    await grace.delete("/items/ITEM-00002")
    assert "ITEM-00002" not in await skus(grace, **filters) + await skus(grace)


@pytest.mark.parametrize("path", ["/items/lower", "/items/lower/thumbnail"])
async def test_a_sku_that_cannot_be_is_told_so(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 422


@pytest.mark.parametrize(
    "image", [bytes(range(256)), b"", b"\0" * LARGEST], ids=["every byte", "no byte", "the largest"]
)
async def test_a_thumbnail_comes_back_byte_for_byte(grace: httpx.AsyncClient, image: bytes) -> None:
    written = await grace.put("/items/ITEM-00001/thumbnail", content=image)
    assert (written.status_code, written.content) == (204, b"")
    read = await grace.get("/items/ITEM-00001/thumbnail")
    assert (read.status_code, read.headers["content-type"], read.content) == (200, "image/png", image)


async def test_an_item_without_a_thumbnail_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/items/ITEM-00001/thumbnail")
    assert (response.status_code, response.json()["detail"]) == (404, "This item has no thumbnail.")


async def test_a_new_thumbnail_is_a_change_that_the_trail_keeps_to_itself(
    grace: httpx.AsyncClient, database: Database
) -> None:
    await grace.put("/items/ITEM-00003/thumbnail", content=b"new", headers={"X-Request-ID": "a picture"})
    (row,) = await database.fetch(
        "SELECT entity_key, changes->'thumbnail' AS image FROM audit_entries WHERE request_id = 'a picture'"
    )
    assert row == {"entity_key": "ITEM-00003", "image": ["***", "***"]}
    assert (await stored(database, "ITEM-00003"))["version"] == 2


async def test_a_thumbnail_that_is_too_large_is_refused(grace: httpx.AsyncClient) -> None:
    before = (await grace.get("/items/ITEM-00003/thumbnail")).content
    response = await grace.put("/items/ITEM-00003/thumbnail", content=b"x" * (LARGEST + 1))
    assert response.status_code == 413
    assert response.json() == {
        "type": "/problems/too-large",
        "title": "Too large",
        "status": 413,
        "detail": "A thumbnail has at most 65536 bytes.",
        "limit": 65536,
    }
    assert (await grace.get("/items/ITEM-00003/thumbnail")).content == before


async def test_of_a_thumbnail_that_is_too_large_no_more_is_read(grace: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b"x" * 10_000

    assert (await grace.put("/items/ITEM-00001/thumbnail", content=endless())).status_code == 413
    assert sent < 10


async def test_the_tree_of_categories_is_complete_and_sorted(client: httpx.AsyncClient, database: Database) -> None:
    await database.execute(
        "INSERT INTO categories (parent_id, slug, name) VALUES (3, 'bread-knives', 'Bread'), (1, 'attic', 'Attic')"
    )
    rows = await database.fetch("SELECT id, parent_id, slug, name FROM categories ORDER BY slug")

    def below(parent: int | None) -> list[dict[str, Any]]:
        return [
            {"slug": row["slug"], "name": row["name"], "children": below(row["id"])}
            for row in rows
            if row["parent_id"] == parent
        ]

    response = await client.get("/categories")
    assert (response.status_code, response.json()) == (200, below(None))
