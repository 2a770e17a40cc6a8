"""Imports that the plain app and the fast one are sent, and what they write."""

from tests.side_by_side import STRANGE, Pair

ROWS: list[dict[str, object]] = [
    {"sku": "NEW-1", "name": STRANGE, "price": "1.5", "weight": 1.1, "tags": ["a", "b'\"", STRANGE], "stock": 3},
    {"sku": "NEW-2", "name": "Two", "price": 2},
    {"sku": "NEW-3", "name": "Three", "price": "99999999.99", "weight": 999999.9, "tags": [], "stock": 1_000_000_000},
    {"sku": "NEW-4", "name": "Twice", "price": "0.10"},
    {"sku": "NEW-4", "name": "Twice", "price": "0.10"},
    {"sku": "ITEM-00001", "name": "Taken", "price": "0.10"},
    {"sku": "new \u00e9", "price": "x", "more": STRANGE},
]
IMPORT = {"rows": ROWS}


def written(pair: Pair) -> None:
    """Compare the tables that the fast routes write to."""
    pair.rows("SELECT id, sku, name, price, weight, tags, thumbnail, stock, version, deleted_at FROM items ORDER BY id")
    pair.rows("SELECT count(*) FROM items WHERE updated_at <> created_at OR created_at > now()")
    pair.rows("SELECT id, request_id, action, entity, entity_key, changes::text FROM audit_entries ORDER BY id")
    pair.rows("SELECT id, now() - last_used_at < interval '1 min' AS used FROM login_tokens ORDER BY id")
