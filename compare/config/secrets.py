"""What must never be shown: values of password-like names, passwords in URLs, values that a run knows to be secret.

Errors, logs and reports are pasted into tickets. These functions know no particular app; a name is secret by what it
says, a value because the run was given it.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

HIDDEN = "***"
SHORTEST = 6
"""Characters; a shorter value stands in too many places by chance, and hiding all of them would tell it."""

# A setting about a secret (PASSWORD_MIN_LENGTH, ACCESS_TOKEN_EXPIRE_MINUTES) is none itself, so a name has to end so.
_NAME = (
    r"(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization"
    r"|cookie)s?(?:[_-]?(?:key|value|hash|\d+))?"
)
_SECRET = re.compile(rf"{_NAME}$", re.IGNORECASE)
_VALUE = r"""(?:bearer|basic|token)\s+[^\s,;"']+|"[^"\n]*"|'[^'\n]*'|[^\s,;&)}\]"']+"""
_ASSIGNED = re.compile(rf"""(?P<name>[\w-]*{_NAME}["']?\s*[=:]\s*)(?P<value>{_VALUE})""", re.IGNORECASE)
_URL = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s/'\"]*)(?=@)", re.IGNORECASE)
_PLAIN = frozenset({"localhost", "disabled", "enabled"})


def is_secret(name: str) -> bool:
    """Whether a variable, key, header or column of this name holds what must not be shown."""
    return _SECRET.search(name) is not None


def secret_values(values: Mapping[str, str]) -> frozenset[str]:
    """The values of an environment that must not be shown: those of password-like names, and passwords in URLs."""
    found: set[str] = set()
    for name, value in values.items():
        if is_secret(name):
            found.add(value)
        found.update(_passwords(value))
    return frozenset(value for value in found if len(value) >= SHORTEST and value.lower() not in _PLAIN)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """A text with *** in place of the `secrets`, of passwords in URLs, and of what follows a password-like name."""
    text = _URL.sub(rf"\g<start>{HIDDEN}", text)
    for secret in sorted(_spellings(secrets), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return _ASSIGNED.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    value = found["value"]
    around = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{around}{HIDDEN}{around}"


def _spellings(secrets: Iterable[str]) -> set[str]:
    """Each secret as it is, and as it stands in a URL."""
    long = {secret for secret in secrets if len(secret) >= SHORTEST}
    return long | {quote(secret, safe="") for secret in long}


def _passwords(value: str) -> set[str]:
    """The password in a URL, as it stands there and as it is meant."""
    if "://" not in value:
        return set()
    try:
        password = urlsplit(value).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()
