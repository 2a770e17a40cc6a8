"""Keyset pagination: the cursor names the last row of a page, so the next page starts behind it."""

import base64
import binascii
import json

from shared_models.errors import UnprocessableError


def encode(*keys: str | int) -> str:
    """Return an opaque, URL-safe cursor for the sort keys of a row."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[str | int]:
    """Return the sort keys of a cursor, checked against their `kinds`.

    The check is not a formality: a number that arrives as text is coerced by psycopg2 and refused by asyncpg (T14).

    Raises:
        UnprocessableError: the cursor was not made by `encode` for these kinds.
    """
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        keys = None
    if not isinstance(keys, list) or [type(key) for key in keys] != list(kinds) or not all(map(_storable, keys)):
        message = f"The cursor {cursor!r} was not handed out here. Leave it out to start from the beginning."
        raise UnprocessableError(message)
    return keys


def _storable(key: str | int) -> bool:
    """Tell whether PostgreSQL can hold a key: a number in eight bytes (T47), a text without NUL or half a character."""
    if isinstance(key, int):
        return -(2**63) <= key < 2**63
    return "\0" not in key and not any("\ud800" <= character <= "\udfff" for character in key)
