"""Verdicts to render: what a run of a small shop might have come to."""

import dataclasses
import json
from typing import TYPE_CHECKING

from compare.findings import Exchange, Finding, Group, Layer, Reply, Tick
from compare.verdict import RouteResult, TableResult, Verdict
from compare.verdict.outcome import Coverage, Ignored, Sight

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDER = "POST /orders"
READ = "GET /orders/{id}"
JSON = ("content-type", "application/json")


def exchange(total: str = "11.00", **parts: object) -> Exchange:
    """An order that async totals otherwise, commits in two transactions and after its answer."""
    body = {
        "id": 7,
        "status": "open",
        "lines": [{"sku": f"A-{n}", "quantity": n} for n in range(1, 4)],
        "note": "<b>hi</b>",
    }
    whole = Exchange(
        "POST",
        "/orders?notify=1",
        (JSON, ("authorization", "Bearer abcdefgh12345678")),
        '{"lines":[{"sku":"A-1","quantity":1}]}',
        Reply(201, (JSON, ("location", "/orders/7")), json.dumps({**body, "total": "10.00"}, separators=(",", ":"))),
        Reply(201, (JSON, ("location", "/orders/7"), ("x-served", "1")), json.dumps({**body, "total": total})),
        (
            (
                Tick(0.0012, "transaction", "BEGIN … COMMIT", 0.0081),
                Tick(0.0015, "statement", "SELECT items.price FROM items WHERE items.sku = $1  ['A-1']", 0.0029),
                Tick(
                    0.0042, "statement", "INSERT INTO orders (total) VALUES ($1) RETURNING orders.id  ['10.00']", 0.0055
                ),
                Tick(0.0095, "answer", "answer 201 starts"),
                Tick(0.0101, "answer", "answer ends"),
            ),
            (
                Tick(0.0008, "transaction", "BEGIN … COMMIT", 0.0041),
                Tick(0.0009, "statement", "SELECT items.price FROM items WHERE items.sku = $1  ['A-1']", 0.0022),
                Tick(
                    0.0050, "statement", "INSERT INTO orders (total) VALUES ($1) RETURNING orders.id  ['11.00']", 0.0063
                ),
                Tick(0.0049, "transaction", "BEGIN … COMMIT", 0.0118, bad=True),
                Tick(0.0071, "answer", "answer 201 starts"),
                Tick(0.0074, "answer", "answer ends"),
                Tick(0.0090, "loop", "event loop blocked by a call", 0.0102, bad=True),
            ),
        ),
        (("transaction 1", "insert orders id=7 total=10.00"), ("transaction 1", "insert orders id=7 total=11.00")),
    )
    return dataclasses.replace(whole, **parts)  # type: ignore[arg-type] # the caller names fields of Exchange


def finding(
    code: str = "RES003", where: str = "/total", legacy: str = "10.00", async_: str = "11.00", **more: object
) -> Finding:
    """A finding of the route that makes an order."""
    whole = Finding(code, where, legacy, async_, ORDER, "an order", "2. POST /orders", exchange())
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type] # the caller names fields of Finding


def groups() -> tuple[Group, ...]:
    """Two differences, a hazard and a piece of information."""
    lost = finding("ROW003", "orders.total", note="row id=7")
    late = finding("TXN001", "transaction 2", "before the answer", "4.7 ms after the answer")
    lazy = finding("RTM001", "Order.lines", "3 loads", "3 loads", level="hazard", route=READ)
    words = finding("SQL011", "SELECT", "SELECT a", "SELECT b", route=READ)
    return (
        Group((lost, finding(), finding("RES002", "header x-served", "(absent)", "1")), 37, (ORDER, READ)),
        Group((late,), 4, (ORDER,)),
        Group((lazy,), 12, (READ,)),
        Group((words,), 3, (READ,)),
    )


def verdict(*found: Group, **parts: object) -> Verdict:
    """A complete run with these groups; without any it is clean."""
    findings = tuple(example for group in found for example in group.examples)
    differing: Mapping[Layer, int] = {"response": 2, "rows": 35, "transactions": 4} if found else {}
    whole = Verdict(
        apps={"legacy": "shop.sync:app", "async": "shop.aio:app"},
        routes=(
            RouteResult(ORDER, 40, ((201, 38), (422, 2)), sum(differing.values()), 0, differing),
            RouteResult(READ, 60, ((200, 55), (404, 5)), 0, 12 if found else 0),
        ),
        unexercised=("DELETE /orders/{id}",),
        total_routes=3,
        tables=(TableResult("orders", 38, 38, 35 if found else 0), TableResult("items", 3, 3)),
        findings=findings,
        scenarios=2,
        requests=100,
        seconds=1.234,
        outputs={"legacy": "", "async": "started\n"},
        groups=found,
        coverage=Coverage({2: 93, 4: 7}, ("GET /orders/{id} 200 /total",), {"orders": ("id", "total")}, 2, 240, 100),
        sights=(
            Sight("legacy", "response", "wire"),
            Sight("async", "response", "wire"),
            Sight("legacy", "statements", "probe"),
            Sight("async", "statements", "", "the app was not seen to use SQLAlchemy"),
        ),
        attribution="transaction id",
    )
    return dataclasses.replace(whole, **parts)  # type: ignore[arg-type] # the caller names fields of Verdict


def full(**parts: object) -> Verdict:
    """A verdict in which every part holds something."""
    more: dict[str, object] = {
        "unstable": (finding("RES003", "/rank", "1", "2"), finding("RES003", "/rank", "2", "1")),
        "ignored": (Ignored("RES002 header server", "another server stands in front", 3),),
    }
    return verdict(*groups(), **(more | parts))
