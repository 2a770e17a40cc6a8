"""Deterministic rows to start from: the same size gives the same rows, on any machine, at any time.

Who executes them is the app's business: `statements` yields what to run, on a sync or an async connection alike.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Table, insert, text

from shared_models.models import (
    Account,
    Base,
    CardPayment,
    Category,
    Customer,
    CustomerStatus,
    InvoicePayment,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    OrderStatusChange,
    PaymentMethod,
    Receipt,
    ReceiptStatus,
    WalletPayment,
    item_categories,
)
from shared_models.rules.passwords import hash_password

Row = dict[str, Any]
T = TypeVar("T")

PASSWORD = "correct horse"  # noqa: S105 - sample data, printed in the README
START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 1_000

_CATEGORIES = {  # slug: (name, parent)
    "home": ("Home", None),
    "kitchen": ("Kitchen", "home"),
    "knives": ("Knives", "kitchen"),
    "garden": ("Garden", "home"),
    "office": ("Office", None),
    "paper": ("Paper", "office"),
}
_SIZES = ("Small", "Large", "Plain", "Fine")
_THINGS = ("Pot", "Pen", "Rake", "Knife")
_PEOPLE = (  # name, staff, status
    ("Grace", True, CustomerStatus.ACTIVE),
    ("Ada", False, CustomerStatus.ACTIVE),
    ("Bob", False, CustomerStatus.ACTIVE),
    ("Sue", False, CustomerStatus.SUSPENDED),
    ("Carl", False, CustomerStatus.CLOSED),
)


@dataclass(frozen=True)
class Size:
    """How many rows; there are at least the five customers that tests know by name."""

    customers: int = 12
    items: int = 30
    orders: int = 40


def statements(size: Size) -> Iterator[tuple[Executable, Sequence[Row] | None]]:
    """Yield inserts with their rows, in the order that foreign keys allow, then the sequences that follow them."""
    draw = random.Random(20260101)  # noqa: S311 - sample data, the same every time
    customers, items = list(_customers(size, draw)), list(_items(size, draw))
    yield from _inserts(Category.__table__, _categories())
    yield from _inserts(Customer.__table__, customers)
    yield from _inserts(Account.__table__, _accounts(customers, draw))
    yield from _inserts(Item.__table__, items)
    yield from _inserts(item_categories, _item_categories(items))
    for table, rows in _payment_methods(customers, draw).items():
        yield from _inserts(table, rows)
    yield from _orders(size, customers, items, draw)
    for table in Base.metadata.sorted_tables:
        if table.name != "audit_entries" and "id" in table.c and table.c.id.identity is not None:
            yield _follow(table), None


def _inserts(table: Any, rows: Sequence[Row]) -> Iterator[tuple[Executable, Sequence[Row]]]:  # noqa: ANN401 - __table__ is typed as FromClause
    for batch in _batches(rows):
        yield insert(table), batch


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _follow(table: Table) -> Executable:
    """Return the statement that lets the primary key's sequence go on behind the rows."""
    sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
    return text(f"SELECT setval({sequence}, coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table.name}")  # noqa: S608 - names from the metadata


def _uuid(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)


def _categories() -> list[Row]:
    ids = {slug: number for number, slug in enumerate(_CATEGORIES, start=1)}
    return [
        {"id": ids[slug], "slug": slug, "name": name, "parent_id": parent and ids[parent]}
        for slug, (name, parent) in _CATEGORIES.items()
    ]


def _customers(size: Size, draw: random.Random) -> Iterator[Row]:
    password_hash = hash_password(PASSWORD, salt=b"sample data only")
    for number in range(max(size.customers, len(_PEOPLE))):
        known = number < len(_PEOPLE)
        name, is_staff, status = _PEOPLE[number] if known else (f"Customer {number:05}", False, CustomerStatus.ACTIVE)
        yield {
            "id": number + 1,
            "public_id": _uuid(draw),
            "email": f"{name.lower().replace(' ', '-')}@example.org",
            "name": name,
            "password_hash": password_hash,
            "is_staff": is_staff,
            "status": status,
            "preferences": {"language": draw.choice(["en", "fr", "de"]), "newsletter": number % 2 == 0},
            "birth_date": date(1960, 1, 1) + timedelta(days=draw.randrange(15_000)),
            "delivery_from": time(8 + number % 12, 30),
            "last_login_ip": f"192.0.2.{number % 250 + 1}",
            "last_login_at": START + timedelta(minutes=number),
            "created_at": START,
            "updated_at": START,
        }


def _accounts(customers: Sequence[Row], draw: random.Random) -> list[Row]:
    wanted = [(customer["id"], "EUR") for customer in customers] + [(2, "USD"), (3, "USD")]
    return [
        {
            "id": number,
            "public_id": _uuid(draw),
            "customer_id": customer_id,
            "currency": currency,
            "balance": Decimal("1000.00"),
        }
        for number, (customer_id, currency) in enumerate(wanted, start=1)
    ]


def _items(size: Size, draw: random.Random) -> Iterator[Row]:
    for number in range(1, size.items + 1):
        yield {
            "id": number,
            "sku": f"ITEM-{number:05}",
            "name": " ".join(
                (draw.choice(["Small", "Large", "Fine"]), draw.choice(["Pot", "Pen", "Rake"]), str(number))
            ),
            "price": Decimal(draw.randrange(100, 10_000)) / 100,
            "weight": draw.choice([None, 0.1, 1.1, 2.5, 12.345]),
            "tags": draw.sample(["blue", "gift", "new", "sale", "steel"], number % 4),
            "thumbnail": draw.randbytes(64) if number % 3 == 0 else None,
            "stock": 0 if number % 10 == 0 else 1_000,
            "version": 1,
            "deleted_at": START if number % 15 == 0 else None,
            "created_at": START,
            "updated_at": START,
        }


def _item_categories(items: Sequence[Row]) -> list[Row]:
    count = len(_CATEGORIES)
    return [
        {"item_id": item["id"], "category_id": category}
        for item in items
        for category in sorted({item["id"] % count + 1, item["id"] * 5 % count + 1})
    ]


def _payment_methods(customers: Sequence[Row], draw: random.Random) -> dict[Any, list[Row]]:
    """Return a wallet for everyone, and for customers 2 and 3 a card and an invoice too."""
    rows: dict[Any, list[Row]] = {
        one.__table__: [] for one in (PaymentMethod, WalletPayment, CardPayment, InvoicePayment)
    }
    wanted = [(customer["id"], "wallet") for customer in customers]
    wanted += [(customer_id, kind) for customer_id in (2, 3) for kind in ("card", "invoice")]
    for number, (customer_id, kind) in enumerate(wanted, start=1):
        method = {"id": number, "public_id": _uuid(draw), "customer_id": customer_id}
        rows[PaymentMethod.__table__].append({**method, "kind": kind, "label": f"My {kind}"})
        match kind:
            case "wallet":
                rows[WalletPayment.__table__].append({"id": number, "account_id": customer_id})
            case "card":
                rows[CardPayment.__table__].append({"id": number, "brand": "Visa", "last_four": f"{number:04}"})
            case _:
                rows[InvoicePayment.__table__].append({"id": number, "days": 14})
    return rows


def _orders(
    size: Size, customers: Sequence[Row], items: Sequence[Row], draw: random.Random
) -> Iterator[tuple[Executable, Sequence[Row]]]:
    """Yield orders batch by batch: a hundred thousand are not held in memory."""
    for numbers in _batches(range(1, size.orders + 1)):
        orders, lines, history, receipts = [], [], [], []
        for number in numbers:
            order = _order(number, customers[number % len(customers)]["id"], draw)
            orders.append(order)
            lines += _lines(number, items, draw)
            history += _history(order)
            if order["status"] is OrderStatus.PAID:
                receipts.append(_receipt(order))
        yield from _inserts(Order.__table__, orders)
        yield from _inserts(OrderLine.__table__, lines)
        yield from _inserts(OrderStatusChange.__table__, history)
        yield from _inserts(Receipt.__table__, receipts)


def _order(number: int, customer_id: int, draw: random.Random) -> Row:
    status = (OrderStatus.PAID, OrderStatus.PENDING, OrderStatus.CANCELLED, OrderStatus.PAID)[number % 4]
    at = START + timedelta(minutes=number)
    return {
        "id": number,
        "public_id": _uuid(draw),
        "customer_id": customer_id,
        "payment_method_id": customer_id if status is OrderStatus.PAID else None,
        "status": status,
        "created_at": at,
        "updated_at": at,
    }


def _lines(order_id: int, items: Sequence[Row], draw: random.Random) -> list[Row]:
    return [
        {
            "order_id": order_id,
            "position": position,
            "item_id": item["id"],
            "quantity": draw.randrange(1, 5),
            "unit_price": item["price"],
        }
        for position, item in enumerate(draw.sample(items, min(len(items), 1 + order_id % 4)), start=1)
    ]


def _history(order: Row) -> list[Row]:
    steps = [OrderStatus.PENDING] if order["status"] is OrderStatus.PENDING else [OrderStatus.PENDING, order["status"]]
    return [{"order_id": order["id"], "status": step, "at": order["created_at"]} for step in steps]


def _receipt(order: Row) -> Row:
    return {
        "order_id": order["id"],
        "status": ReceiptStatus.READY,
        "body": f"Receipt for order {order['public_id']}\n",
        "created_at": order["created_at"],
        "updated_at": order["created_at"],
    }
