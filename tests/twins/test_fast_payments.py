"""Paying on the fast route writes, answers and refuses what it does on the plain one."""

import pytest

from tests.payments import (  # noqa: F401 - tests, for the fixture `pair` of this folder
    test_a_payment_is_refused_alike,
    test_a_payment_writes_the_same_rows,
    test_a_receipt_without_room_fails_alike,
    test_a_suspended_customer_cannot_pay,
    test_a_wallet_that_cannot_pay_is_refused_alike,
    test_payments_that_meet_take_stock_and_money_once,
)
from tests.side_by_side import Pair

NO_METHOD = {"payment_method": "00000000-0000-4000-8000-000000000000"}
BODIES = [(NO_METHOD, 404), ({}, 422), ([], 422), ({"payment_method": "x"}, 422), (b"", 422), (b"{", 422)]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_a_body_is_taken_or_refused_alike(pair: Pair, body: object, status: int) -> None:
    (order,) = pair.orders("id = 5")
    pair.ask("POST", f"/orders/{order}/pay", "ada", body=body, status=status)
    for nobody in (None, "nobody", "carl"):
        pair.ask("POST", f"/orders/{order}/pay", nobody, body=body, status=401)
    pair.ask("POST", "/orders/5/pay", "ada", body=body, status=422)
    pair.ask("POST", f"/orders/{order.upper()}/pay", "ada", body=body, status=status)
