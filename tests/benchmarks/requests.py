"""What the benchmarks ask of the twins: scripts for load, and what takes seconds by itself."""

import json

import httpx

from compare.bench.script import Script, Step, token
from tests.benchmarks.stage import App

UNIQUE = "unique"
JSON = ("content-type", "application/json")
STAFF = 1
ROWS = 10_000
EXPORTED = 100_000
#: Enough of everything for any number of payments.
RICH = "UPDATE accounts SET balance = 1000000; UPDATE items SET stock = 1000000000;"


def get(app: App, target: str, customer: int = STAFF) -> Script:
    """A request that reads."""
    return Script(f"GET {target}", (Step("GET", target, app.asking(customer), status=200),))


def an_order(app: App) -> Script:
    """The order with the most lines, read by its customer."""
    (row,) = app.fetch(
        "SELECT orders.public_id, customer_id FROM orders JOIN customers ON customers.id = customer_id"
        " WHERE customers.status = 'active' AND payment_method_id IS NOT NULL"
        " ORDER BY (SELECT count(*) FROM order_lines WHERE order_id = orders.id) DESC, orders.id LIMIT 1"
    )
    return get(app, f"/orders/{row['public_id']}", int(str(row["customer_id"])))


def transfers(app: App) -> list[Script]:
    """A cent from every account to another."""
    rows = app.fetch(
        "SELECT customer_id, public_id, lead(public_id, 7) OVER (ORDER BY id) AS target FROM accounts"
        " WHERE currency = 'EUR'"
    )
    return [
        _post(
            "/transfers",
            app.asking(int(str(row["customer_id"]))),
            {"source": str(row["public_id"]), "target": str(row["target"]), "amount": "0.01"},
            status=201,
            key=True,
        )
        for row in rows
        if row["target"] and row["customer_id"] in app.tokens
    ]


def payments(app: App) -> list[Script]:
    """Every pending order, paid by card."""
    rows = app.fetch(
        "SELECT orders.public_id, orders.customer_id, max(method.public_id::text) AS method FROM orders"
        " JOIN payment_methods AS method ON method.customer_id = orders.customer_id AND method.kind = 'card'"
        " WHERE orders.status = 'pending' GROUP BY orders.id ORDER BY orders.id DESC"
    )
    return [
        _post(
            f"/orders/{row['public_id']}/pay",
            app.asking(int(str(row["customer_id"]))),
            {"payment_method": row["method"]},
            status=200,
        )
        for row in rows
        if row["customer_id"] in app.tokens
    ]


def _post(target: str, headers: tuple[tuple[str, str], ...], body: object, *, status: int, key: bool = False) -> Script:
    own = (("idempotency-key", token(UNIQUE)),) if key else ()
    names = (UNIQUE,) if key else ()
    return Script(
        f"POST {target}", (Step("POST", target, (JSON, *headers, *own), json.dumps(body), names, (), status),)
    )


def imported(app: App, number: int) -> None:
    """Import rows that are new."""
    rows = [
        {
            "sku": f"R{number}-{row}",
            "name": f"Item {row}",
            "price": f"{row % 900}.{row % 100:02}",
            "weight": round(row / 7, 2),
            "tags": ["new", "sale"],
            "stock": row % 50,
        }
        for row in range(ROWS)
    ]
    answer = httpx.post(
        f"{app.subject.base_url}/items/import", json={"rows": rows}, headers=list(app.asking(STAFF)), timeout=60
    )
    assert answer.json()["imported"] == ROWS, answer.text


def exported(app: App, kind: str, least: int = EXPORTED) -> None:
    """Export all orders, and throw them away."""
    lines = 0
    headers = list(app.asking(STAFF))
    with httpx.stream("GET", f"{app.subject.base_url}/reports/orders.{kind}", headers=headers, timeout=60) as answer:
        for piece in answer.iter_raw():
            lines += piece.count(b"\n")
    assert lines >= least
