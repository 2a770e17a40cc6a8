"""An answer's body in a few lines: of JSON what stands around the place in question."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def readable(body: str, where: str) -> Iterator[str]:
    """A body line by line; of JSON only the object or list that holds the place, laid out."""
    with suppress(ValueError):
        body = json.dumps(_around(json.loads(body), where), indent=2, ensure_ascii=False)
    yield from body.splitlines()


def _around(document: object, where: str) -> object:
    """The object or list that holds the place which a JSON pointer names; what else it holds is abbreviated."""
    *parents, last = where.split("/")[1:] or [""]
    for part in parents:
        key: object = int(part) if isinstance(document, list) and part.isdecimal() else part
        try:
            document = document[key]  # type: ignore[index] # whatever cannot be indexed ends the walk
        except (KeyError, IndexError, TypeError):
            break
    if not isinstance(document, dict) or last not in document:
        return document
    return {key: value if key == last else _abbreviated(value) for key, value in document.items()}


def _abbreviated(value: object) -> object:
    return "…" if isinstance(value, dict | list) and value else value
