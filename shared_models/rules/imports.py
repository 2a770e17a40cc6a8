"""The batch import: which rows may come in, why the others may not, and what the audit trail says. CPU, no database."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from shared_models.models.audit import entry
from shared_models.schemas.items import ImportRejection, ImportRow

Row = dict[str, Any]


def check(rows: Sequence[Row]) -> tuple[dict[int, ImportRow], list[ImportRejection]]:
    """Return the rows that fit the contract by their number, and why the others do not; a SKU comes in once."""
    accepted: dict[int, ImportRow] = {}
    rejections: list[ImportRejection] = []
    first: dict[str, int] = {}
    for number, values in enumerate(rows):
        try:
            row = ImportRow.model_validate(values)
        except ValidationError as error:
            rejections += _misfits(number, error)
            continue
        if first.setdefault(row.sku, number) == number:
            accepted[number] = row
        else:
            rejections.append(_rejection(number, f"Row {first[row.sku]} has this SKU."))
    return accepted, rejections


def without_taken(
    accepted: dict[int, ImportRow], rejections: Sequence[ImportRejection], taken: Iterable[str]
) -> tuple[list[Row], list[ImportRejection]]:
    """Return the rows to insert, and all rejections in the order of the rows, once it is known which SKUs exist."""
    known = set(taken)
    rows = [row.model_dump() for row in accepted.values() if row.sku not in known]
    late = [
        _rejection(number, "There is an item with this SKU.") for number, row in accepted.items() if row.sku in known
    ]
    return rows, sorted([*rejections, *late], key=lambda rejection: rejection.row)


def trail(rows: Iterable[Row]) -> list[Row]:
    """Return one audit entry for each row: a bulk insert bypasses the session's own trail."""
    return [entry("create", "Item", row["sku"], {name: _change(value) for name, value in row.items()}) for row in rows]


def _misfits(number: int, error: ValidationError) -> list[ImportRejection]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        ImportRejection(row=number, field=".".join(str(part) for part in one["loc"]), message=one["msg"])
        for one in found
    ]


def _rejection(number: int, message: str) -> ImportRejection:
    return ImportRejection(row=number, field="sku", message=message)


def _change(value: object) -> list[str | None]:
    return [None, None if value is None else str(value)]
