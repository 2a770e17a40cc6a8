"""What a name in a path or in a document is about: `customer_id`, `customerId` and `/customers/7` mean a customer."""

from __future__ import annotations

import re

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "pk", "key", "ref", "reference", "number", "no", "code", "slug"})
SIBILANT = ("sses", "shes", "ches", "xes", "zes")
NO_PLURAL = ("ss", "us", "is")


def words(name: str) -> list[str]:
    """`orderItemId` and `order-item_id` as `[order, item, id]`."""
    return [word for word in re.split(r"[^A-Za-z0-9]+", CAMEL.sub("_", name)) if word]


def singular(name: str) -> str:
    """One of what a name speaks of, in lower case and without separators: `order-items` is `orderitem`."""
    text = "".join(words(name)).lower()
    if text.endswith("ies") and len(text) > len("ties"):
        return text[:-3] + "y"
    if text.endswith(SIBILANT):
        return text[:-2]
    if text.endswith("s") and not text.endswith(NO_PLURAL):
        return text[:-1]
    return text


def is_id(name: str) -> bool:
    """Whether a name is that of an identifier: `id`, `customer_id`, `customerIds`, `sku_code`."""
    parts = words(name)
    return bool(parts) and parts[-1].lower() in ID_WORDS


def noun(name: str) -> str:
    """What an identifier belongs to: `customer` for `customer_id` and for `customer`; '' for a bare `id`."""
    parts = words(name)
    while parts and parts[-1].lower() in ID_WORDS:
        parts.pop()
    return singular("_".join(parts))


def noun_of_path(path: str) -> str:
    """What a path is about: its last segment that is neither a parameter nor a value. `/orders/{id}` is `order`."""
    for segment in reversed(path.partition("?")[0].split("/")):
        if segment and not segment.startswith("{") and not looks_like_value(segment):
            return singular(segment)
    return ""


def looks_like_value(segment: str) -> bool:
    """Whether a path segment is a number, a uuid or another text with digits and no name."""
    return bool(re.fullmatch(r"[\d-]+|(?=.*\d)[\w~.+=-]{12,}", segment))
