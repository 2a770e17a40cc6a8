"""Orders: made, listed, paid in three ways, or called off."""

from typing import Any

import httpx
import pytest

from compare.pytest_plugin import Database
from tests.conftest import Login

pytestmark = pytest.mark.in_process

several_isolation_levels = pytest.mark.in_process(isolation="clone")  # paying works on one snapshot

NOBODY = "00000000-0000-4000-8000-000000000000"
TWO = {"ITEM-00002": 3, "ITEM-00001": 2}


async def order(client: httpx.AsyncClient, quantities: dict[str, int], **headers: str) -> httpx.Response:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    return await client.post("/orders", json={"lines": lines}, headers=headers)


async def ways_to_pay(client: httpx.AsyncClient, customer: str) -> dict[str, str]:
    methods = (await client.get(f"/customers/{customer}/payment-methods")).json()
    return {method["kind"]: method["id"] for method in methods}


async def pay(client: httpx.AsyncClient, made: dict[str, Any], kind: str = "wallet") -> httpx.Response:
    method = (await ways_to_pay(client, made["customer"]["id"]))[kind]
    return await client.post(
        f"/orders/{made['id']}/pay", json={"payment_method": method}, headers={"X-Request-ID": "a payment"}
    )


async def state(database: Database) -> list[dict[str, Any]]:
    """All that paying an order may change."""
    return await database.fetch(
        "SELECT (SELECT json_agg(items.* ORDER BY id)::text FROM items) AS items,"
        " (SELECT json_agg(accounts.* ORDER BY id)::text FROM accounts) AS accounts,"
        " (SELECT json_agg(orders.* ORDER BY id)::text FROM orders) AS orders,"
        " (SELECT count(*) FROM order_status_changes) AS steps, (SELECT count(*) FROM transfers) AS transfers,"
        " (SELECT count(*) FROM receipts) AS receipts,"
        " (SELECT count(*) FROM audit_entries WHERE request_id = 'a payment') AS trail"
    )


async def stock(database: Database) -> dict[str, int]:
    """What is left of the items that had a thousand pieces and have fewer now."""
    rows = await database.fetch("SELECT sku, stock FROM items WHERE stock BETWEEN 1 AND 999 ORDER BY sku")
    return {row["sku"]: row["stock"] for row in rows}


async def test_an_order_has_its_lines_in_the_order_that_was_sent(ada: httpx.AsyncClient) -> None:
    prices = {sku: (await ada.get(f"/items/{sku}")).json() for sku in TWO}
    response = await order(ada, TWO)
    assert response.status_code == 201
    made = response.json()
    assert response.headers["Location"] == f"/orders/{made['id']}"
    assert made["lines"] == [
        {
            "item": {"sku": sku, "name": prices[sku]["name"]},
            "quantity": quantity,
            "unit_price": prices[sku]["price"],
            "amount": f"{quantity * float(prices[sku]['price']):.2f}",
        }
        for sku, quantity in TWO.items()
    ]
    assert (made["status"], made["customer"]["name"], made["payment_method"]) == ("pending", "Ada", None)
    assert [step["status"] for step in made["history"]] == ["pending"]


async def test_an_order_costs_the_sum_of_its_lines(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    (row,) = await database.fetch(
        "SELECT sum(quantity * unit_price)::text AS total FROM order_lines"
        " JOIN orders ON orders.id = order_id WHERE public_id::text = %(id)s",
        id=made["id"],
    )
    assert made["total"] == row["total"]
    assert float(made["total"]) == pytest.approx(sum(float(line["amount"]) for line in made["lines"]))


async def test_a_new_order_is_read_as_it_was_answered(ada: httpx.AsyncClient, grace: httpx.AsyncClient) -> None:
    response = await order(ada, TWO)
    for reader in (ada, grace):
        assert (await reader.get(response.headers["Location"])).json() == response.json()


async def test_an_order_keeps_its_prices(ada: httpx.AsyncClient, grace: httpx.AsyncClient) -> None:
    made = (await order(ada, TWO)).json()
    await grace.patch("/items/ITEM-00001", json={"version": 1, "price": "9999"})
    assert (await ada.get(f"/orders/{made['id']}")).json() == made


async def test_an_order_keeps_an_item_that_is_deleted(ada: httpx.AsyncClient, grace: httpx.AsyncClient) -> None:
    made = (await order(ada, TWO)).json()
    await grace.delete("/items/ITEM-00001")
    assert (await ada.get(f"/orders/{made['id']}")).json() == made
    assert (await ada.get("/orders", params={"limit": 1})).json()["orders"][0]["lines"] == made["lines"]


async def test_ordering_takes_nothing_out_of_the_stock(ada: httpx.AsyncClient, database: Database) -> None:
    assert (await order(ada, {**TWO, "ITEM-00010": 1})).status_code == 201
    assert await stock(database) == {}


async def test_a_new_order_leaves_its_trail(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO, **{"X-Request-ID": "an order"})).json()
    rows = await database.fetch("SELECT action, entity, entity_key FROM audit_entries WHERE request_id = 'an order'")
    assert rows == [{"action": "create", "entity": "Order", "entity_key": made["id"]}]


@pytest.mark.parametrize("sku", ["NO-SUCH", "ITEM-00015"], ids=["unknown", "deleted"])
async def test_what_is_not_on_sale_cannot_be_ordered(ada: httpx.AsyncClient, database: Database, sku: str) -> None:
    before = await database.fetch("SELECT count(*) FROM orders")
    response = await order(ada, {**TWO, sku: 1})
    assert response.status_code == 422
    assert (response.json()["detail"], response.json()["sku"]) == (f"There is no item {sku} on sale.", sku)
    assert await database.fetch("SELECT count(*) FROM orders") == before


async def test_an_item_is_in_an_order_once(ada: httpx.AsyncClient) -> None:
    line = {"sku": "ITEM-00001", "quantity": 1}
    response = await ada.post("/orders", json={"lines": [line, {"sku": "ITEM-00002", "quantity": 1}, line]})
    assert response.status_code == 422
    assert response.json()["detail"] == "ITEM-00001 is in the order twice. Put it into one line."


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"sku": "ITEM-00001", "quantity": 0}],
        [{"sku": "ITEM-00001", "quantity": 1001}],
        [{"sku": "ITEM-00001"}],
        [{"sku": "lower", "quantity": 1}],
        [{"sku": "ITEM-00001", "quantity": 1}] * 101,
    ],
    ids=["no line", "nothing", "too much", "no quantity", "no SKU", "too many lines"],
)
async def test_an_order_fits_the_contract(ada: httpx.AsyncClient, lines: list[dict[str, object]]) -> None:
    response = await ada.post("/orders", json={"lines": lines})
    assert (response.status_code, response.json()["title"]) == (422, "Invalid request")
    assert "errors" in response.json()


@several_isolation_levels
async def test_a_suspended_customer_may_look_and_not_act(login: Login, database: Database) -> None:
    sue = await login("sue")
    await database.execute("UPDATE orders SET customer_id = 4 WHERE id = 1")
    before = await state(database)
    path = f"/orders/{(await sue.get('/orders', params={'status': 'pending'})).json()['orders'][-1]['id']}"
    assert (await sue.get(path)).status_code == 200
    for response in (
        await order(sue, TWO),
        await sue.post(f"{path}/pay", json={"payment_method": NOBODY}),
        await sue.post(f"{path}/cancel"),
    ):
        assert (response.status_code, response.json()["detail"]) == (403, "A suspended customer cannot do this.")
    assert await state(database) == before


@several_isolation_levels
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/pay"), ("POST", "/cancel"), ("GET", "/receipt")])
async def test_a_foreign_order_is_nobody_elses_business(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database: Database, method: str, path: str
) -> None:
    made = (await order(ada, TWO)).json()
    if path == "/receipt":
        await pay(ada, made, "card")
    before = await state(database)
    payload = {"payment_method": NOBODY} if path == "/pay" else None
    foreign = await bob.request(method, f"/orders/{made['id']}{path}", json=payload)
    assert (foreign.status_code, foreign.json()["detail"]) == (404, "There is no such order.")
    assert await state(database) == before


async def test_customers_list_their_own_orders_newest_first(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    page = (await ada.get("/orders")).json()
    rows = await database.fetch(
        "SELECT public_id::text AS id FROM orders WHERE customer_id = 2 ORDER BY orders.id DESC"
    )
    assert [one["id"] for one in page["orders"]] == [row["id"] for row in rows]
    assert {one["customer"]["name"] for one in page["orders"]} == {"Ada"}
    assert page["orders"][0] == {key: made[key] for key in page["orders"][0]}
    assert page["next"] is None


async def test_a_list_tells_totals_and_items(grace: httpx.AsyncClient, database: Database) -> None:
    page = (await grace.get("/orders", params={"limit": 100})).json()
    rows = await database.fetch(
        "SELECT orders.public_id::text AS id, customers.name, sum(quantity * unit_price)::text AS total,"
        " array_agg(sku ORDER BY position) AS skus FROM orders JOIN customers ON customers.id = customer_id"
        " JOIN order_lines ON order_id = orders.id JOIN items ON items.id = item_id"
        " GROUP BY orders.id, customers.id ORDER BY orders.id DESC"
    )
    assert [
        {
            "id": one["id"],
            "name": one["customer"]["name"],
            "total": one["total"],
            "skus": [line["item"]["sku"] for line in one["lines"]],
        }
        for one in page["orders"]
    ] == rows


async def walked(client: httpx.AsyncClient, **params: str | int) -> list[list[str]]:
    """The pages of a list, from the first to the last, as ids."""
    pages = []
    page = (await client.get("/orders", params=params)).json()
    for _ in range(40):  # there are no more orders than that
        pages.append([one["id"] for one in page["orders"]])
        if page["next"] is None:
            return pages
        page = (await client.get("/orders", params={**params, "after": page["next"]})).json()
    pytest.fail("The pages never end.")


async def test_pages_follow_one_another_without_gap_or_overlap(grace: httpx.AsyncClient, database: Database) -> None:
    pages = await walked(grace, limit=15)
    assert [len(page) for page in pages] == [15, 15, 10]
    rows = await database.fetch("SELECT public_id::text AS id FROM orders ORDER BY orders.id DESC")
    assert [one for page in pages for one in page] == [row["id"] for row in rows]


async def test_a_full_last_page_is_the_last(grace: httpx.AsyncClient) -> None:
    assert [len(page) for page in await walked(grace, limit=20)] == [20, 20]


async def test_an_order_made_between_two_pages_moves_none_of_them(
    ada: httpx.AsyncClient, grace: httpx.AsyncClient
) -> None:
    first = (await grace.get("/orders", params={"limit": 5, "status": "pending"})).json()
    following = {"limit": 5, "status": "pending", "after": first["next"]}
    before = (await grace.get("/orders", params=following)).json()
    await order(ada, TWO)
    assert (await grace.get("/orders", params=following)).json() == before


@pytest.mark.parametrize("status", ["pending", "paid", "cancelled"])
async def test_a_list_is_narrowed_down_by_status_over_all_pages(
    grace: httpx.AsyncClient, database: Database, status: str
) -> None:
    rows = await database.fetch(
        "SELECT public_id::text AS id FROM orders WHERE status::text = %(status)s ORDER BY orders.id DESC",
        status=status,
    )
    assert [one for page in await walked(grace, limit=3, status=status) for one in page] == [row["id"] for row in rows]


@pytest.mark.parametrize("wrong", [{"status": "lost"}, {"limit": "0"}, {"limit": "101"}, {"after": "x" * 201}])
async def test_a_list_fits_the_contract(ada: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    assert (await ada.get("/orders", params=wrong)).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "W10", "WyIxIl0", "WzEsIDJd", "WzkyMjMzNzIwMzY4NTQ3NzU4MDhd"])
async def test_a_cursor_that_was_not_handed_out_is_refused(ada: httpx.AsyncClient, cursor: str) -> None:
    response = await ada.get("/orders", params={"after": cursor})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")


@several_isolation_levels
@pytest.mark.parametrize("kind", ["wallet", "card", "invoice"])
async def test_a_paid_order_has_its_pieces_its_history_and_its_way_to_pay(
    ada: httpx.AsyncClient, database: Database, kind: str
) -> None:
    made = (await order(ada, TWO)).json()
    response = await pay(ada, made, kind)
    assert response.status_code == 200
    paid = response.json()
    assert (paid["status"], paid["payment_method"]["kind"], paid["total"]) == ("paid", kind, made["total"])
    assert [step["status"] for step in paid["history"]] == ["pending", "paid"]
    assert paid["updated_at"] > made["updated_at"]
    assert await stock(database) == {"ITEM-00001": 998, "ITEM-00002": 997}
    assert (await ada.get(f"/orders/{made['id']}")).json() == paid


@several_isolation_levels
async def test_a_wallet_pays_the_shop_at_once(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    paid = (await pay(ada, made)).json()
    total = float(made["total"])
    rows = await database.fetch("SELECT customer_id, balance::float FROM accounts WHERE balance <> 1000 ORDER BY id")
    assert rows == [
        {"customer_id": 1, "balance": pytest.approx(1000 + total)},
        {"customer_id": 2, "balance": pytest.approx(1000 - total)},
    ]
    assert float(paid["payment_method"]["account"]["balance"]) == pytest.approx(1000 - total)
    (row,) = await database.fetch(
        "SELECT idempotency_key AS key, amount::text, source_account_id AS source, target_account_id AS target,"
        " source_balance::float AS left FROM transfers"
    )
    assert row == {
        "key": f"order-{made['id']}",
        "amount": made["total"],
        "source": 2,
        "target": 1,
        "left": pytest.approx(1000 - total),
    }


@several_isolation_levels
@pytest.mark.parametrize("kind", ["card", "invoice"])
async def test_card_and_invoice_move_no_money_here(ada: httpx.AsyncClient, database: Database, kind: str) -> None:
    assert (await pay(ada, (await order(ada, TWO)).json(), kind)).status_code == 200
    assert await database.fetch("SELECT id FROM transfers") == []
    assert await database.fetch("SELECT id FROM accounts WHERE balance <> 1000") == []


@several_isolation_levels
async def test_an_order_that_costs_nothing_moves_no_money(
    ada: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    await grace.patch("/items/ITEM-00001", json={"version": 1, "price": 0})
    paid = await pay(ada, (await order(ada, {"ITEM-00001": 1})).json())
    assert (paid.status_code, paid.json()["total"]) == (200, "0.00")
    assert await database.fetch("SELECT id FROM transfers") == []


@several_isolation_levels
async def test_a_payment_leaves_its_trail(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    await pay(ada, made)
    rows = await database.fetch(
        "SELECT action, entity, changes->'status'->>1 AS status, changes->'stock' AS stock FROM audit_entries"
        " WHERE request_id = 'a payment' ORDER BY entity, entity_key"
    )
    assert [(row["action"], row["entity"]) for row in rows] == [
        ("change", "Account"),
        ("change", "Account"),
        ("change", "Item"),
        ("change", "Item"),
        ("change", "Order"),
        ("create", "Transfer"),
    ]
    assert [row["stock"] for row in rows[2:4]] == [["1000", "998"], ["1000", "997"]]
    assert rows[4]["status"] == "paid"


@several_isolation_levels
async def test_an_order_is_paid_once(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    await pay(ada, made)
    before = await state(database)
    response = await pay(ada, made)
    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems/order-state",
        "title": "Not possible in this state",
        "status": 409,
        "detail": "A paid order cannot become paid.",
        "state": "paid",
    }
    assert await state(database) == before


@several_isolation_levels
async def test_without_stock_for_every_line_nothing_happens(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, {**TWO, "ITEM-00010": 1})).json()
    before = await state(database)
    response = await pay(ada, made)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/insufficient-stock")
    assert response.json()["detail"] == "ITEM-00010 has 0 in stock, the order needs 1."
    assert await state(database) == before
    assert (await ada.get(f"/orders/{made['id']}")).json() == made


@several_isolation_levels
async def test_the_last_piece_can_be_bought(ada: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE items SET stock = 2 WHERE sku = 'ITEM-00001'")
    assert (await pay(ada, (await order(ada, {"ITEM-00001": 2})).json())).status_code == 200
    assert await database.fetch("SELECT stock FROM items WHERE sku = 'ITEM-00001'") == [{"stock": 0}]


@several_isolation_levels
async def test_without_the_money_nothing_happens(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, {"ITEM-00001": 900})).json()
    before = await state(database)
    response = await pay(ada, made)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/insufficient-funds")
    assert await state(database) == before


@several_isolation_levels
async def test_a_wallet_in_another_currency_does_not_pay(ada: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE wallet_payments SET account_id = 13 WHERE account_id = 2")
    made = (await order(ada, TWO)).json()
    before = await state(database)
    response = await pay(ada, made)
    assert (response.status_code, response.json()["detail"]) == (422, "Cannot move USD to an account in EUR.")
    assert await state(database) == before


@several_isolation_levels
async def test_a_shop_without_an_account_cannot_be_paid(ada: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE accounts SET currency = 'CHF' WHERE customer_id = 1")
    made = (await order(ada, TWO)).json()
    before = await state(database)
    response = await pay(ada, made)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/conflict")
    assert await state(database) == before


@several_isolation_levels
async def test_a_way_to_pay_is_ones_own(ada: httpx.AsyncClient, database: Database) -> None:
    (his,) = await database.fetch("SELECT public_id::text AS id FROM payment_methods WHERE id = 3")
    made = (await order(ada, TWO)).json()
    before = await state(database)
    for method in (his["id"], NOBODY):
        response = await ada.post(f"/orders/{made['id']}/pay", json={"payment_method": method})
        assert (response.status_code, response.json()["detail"]) == (404, "This customer has no such way to pay.")
    assert await state(database) == before


@several_isolation_levels
async def test_staff_does_not_pay_for_others(
    ada: httpx.AsyncClient, grace: httpx.AsyncClient, database: Database
) -> None:
    made = (await order(ada, TWO)).json()
    before = await state(database)
    method = (await ways_to_pay(ada, made["customer"]["id"]))["wallet"]
    response = await grace.post(f"/orders/{made['id']}/pay", json={"payment_method": method})
    assert (response.status_code, response.json()["detail"]) == (403, "Only the customer of an order can pay it.")
    assert await state(database) == before


async def test_an_order_that_never_was_is_not_found(ada: httpx.AsyncClient) -> None:
    for response in (await ada.get(f"/orders/{NOBODY}"), await ada.post(f"/orders/{NOBODY}/cancel")):
        assert (response.status_code, response.json()["detail"]) == (404, "There is no such order.")
    assert (await ada.get("/orders/1")).status_code == 422


@pytest.mark.parametrize("who", ["ada", "grace"])
async def test_an_order_is_called_off_by_its_customer_or_by_staff(
    ada: httpx.AsyncClient, login: Login, database: Database, who: str
) -> None:
    made = (await order(ada, TWO)).json()
    response = await (await login(who)).post(f"/orders/{made['id']}/cancel")
    assert response.status_code == 200
    cancelled = response.json()
    assert (cancelled["status"], cancelled["lines"]) == ("cancelled", made["lines"])
    assert [step["status"] for step in cancelled["history"]] == ["pending", "cancelled"]
    assert (await ada.get(f"/orders/{made['id']}")).json() == cancelled
    assert await stock(database) == {}


@several_isolation_levels
async def test_what_is_called_off_stays_so(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    await ada.post(f"/orders/{made['id']}/cancel")
    before = await state(database)
    for response in (await pay(ada, made), await ada.post(f"/orders/{made['id']}/cancel")):
        assert (response.status_code, response.json()["type"]) == (409, "/problems/order-state")
    assert await state(database) == before


@several_isolation_levels
async def test_what_is_paid_cannot_be_called_off(ada: httpx.AsyncClient, database: Database) -> None:
    made = (await order(ada, TWO)).json()
    await pay(ada, made)
    before = await state(database)
    response = await ada.post(f"/orders/{made['id']}/cancel")
    assert (response.status_code, response.json()["detail"]) == (409, "A paid order cannot become cancelled.")
    assert await state(database) == before
