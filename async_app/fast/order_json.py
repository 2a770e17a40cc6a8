"""Orders as JSON."""


def moment(column: str) -> str:
    """SQL: a `timestamptz` as pydantic prints it, in UTC and with six decimals or none."""
    return (
        f"to_char({column} AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', {column}) = {column} "
        "THEN 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"' END)"
    )


def record(**fields: str) -> str:
    """SQL: an object."""
    return f"(SELECT row_to_json(r) FROM (SELECT {', '.join(f'{sql} AS {name}' for name, sql in fields.items())}) r)"


def array(item: str, rest: str) -> str:
    return f"array_to_json(ARRAY(SELECT {item} {rest}))"


CUSTOMER = record(id="c.public_id", email="c.email", name="c.name", status="c.status")
LINE = record(
    item=record(sku="i.sku", name="i.name"),
    quantity="l.quantity",
    unit_price="l.unit_price::text",
    amount="(l.quantity * l.unit_price)::text",
)
LINES = array(LINE, "FROM order_lines l JOIN items i ON i.id = l.item_id WHERE l.order_id = o.id ORDER BY l.position")
TOTAL = "coalesce((SELECT sum(l.quantity * l.unit_price) FROM order_lines l WHERE l.order_id = o.id), 0)::text"
HISTORY = array(
    record(status="h.status", at=moment("h.at")),
    "FROM order_status_changes h WHERE h.order_id = o.id ORDER BY h.id",
)
METHOD = f"""(SELECT CASE m.kind
 WHEN 'wallet' THEN {record(id="m.public_id", kind="m.kind", label="m.label", account=record(id="a.public_id", currency="a.currency", balance="a.balance::text"))}
 WHEN 'card' THEN {record(id="m.public_id", kind="m.kind", label="m.label", brand="k.brand", last_four="k.last_four")}
 ELSE {record(id="m.public_id", kind="m.kind", label="m.label", days="v.days")} END
FROM payment_methods m LEFT JOIN wallet_payments w ON w.id = m.id LEFT JOIN accounts a ON a.id = w.account_id
LEFT JOIN card_payments k ON k.id = m.id LEFT JOIN invoice_payments v ON v.id = m.id WHERE m.id = o.payment_method_id)"""

ORDER = record(
    id="o.public_id",
    status="o.status",
    total=TOTAL,
    customer=CUSTOMER,
    payment_method=METHOD,
    lines=LINES,
    history=HISTORY,
    created_at=moment("o.created_at"),
    updated_at=moment("o.updated_at"),
)
SUMMARY = record(
    id="o.public_id", status="o.status", total=TOTAL, customer=CUSTOMER, lines=LINES, created_at=moment("o.created_at")
)
ONE = f"""SELECT {ORDER}::text FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.public_id = $1 AND ($2::bool OR o.customer_id = $3)"""


def page(*, mine: bool, status: bool, after: bool) -> str:
    n = iter(range(2, 5))
    wheres = []
    if mine:
        wheres.append(f"o.customer_id = ${next(n)}")
    if status:
        wheres.append(f"o.status = ${next(n)}")
    if after:
        wheres.append(f"o.id < ${next(n)}")
    where = f"WHERE {' AND '.join(wheres)}" if wheres else ""
    return f"""SELECT o.id, {SUMMARY}::text FROM (SELECT * FROM orders o {where} ORDER BY id DESC LIMIT $1) o
JOIN customers c ON c.id = o.customer_id ORDER BY o.id DESC"""
