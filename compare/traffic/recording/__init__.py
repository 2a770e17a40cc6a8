"""Recordings: what a browser, a proxy or Schemathesis wrote down as HAR, played again on both sides.

Ids and tokens of recorded answers that turn up in later requests are carried over to each side's own. The statuses of
a recording are information: neither side is held to them, only to each other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.traffic.files import matching_files
from compare.traffic.recording.har import read_har
from compare.traffic.recording.noise import app_origin, reason_to_leave_out
from compare.traffic.recording.steps import steps_of
from compare.traffic.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Recording", "load_recordings", "read_recording"]

SUFFIXES = (".har",)


@dataclass(frozen=True)
class Recording:
    """One HAR file.

    Attributes:
        scenario: Its requests to the app.
        origin: The app's origin in the recording.
        left_out: How many entries were left out, by the reason: `{"to other hosts": 12}`.
    """

    scenario: Scenario
    origin: str
    left_out: tuple[tuple[str, int], ...]


def load_recordings(patterns: Iterable[str], directory: Path) -> list[Recording]:
    """The recordings that files, folders and globs stand for. UsageError where one stands for none or is malformed."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        matches = matching_files(pattern, directory, SUFFIXES)
        if not matches:
            raise UsageError(
                f"No recordings: {pattern!r} names no HAR file below {directory}.\n"
                "Save one from the network tab of a browser's developer tools ('Save all as HAR')."
            )
        found.update(dict.fromkeys(matches))
    named = {path: path.relative_to(directory) if path.is_relative_to(directory) else path for path in found}
    return [read_recording(path, f"recording {name.as_posix()}") for path, name in named.items()]


def read_recording(path: Path, name: str = "") -> Recording:
    """One HAR file as a scenario of this name; without one it is the file's.

    Raises:
        UsageError: it is malformed, or holds no request to the app.
    """
    log = read_har(path)
    app = app_origin(log)
    reasons = [reason_to_leave_out(entry, app) for entry in log.entries]
    kept = [entry for entry, reason in zip(log.entries, reasons, strict=True) if reason is None]
    left_out = Counter(reason for reason in reasons if reason is not None)
    if app is None or not kept:
        counted = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "none at all"
        raise UsageError(
            f"{path}: holds no request to {app or 'an HTTP address'} (entries left out: {counted}).\n"
            'Name the app in the file, if it is another: "log": {"_compare": {"origin": "https://api.example.org"}, …}.'
        )
    scenario = Scenario(name or f"recording {path.name}", path, steps_of(kept, app), origin="recorded")
    return Recording(scenario, app, tuple(left_out.items()))
