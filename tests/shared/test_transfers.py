"""Accounts, and money moved between them once for each key."""

from typing import Any

import httpx
import pytest

from compare.pytest_plugin import Database
from tests.conftest import Login

pytestmark = pytest.mark.in_process

NOBODY = "00000000-0000-4000-8000-000000000000"


async def accounts_of(client: httpx.AsyncClient) -> list[str]:
    return [account["id"] for account in (await client.get("/accounts")).json()]


async def transfer(  # noqa: PLR0913 - what a transfer is made of
    client: httpx.AsyncClient,
    source: str,
    target: str,
    amount: object = "12.50",
    *,
    key: str = "first",
    request_id: str = "a transfer",
) -> httpx.Response:
    headers = {"Idempotency-Key": key, "X-Request-ID": request_id}
    return await client.post("/transfers", json={"source": source, "target": target, "amount": amount}, headers=headers)


async def balances(database: Database) -> dict[int, str]:
    """What is in the accounts that do not hold the thousand they began with."""
    rows = await database.fetch("SELECT id, balance::text FROM accounts WHERE balance <> 1000 ORDER BY id")
    return {row["id"]: row["balance"] for row in rows}


async def test_customers_see_their_own_accounts(ada: httpx.AsyncClient, database: Database) -> None:
    own = await database.fetch(
        "SELECT public_id::text AS id, currency, balance::text FROM accounts WHERE customer_id = 2 ORDER BY accounts.id"
    )
    assert (await ada.get("/accounts")).json() == own
    assert [account["currency"] for account in own] == ["EUR", "USD"]


async def test_a_transfer_moves_money(ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database) -> None:
    (source, _), (target, _) = await accounts_of(ada), await accounts_of(bob)
    response = await transfer(ada, source, target)
    assert response.status_code == 201
    body = response.json()
    assert response.headers["Location"] == f"/transfers/{body['id']}"
    assert "Idempotency-Replayed" not in response.headers
    assert body.keys() == {"id", "source", "target", "amount", "source_balance", "created_at"}
    assert (body["source"], body["target"], body["amount"], body["source_balance"]) == (
        source,
        target,
        "12.50",
        "987.50",
    )
    assert await balances(database) == {2: "987.50", 3: "1012.50"}


async def test_the_last_cent_can_be_moved(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    response = await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0], "1000")
    assert (response.status_code, response.json()["source_balance"]) == (201, "0.00")


async def test_the_same_key_moves_money_once_and_gives_the_same_answer(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    source, target = (await accounts_of(ada))[0], (await accounts_of(bob))[0]
    first = await transfer(ada, source, target)
    await transfer(ada, source, target, "100", key="second")
    again = await transfer(ada, source, target, "12.5")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.json() == first.json()  # with the balance of that moment, though there is less by now
    assert await balances(database) == {2: "887.50", 3: "1112.50"}
    assert len(await database.fetch("SELECT id FROM transfers")) == 2


async def test_a_replay_needs_no_money(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    source, target = (await accounts_of(ada))[0], (await accounts_of(bob))[0]
    first = await transfer(ada, source, target, "1000")
    again = await transfer(ada, source, target, "1000")
    assert (again.status_code, again.json()) == (201, first.json())


@pytest.mark.parametrize("changed", ["amount", "target", "source"])
async def test_a_key_is_good_for_one_transfer(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database, changed: str
) -> None:
    (source, dollars), (target, _), (other,) = await accounts_of(ada), await accounts_of(bob), await accounts_of(grace)
    await transfer(ada, source, target)
    another = {"source": source, "target": target, "amount": "12.50"}
    another |= {"amount": {"amount": "12.51"}, "target": {"target": other}, "source": {"source": dollars}}[changed]
    response = await transfer(ada, **another)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/idempotency-key")
    assert await balances(database) == {2: "987.50", 3: "1012.50"}


async def test_a_key_of_another_customer_tells_nothing(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    source, target = (await accounts_of(ada))[0], (await accounts_of(bob))[0]
    await transfer(ada, source, target)
    for response in (await transfer(bob, target, source), await transfer(bob, source, target)):
        assert (response.status_code, response.json()["type"]) == (409, "/problems/idempotency-key")
        assert "Location" not in response.headers
    assert await balances(database) == {2: "987.50", 3: "1012.50"}


@pytest.mark.parametrize("key", ["order-1", "", "x" * 101], ids=["the shop's own", "empty", "too long"])
async def test_not_every_key_will_do(ada: httpx.AsyncClient, bob: httpx.AsyncClient, key: str) -> None:
    response = await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0], key=key)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")


async def test_a_transfer_without_a_key_is_refused(ada: httpx.AsyncClient) -> None:
    response = await ada.post("/transfers", json={"source": NOBODY, "target": NOBODY, "amount": "1"})
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["errors"]] == [["header", "idempotency-key"]]


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "10000000000000", "much", None])
async def test_an_amount_is_money_and_more_than_nothing(ada: httpx.AsyncClient, amount: object) -> None:
    source, target = await accounts_of(ada)
    response = await transfer(ada, source, target, amount)
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["errors"]] == [["body", "amount"]]


async def test_an_account_cannot_be_overdrawn(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    response = await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0], "1000.01")
    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems/insufficient-funds",
        "title": "Insufficient funds",
        "status": 409,
        "detail": "The account holds 1000.00 EUR, the transfer needs 1000.01.",
        "balance": "1000.00",
        "needed": "1000.01",
    }
    assert await balances(database) == {}


async def test_a_refused_transfer_leaves_its_key_free(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    source, target = (await accounts_of(ada))[0], (await accounts_of(bob))[0]
    assert (await transfer(ada, source, target, "1000.01")).status_code == 409
    assert (await transfer(ada, source, target, "1.00")).status_code == 201


async def test_currencies_do_not_mix(ada: httpx.AsyncClient, database: Database) -> None:
    euros, dollars = await accounts_of(ada)
    response = await transfer(ada, euros, dollars)
    assert (response.status_code, response.json()["detail"]) == (422, "Cannot move EUR to an account in USD.")
    assert await balances(database) == {}


async def test_a_transfer_needs_two_accounts(ada: httpx.AsyncClient) -> None:
    euros, _ = await accounts_of(ada)
    response = await transfer(ada, euros, euros)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")


async def test_a_suspended_customer_moves_nothing(login: Login, ada: httpx.AsyncClient, database: Database) -> None:
    sue = await login("sue")
    response = await transfer(sue, (await accounts_of(sue))[0], (await accounts_of(ada))[0])
    assert (response.status_code, response.json()["detail"]) == (403, "A suspended customer cannot do this.")
    assert await balances(database) == {}


async def test_a_foreign_account_is_closed_to_everybody_else(
    ada: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    hers, target = (await accounts_of(ada))[0], (await accounts_of(grace))[0]
    response = await transfer(grace, hers, target)
    assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")
    assert await balances(database) == {}


@pytest.mark.parametrize("unknown", ["source", "target"])
async def test_there_is_no_transfer_without_its_accounts(ada: httpx.AsyncClient, unknown: str) -> None:
    euros, dollars = await accounts_of(ada)
    response = await transfer(ada, **{"source": euros, "target": dollars, unknown: NOBODY})
    assert (response.status_code, response.json()["detail"]) == (404, f"There is no account {NOBODY}.")


async def test_both_ends_of_a_transfer_and_staff_can_read_it(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, grace: httpx.AsyncClient
) -> None:
    made = await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0])
    for reader in (ada, bob, grace):
        response = await reader.get(made.headers["Location"])
        assert (response.status_code, response.json()) == (200, made.json())


async def test_a_transfer_is_nobody_elses_business(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, login: Login
) -> None:
    made = await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0])
    sue = await login("sue")
    hidden = await sue.get(made.headers["Location"])
    unknown = await sue.get(f"/transfers/{NOBODY}")
    assert (hidden.status_code, hidden.json()) == (404, unknown.json())
    assert (await sue.get("/transfers/1")).status_code == 422


async def test_a_transfer_leaves_its_trail(ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database) -> None:
    source, target = (await accounts_of(ada))[0], (await accounts_of(bob))[0]
    made = (await transfer(ada, source, target)).json()
    rows: list[dict[str, Any]] = await database.fetch(
        "SELECT action, entity, entity_key, changes->'balance' AS balance FROM audit_entries"
        " WHERE request_id = 'a transfer' ORDER BY changes->'balance'->>1"
    )
    assert sorted((row["action"], row["entity"], row["entity_key"]) for row in rows) == sorted(
        [("create", "Transfer", made["id"]), ("change", "Account", source), ("change", "Account", target)]
    )
    assert [row["balance"] for row in rows] == [["1000.00", "1012.50"], ["1000.00", "987.50"], None]


async def test_a_refused_transfer_leaves_none(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database
) -> None:
    await transfer(ada, (await accounts_of(ada))[0], (await accounts_of(bob))[0], "1000.01")
    assert await database.fetch("SELECT id FROM audit_entries WHERE request_id = 'a transfer'") == []
