"""The SQL that an in-process side ran, so that a test can count it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SAVEPOINTS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


class Statements:
    """Statements in the order they ran; those that only make and release savepoints of the isolation are left out."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def clear(self) -> None:
        """Forget what ran so far."""
        self.texts.clear()

    def __len__(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        return "\n".join(f"{number}. {' '.join(text.split())}" for number, text in enumerate(self.texts, start=1))


@contextmanager
def recorded() -> Iterator[Statements]:
    """Record what every SQLAlchemy engine of this process sends while the block runs."""
    from sqlalchemy import Engine, event  # noqa: PLC0415 - the team's own SQLAlchemy, only where it is used

    statements = Statements()

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        if not text.startswith(_SAVEPOINTS):
            statements.texts.append(text)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
