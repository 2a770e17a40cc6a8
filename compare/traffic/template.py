"""`${name}` in the strings of a scenario, filled in per side. `$${` writes a plain `${`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Values = dict[str, Json]  # the captured values of one side

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
REFERENCE = re.compile(r"\$(\$\{)|\$\{(" + NAME + r")\}")
WHOLE = re.compile(r"\$\{(" + NAME + r")\}\Z")
PATH_SAFE = "/:@!$&'()*+,;=~-._"
UNIQUE = "unique"
"""The name of a value that is another one for each request, and the same on both sides: `${unique}`."""


def names(value: Json) -> Iterator[str]:
    """Every name that is referred to anywhere in `value`, keys of objects included."""
    if isinstance(value, str):
        yield from (match[2] for match in REFERENCE.finditer(value) if match[2])
    elif isinstance(value, list):
        for item in value:
            yield from names(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from names(key)
            yield from names(item)


def escaped(text: str) -> str:
    """A text that means itself, `${` included."""
    return text.replace("${", "$${")


def text_of(value: Json) -> str:
    """A captured value inside a string: text as it is, everything else as JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def fill_text(text: str, values: Mapping[str, Json]) -> str:
    """`text` with every reference replaced. KeyError for a name that has no value."""
    return REFERENCE.sub(lambda match: "${" if match[1] else text_of(values[match[2]]), text)


def fill(value: Json, values: Mapping[str, Json]) -> Json:
    """A JSON value with every reference replaced; a string that is one reference takes the value's own type."""
    if isinstance(value, str):
        whole = WHOLE.match(value)
        return values[whole[1]] if whole else fill_text(value, values)
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    if isinstance(value, dict):
        return {fill_text(key, values): fill(item, values) for key, item in value.items()}
    return value


def fill_target(target: str, values: Mapping[str, Json]) -> str:
    """A path with references replaced, percent-encoding what they hold.

    A path that *begins* with a reference takes the value as it is: that is a link which an answer gave.
    """
    path, mark, query = target.partition("?")
    filled = []
    for part, safe in ((path, PATH_SAFE), (query, "-._~")):
        position = 0
        pieces = []
        for match in REFERENCE.finditer(part):
            pieces.append(part[position : match.start()])
            position = match.end()
            if match[1]:
                pieces.append("$%7B")
                continue
            value = text_of(values[match[2]])
            is_link = part is path and match.start() == 0 and value.startswith(("/", "http://", "https://"))
            pieces.append(value if is_link else quote(value, safe=safe))
        filled.append("".join([*pieces, part[position:]]))
    return mark.join(filled) if mark else filled[0]
