"""Texts that the shop hands out: receipts, price lists, export rows. Pure rendering, CPU and nothing else."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from jinja2 import Environment, StrictUndefined

from shared_models.models import Item, Order
from shared_models.schemas.orders import OrderExportRow

_TEMPLATES = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)

_PRICE_LIST = _TEMPLATES.from_string(
    """\
<!doctype html>
<title>Price list</title>
<table>
{% for item in items %}
<tr><td>{{ item.sku }}<td>{{ item.name }}<td>{{ item.tags | sort | join(", ") }}<td>{{ item.price }}
{% endfor %}
</table>
"""
)

EXPORT_COLUMNS = tuple(OrderExportRow.model_fields)

RECEIPT_LINES = 20


class DocumentError(ValueError):
    """A document cannot be made from what it was asked to show."""


def receipt(order: Order) -> str:
    """Return the receipt of an order whose lines, items, customer and payment method are there to be read.

    Raises:
        DocumentError: the order has more lines than a receipt has room for.
    """
    if len(order.lines) > RECEIPT_LINES:
        raise DocumentError(f"A receipt has room for {RECEIPT_LINES} lines, this order has {len(order.lines)}.")
    lines = [
        f"Receipt for order {order.public_id}",
        f"{order.customer.name} <{order.customer.email}>",
        *(
            f"{line.quantity} x {line.item.name} ({line.item.sku}) at {line.unit_price}: {line.amount}"
            for line in order.lines
        ),
        f"Total {order.total}",
        f"Paid with {order.payment_method.label}" if order.payment_method else "Not paid",
    ]
    return "\n".join(lines) + "\n"


def price_list(items: Sequence[Item]) -> str:
    """Return the HTML price list. Thousands of rows take long: on an event loop this belongs in a thread."""
    return _PRICE_LIST.render(items=items)


def export_header() -> str:
    """Return the first line of the CSV export."""
    return _csv_line(EXPORT_COLUMNS)


def export_csv(row: Sequence[object]) -> str:
    """Return one order as a CSV line; `row` has the columns of EXPORT_COLUMNS."""
    return _csv_line(row)


def export_ndjson(row: Sequence[object]) -> str:
    """Return one order as a line of newline-delimited JSON."""
    return json.dumps(dict(zip(EXPORT_COLUMNS, map(_plain, row), strict=True)), separators=(",", ":")) + "\n"


def _csv_line(values: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_plain(value) for value in values])
    return line.getvalue()


def _plain(value: object) -> object:
    """Return text for a value: times in UTC, whatever zone the driver read them in (T18)."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case None | int() | str():
            return value
        case Decimal():
            return str(value)
    return str(value)
