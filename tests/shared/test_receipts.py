"""Receipts: written by a background task, in a session of its own, after the answer has left."""

import asyncio
from contextlib import closing

import httpx
import psycopg2
import pytest

from compare.pytest_plugin import Database, Running
from tests.shared.test_orders import NOBODY, TWO, order, pay

in_process = pytest.mark.in_process(isolation="clone")  # there the task is done when the answer is here

WAIT_FOR_THE_TEST = """
    CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
    'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END';
    CREATE TRIGGER wait BEFORE UPDATE ON receipts FOR EACH ROW EXECUTE FUNCTION wait_for_the_test()
"""
WAIT_NO_MORE = "DROP TRIGGER wait ON receipts; DROP FUNCTION wait_for_the_test"
FAIL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''secret''; END';
    CREATE TRIGGER fail BEFORE UPDATE ON receipts FOR EACH ROW WHEN (NEW.status = 'ready') EXECUTE FUNCTION fail()
"""


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the app a single connection."""
    monkeypatch.setenv("POOL_SIZE", "1")


@in_process
async def test_a_receipt_says_what_was_paid(ada: httpx.AsyncClient) -> None:
    paid = (await pay(ada, (await order(ada, TWO)).json(), "card")).json()
    response = await ada.get(f"/orders/{paid['id']}/receipt")
    assert response.status_code == 200
    receipt = response.json()
    assert (receipt["status"], receipt["failure"]) == ("ready", None)
    assert receipt["body"].splitlines() == [
        f"Receipt for order {paid['id']}",
        "Ada <ada@example.org>",
        *(
            f"{line['quantity']} x {line['item']['name']} ({line['item']['sku']})"
            f" at {line['unit_price']}: {line['amount']}"
            for line in paid["lines"]
        ),
        f"Total {paid['total']}",
        "Paid with My card",
    ]


async def test_a_receipt_is_pending_until_the_task_is_done(ada: httpx.AsyncClient, database: Database) -> None:
    """The answer does not wait for the receipt: the task is held up until the test has seen it pending."""
    made = (await order(ada, TWO)).json()
    path = f"/orders/{made['id']}/receipt"
    await database.execute(WAIT_FOR_THE_TEST)
    try:
        with closing(psycopg2.connect(database.address.url())) as holding:
            holding.cursor().execute("SELECT pg_advisory_xact_lock(1)")
            assert (await pay(ada, made)).status_code == 200
            pending = (await ada.get(path)).json()
        async with asyncio.timeout(30):
            while (receipt := (await ada.get(path)).json()) == pending:  # noqa: ASYNC110 - the task is another process's
                await asyncio.sleep(0.01)
    finally:
        await database.execute(WAIT_NO_MORE)
    assert (pending["status"], pending["body"], receipt["status"]) == ("pending", None, "ready")
    assert receipt["updated_at"] > pending["updated_at"]


@in_process
async def test_staff_can_read_it_too(ada: httpx.AsyncClient, grace: httpx.AsyncClient) -> None:
    paid = (await pay(ada, (await order(ada, TWO)).json())).json()
    path = f"/orders/{paid['id']}/receipt"
    assert (await grace.get(path)).json() == (await ada.get(path)).json()


@in_process
async def test_an_order_that_is_not_paid_has_none(ada: httpx.AsyncClient) -> None:
    made = (await order(ada, TWO)).json()
    for public_id in (made["id"], NOBODY):
        response = await ada.get(f"/orders/{public_id}/receipt")
        assert (response.status_code, response.json()["detail"]) == (404, "There is no such receipt.")


@in_process
async def test_a_payment_that_fails_leaves_none(ada: httpx.AsyncClient) -> None:
    made = (await order(ada, {"ITEM-00010": 1})).json()
    assert (await pay(ada, made)).status_code == 409
    assert (await ada.get(f"/orders/{made['id']}/receipt")).status_code == 404


@pytest.mark.usefixtures("one_connection")
@in_process
async def test_the_task_needs_no_connection_while_the_payment_holds_its_own(ada: httpx.AsyncClient) -> None:
    paid = await pay(ada, (await order(ada, TWO)).json())
    assert paid.status_code == 200
    assert (await ada.get(f"/orders/{paid.json()['id']}/receipt")).json()["status"] == "ready"


@in_process
async def test_the_task_writes_in_a_transaction_of_its_own(ada: httpx.AsyncClient, database: Database) -> None:
    paid = (await pay(ada, (await order(ada, TWO)).json())).json()
    (row,) = await database.fetch(
        "SELECT receipts.xmin <> orders.xmin AS apart, receipts.updated_at > receipts.created_at AS later"
        " FROM receipts JOIN orders ON orders.id = order_id WHERE public_id::text = %(id)s",
        id=paid["id"],
    )
    assert row == {"apart": True, "later": True}


@in_process
async def test_a_task_that_fails_is_visible_and_breaks_no_answer(
    ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    lines = {f"ITEM-{number:05}": 1 for number in range(1, 25) if number % 10 and number % 15}
    response = await pay(ada, (await order(ada, lines)).json(), "card")
    assert (len(lines), response.status_code, response.json()["status"]) == (21, 200, "paid")
    receipt = (await ada.get(f"/orders/{response.json()['id']}/receipt")).json()
    assert (receipt["status"], receipt["body"]) == ("failed", None)
    assert receipt["failure"] == "A receipt has room for 20 lines, this order has 21."
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert record.getMessage() == f"The receipt of order {response.json()['id']} could not be written"
    assert record.exc_info is not None


@in_process
async def test_twenty_lines_still_fit(ada: httpx.AsyncClient) -> None:
    lines = {f"ITEM-{number:05}": 1 for number in range(1, 24) if number % 10 and number % 15}
    paid = await pay(ada, (await order(ada, lines)).json(), "card")
    receipt = (await ada.get(f"/orders/{paid.json()['id']}/receipt")).json()
    assert (len(lines), receipt["status"], len(receipt["body"].splitlines())) == (20, "ready", 24)


@in_process
async def test_what_the_database_says_is_for_the_log_alone(
    ada: httpx.AsyncClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.execute(FAIL)
    response = await pay(ada, (await order(ada, TWO)).json())
    assert response.status_code == 200
    receipt = (await ada.get(f"/orders/{response.json()['id']}/receipt")).json()
    assert (receipt["status"], receipt["body"], receipt["failure"]) == ("failed", None, "The database failed.")
    assert "secret" in caplog.text


@in_process
async def test_a_failed_task_leaves_no_connection_behind(
    ada: httpx.AsyncClient, database: Database, running: Running
) -> None:
    await database.execute(FAIL)
    await pay(ada, (await order(ada, TWO)).json())
    assert running.app.state.database.engine.pool.checkedout() == 0


@in_process
async def test_a_receipt_that_cannot_even_be_given_up_breaks_no_answer(
    ada: httpx.AsyncClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.execute(FAIL.replace("WHEN (NEW.status = 'ready')", ""))
    response = await pay(ada, (await order(ada, TWO)).json())
    assert response.status_code == 200
    receipt = (await ada.get(f"/orders/{response.json()['id']}/receipt")).json()
    assert (receipt["status"], receipt["failure"]) == ("pending", None)
    assert "could not even be given up" in caplog.text
