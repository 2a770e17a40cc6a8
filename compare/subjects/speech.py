"""One message of the probe, read: a line of JSON into moments."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from compare.subjects import moments
from compare.subjects.moments import Moment


@dataclass(frozen=True)
class Said:
    """What one message says.

    Attributes:
        identity: The request's id; '' is none.
        state: `rest`, `stalled`, `asked`, `part`, `late` or `unknown`; see `compare/probe/work.py`.
        moments: What was noted since the message before.
        begun: When the request began, in seconds since the probe was loaded.
        sqlalchemy: Whether the app uses SQLAlchemy.
    """

    identity: str
    state: str
    moments: tuple[Moment, ...]
    begun: float
    sqlalchemy: bool

    def apart(self) -> tuple[Moment, ...]:
        """The moments as those of no request: their times count from the loading of the probe."""
        return tuple(replace(moment, at=moment.at + self.begun) for moment in self.moments)


_KINDS: dict[str, Callable[..., Moment]] = {
    kind.__name__: kind
    for kind in (
        moments.Answering,
        moments.Statement,
        moments.Boundary,
        moments.Pooled,
        moments.ImplicitLoad,
        moments.Logged,
        moments.Raised,
        moments.Blocked,
        moments.Outbound,
        moments.Prevention,
        moments.Worked,
        moments.Unfinished,
    )
}


def heard(line: bytes | bytearray) -> Said | None:
    """Read a message; None for a line that is none (another process's words on our socket)."""
    try:
        message = json.loads(line)
        events = tuple(_moment(kind, at, fields) for kind, at, fields in message["events"])
        return Said(message["id"], message["state"], events, message["begun"], message["sqlalchemy"])
    except (ValueError, KeyError, TypeError):
        return None


def _moment(kind: str, at: float, fields: dict[str, Any]) -> Moment:
    """One event; one that is not understood shows as a log record, so that the rest of its message still counts."""
    try:
        return _KINDS[kind](at=at, **{name: _frozen(value) for name, value in fields.items()})
    except (KeyError, TypeError):
        return moments.Logged(at, "WARNING", "compare.probe", f"an event that compare does not know: {kind} {fields}")


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
