"""Keeping secrets out of reports: they are pasted into tickets."""

from __future__ import annotations

import re

HIDDEN = "***"
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
NAMES = r"[\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|credential|private[_-]?key)[\w-]*"
JSON_VALUE = re.compile(rf'("{NAMES}"\s*:\s*)("(?:[^"\\]|\\.)*"?|[-\d.]+)', re.IGNORECASE)
FORM_VALUE = re.compile(rf"((?:^|[?&;\s]){NAMES}=)([^&\s;,]+)", re.IGNORECASE)
POINTER = re.compile(rf"/{NAMES}$|\.{NAMES}$|^header (?:authorization|x-api-key)$|^cookie [^,]+$", re.IGNORECASE)


def hide(text: str) -> str:
    """A body, query or row with the values of password-like names replaced by ***."""
    return FORM_VALUE.sub(rf"\1{HIDDEN}", JSON_VALUE.sub(rf'\1"{HIDDEN}"', text))


def hide_header(name: str, value: str) -> str:
    """A header's value, unless it proves who one is."""
    if name.lower() not in SECRET_HEADERS:
        return value
    if name.lower() == "set-cookie":
        key, _, rest = value.partition("=")
        return f"{key}={HIDDEN}{''.join(rest.partition(';')[1:])}"
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {HIDDEN}" if space and "=" not in scheme else HIDDEN


def hide_at(where: str, value: str) -> str:
    """A single value, by the place where it was found. Equal length tells nothing, so only the text is kept back."""
    if value.startswith("("):
        return value
    return HIDDEN if POINTER.search(where) else hide(value)
