"""Customers and their ways to pay."""

from typing import Any

import httpx
import pytest

from compare.pytest_plugin import Database
from tests.conftest import Login, log_in

pytestmark = pytest.mark.in_process

NEW: dict[str, Any] = {
    "email": "new@example.org",
    "name": "  New  ",
    "password": "long enough",
    "birth_date": "1990-02-28",
    "delivery_from": "09:15:00",
    "preferences": {"zeta": 1, "a": True, "middle": "text", "none": None},
}


async def path_of(database: Database, name: str) -> str:
    (row,) = await database.fetch("SELECT public_id::text FROM customers WHERE name = %(name)s", name=name)
    return f"/customers/{row['public_id']}"


async def test_a_new_customer_gets_an_account(client: httpx.AsyncClient) -> None:
    response = await client.post("/customers", json=NEW)
    assert response.status_code == 201
    body = response.json()
    assert response.headers["Location"] == f"/customers/{body['id']}"
    assert (body["name"], body["status"], body["birth_date"], body["delivery_from"]) == (
        "New",
        "active",
        "1990-02-28",
        "09:15:00",
    )
    assert [(account["currency"], account["balance"]) for account in body["accounts"]] == [("EUR", "0.00")]


async def test_the_answer_to_a_creation_is_what_a_read_gives(client: httpx.AsyncClient) -> None:
    created = await client.post("/customers", json=NEW)
    token = await client.post("/login", json={"email": NEW["email"], "password": NEW["password"]})
    read = await client.get(created.headers["Location"], headers={"Authorization": f"Bearer {token.json()['token']}"})
    changed = {"last_login_at", "last_login_ip", "updated_at"}
    assert {key: value for key, value in read.json().items() if key not in changed} == {
        key: value for key, value in created.json().items() if key not in changed
    }
    assert list(read.json()["preferences"]) == list(created.json()["preferences"])  # JSONB has an order of its own


async def test_an_address_can_be_used_once(client: httpx.AsyncClient, database: Database) -> None:
    assert (await client.post("/customers", json=NEW)).status_code == 201
    response = await client.post("/customers", json=NEW)
    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems/duplicate",
        "title": "Already taken",
        "status": 409,
        "detail": "There is a customer with the address new@example.org.",
    }
    assert len(await database.fetch("SELECT id FROM customers WHERE email = 'new@example.org'")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"password": "short"},
        {"name": " "},
        {"name": "nul \0 byte"},
        {"birth_date": "1990-02-30"},
        {"preferences": {"nested": {"no": "way"}}},
        {"unknown": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_what_does_not_fit_the_contract_is_told_field_by_field(
    client: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    response = await client.post("/customers", json={**NEW, **wrong})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert {error["loc"][1] for error in response.json()["errors"]} == set(wrong)


async def test_customers_see_themselves_and_nobody_else(
    ada: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    ada_path, bob_path = await path_of(database, "Ada"), await path_of(database, "Bob")
    assert (await ada.get(ada_path)).status_code == 200
    assert (await ada.get(bob_path)).status_code == 403
    assert (await grace.get(bob_path)).status_code == 200
    assert (await grace.get("/customers/00000000-0000-4000-8000-000000000000")).status_code == 404
    assert (await grace.get("/customers/1")).status_code == 422


async def test_a_change_touches_what_it_names_and_merges_preferences(
    ada: httpx.AsyncClient, database: Database
) -> None:
    path = await path_of(database, "Ada")
    before = (await ada.get(path)).json()
    response = await ada.patch(path, json={"name": "Ada L.", "preferences": {"newsletter": None, "colour": "red"}})
    assert response.status_code == 200
    after = response.json()
    assert after["preferences"] == {**before["preferences"], "newsletter": None, "colour": "red"}
    assert (after["name"], after["birth_date"]) == ("Ada L.", before["birth_date"])
    assert (await ada.get(path)).json() == after


async def test_a_change_is_dated_by_the_database(login: Login, database: Database) -> None:
    ada = await login("ada")
    path = await path_of(database, "Ada")
    response = await ada.patch(path, json={"name": "Ada L."})
    (row,) = await database.fetch(
        "SELECT to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at"
        " FROM customers WHERE id = 2"
    )
    assert response.json()["updated_at"] == row["at"]


async def test_a_change_leaves_a_trail_without_secrets(ada: httpx.AsyncClient, database: Database) -> None:
    await ada.patch(await path_of(database, "Ada"), json={"name": "Ada L."}, headers={"X-Request-ID": "this request"})
    (row,) = await database.fetch(
        "SELECT action, entity, changes->'name' AS name FROM audit_entries WHERE request_id = 'this request'"
    )
    assert row == {"action": "change", "entity": "Customer", "name": ["Ada", "Ada L."]}
    created = await ada.post("/customers", json=NEW)
    (row,) = await database.fetch(
        "SELECT changes->'password_hash' AS hash FROM audit_entries WHERE entity_key = %(id)s", id=created.json()["id"]
    )
    assert row == {"hash": ["***", "***"]}


async def test_a_search_is_paged_by_key(grace: httpx.AsyncClient) -> None:
    everybody = (await grace.get("/customers", params={"limit": 100})).json()["customers"]
    assert [one["name"] for one in everybody] == sorted(one["name"] for one in everybody)
    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while cursor or not pages:
        page = (await grace.get("/customers", params={"limit": 5, **({"after": cursor} if cursor else {})})).json()
        pages.append(page["customers"])
        cursor = page["next"]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [one for page in pages for one in page] == everybody


async def test_a_search_takes_its_text_literally(grace: httpx.AsyncClient) -> None:
    async def names(q: str) -> list[str]:
        return [one["name"] for one in (await grace.get("/customers", params={"q": q})).json()["customers"]]

    assert await names("ADA") == ["Ada"]
    assert await names("bob@") == ["Bob"]
    assert await names("%") == []
    assert await names("_") == []


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgImIiXQ", "!!!"])
async def test_a_cursor_that_was_not_handed_out_is_refused(grace: httpx.AsyncClient, cursor: str) -> None:
    response = await grace.get("/customers", params={"after": cursor})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")


async def test_every_kind_of_payment_method_comes_with_its_own_fields(
    ada: httpx.AsyncClient, database: Database
) -> None:
    response = await ada.get(await path_of(database, "Ada") + "/payment-methods")
    wallet, card, invoice = response.json()
    assert (wallet["kind"], wallet["account"]["currency"], wallet["account"]["balance"]) == ("wallet", "EUR", "1000.00")
    assert (card["kind"], card["brand"], card["last_four"]) == ("card", "Visa", "0013")
    assert (invoice["kind"], invoice["days"]) == ("invoice", 14)


async def test_a_payment_method_can_be_added(ada: httpx.AsyncClient, database: Database) -> None:
    path = await path_of(database, "Ada")
    dollars = (await ada.get(path)).json()["accounts"][1]
    for payload in (
        {"kind": "wallet", "label": "Dollars", "account": dollars["id"]},
        {"kind": "card", "label": "Card", "brand": "Visa", "last_four": "4242"},
        {"kind": "invoice", "label": "Later", "days": 30},
    ):
        response = await ada.post(f"{path}/payment-methods", json=payload)
        assert response.status_code == 201
        added = response.json()
        assert (added["kind"], added["label"]) == (payload["kind"], payload["label"])
        assert (await ada.get(f"{path}/payment-methods")).json()[-1] == added


async def test_a_wallet_pays_from_an_account_of_ones_own(
    client: httpx.AsyncClient, ada: httpx.AsyncClient, database: Database
) -> None:
    bob = await log_in(client, "bob")
    foreign = (await client.get(await path_of(database, "Bob"), headers=bob)).json()["accounts"][0]
    payload = {"kind": "wallet", "label": "Not mine", "account": foreign["id"]}
    response = await ada.post(await path_of(database, "Ada") + "/payment-methods", json=payload)
    assert (response.status_code, response.json()["detail"]) == (404, "This customer has no such account.")
