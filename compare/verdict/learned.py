"""What was there before the run: it looks generated, and can only stand for itself."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from compare.verdict.known import Known
from compare.verdict.matching import generated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.postgres import Clone
    from compare.traffic import Scenario
    from compare.verdict.known import Value
    from compare.verdict.matching import Matching

TYPES = ("uuid", "timestamp", "text", "character", "json", "bytea")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
REPEATED = 10_000  # values of a column of few that are remembered, so that each is read into once


class Template:
    """What the template holds, learnt from the first clone of it that is asked for, and shared by all runs."""

    def __init__(self) -> None:
        self._known: Known | None = None

    def known(self, clone: Clone | None) -> Known:
        """All that the rows of a clone hold, which nobody has touched since it was made or reset."""
        if self._known is None:
            self._known = Known()
            if clone is not None:
                learn_rows(self._known, clone)
        return self._known

    def close(self) -> None:
        """Take what is on disk away."""
        if self._known is not None:
            self._known.close()


@contextmanager
def template() -> Iterator[Template]:
    """A template's knowledge, until the block ends."""
    one = Template()
    try:
        yield one
    finally:
        one.close()


def learn_rows(known: Known, clone: Clone) -> None:
    """Learn from every row of every table."""
    for table in clone.tables():
        places = [(index, column.type) for index, column in enumerate(table.columns) if column.type.startswith(TYPES)]
        if places:
            for value in _values(clone.rows(table), places):
                known.add(value)


def learn_sent(matching: Matching, scenarios: Sequence[Scenario]) -> None:
    """Learn from what the scenarios themselves send."""
    for scenario in scenarios:
        for step in scenario.steps:
            for text in step.constants():
                matching.learn(text)


def _values(rows: Iterable[Sequence[str | None]], places: Sequence[tuple[int, str]]) -> Iterator[Value]:
    """What the columns at these places hold, each with the name of its type."""
    uuids = [index for index, kind in places if kind == "uuid"]
    times = [index for index, kind in places if kind.startswith("timestamp") and not kind.endswith("[]")]
    texts = [index for index, _ in places if index not in uuids and index not in times]
    seen: set[str] = set()
    for row in rows:
        for index in uuids:
            if (text := row[index]) is not None:
                yield "token", text.replace("-", "")
        for index in times:
            if (text := row[index]) is not None:
                yield from _time(text)
        for index in texts:
            if (text := row[index]) is not None and text not in seen:
                if len(seen) < REPEATED:
                    seen.add(text)
                yield from generated(text)


def _time(text: str) -> Iterator[Value]:
    """A timestamp as PostgreSQL writes it in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # infinite, or of a year that Python does not know
        yield from generated(text)
        return
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    yield "time", (moment - EPOCH) // MICROSECOND
