"""What has come of one request, message by message, and who may stop waiting for more."""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

from compare.subjects.moments import Moment, Trace
from compare.subjects.speech import Said


@dataclass
class Account:
    """One request, as far as it has been told.

    Attributes:
        moments: What was noted, in the order of the messages.
        sqlalchemy: Whether the app uses SQLAlchemy.
        state: The last one told; see `Said`.
        unknown: How many probes know nothing of it.
        over: Done when it came to rest, or nothing more can come.
        stalled: Done then, or when nothing but open transactions is left.
        answered: Done then, or when the probes have said what they know.
    """

    moments: list[Moment] = field(default_factory=list)
    sqlalchemy: bool = False
    state: str = ""
    unknown: int = 0
    over: Future[None] = field(default_factory=Future)
    stalled: Future[None] = field(default_factory=Future)
    answered: Future[None] = field(default_factory=Future)

    def add(self, said: Said) -> None:
        """Enter a message."""
        self.moments += said.moments
        self.sqlalchemy |= said.sqlalchemy
        if said.state == "unknown":
            self.unknown += 1
        elif said.state != "late" or not self.state:
            self.state = said.state

    def trace(self) -> Trace:
        """All of it, by time."""
        moments = tuple(sorted(self.moments, key=lambda moment: moment.at))
        return Trace(moments, at_rest=self.state in {"rest", "late"}, sqlalchemy=self.sqlalchemy)


def settle(*futures: Future[None]) -> None:
    """Let go whoever waits for these."""
    for future in futures:
        with suppress(InvalidStateError):  # it is done already
            future.set_result(None)
