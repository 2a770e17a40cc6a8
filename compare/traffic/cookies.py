"""The cookies of one side."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


@dataclass
class Jar:
    """The cookies of one side in one scenario.

    Unlike a browser it keeps Secure cookies over plain HTTP and ignores Domain: the app runs on loopback, and a
    log-in must work as it does behind the team's own host name.
    """

    _kept: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Keep, replace and drop cookies as an answer says."""
        for key, cookie in headers:
            if key.lower() != "set-cookie":
                continue
            first, *rest = cookie.split(";")
            name, _, value = first.partition("=")
            settings = {k.strip().lower(): v.strip() for k, _, v in (part.partition("=") for part in rest)}
            slot = name.strip(), settings.get("path") or "/"
            if _over(settings):
                self._kept.pop(slot, None)
            else:
                self._kept[slot] = value.strip()

    def header(self, target: str, given: tuple[tuple[str, str], ...]) -> str:
        """The Cookie header for a path; cookies that the step gives go first."""
        path = target.partition("?")[0]
        kept = {name: value for (name, scope), value in self._kept.items() if _within(path, scope)}
        return "; ".join(f"{name}={value}" for name, value in {**kept, **dict(given)}.items())


def _over(settings: dict[str, str]) -> bool:
    if "max-age" in settings:
        return settings["max-age"].lstrip("-").isdecimal() and int(settings["max-age"]) <= 0
    try:
        return "expires" in settings and parsedate_to_datetime(settings["expires"]).timestamp() <= time.time()
    except ValueError:
        return False


def _within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(scope if scope.endswith("/") else scope + "/")
