"""The findings as the page shows them: a card for each group, in it its examples, within the size of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import escape

from compare.report.curl import curl
from compare.report.groups import of_severity, trap
from compare.report.html.sides import Line, Marked, differ, laid_out, side_by_side
from compare.report.html.timeline import LANES, Timeline, timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.findings import Exchange, Finding, Group, Reply, Severity, Tick

BUDGET = 2_500_000  # bytes that all examples may take; exchanges that come later are left out
MOST = 500  # groups that the page shows
ROW, MARK, TAGS = 60, 150, 2000  # bytes that a line, a mark and an example take beside their text
NO_ROOM = "The request and its answers are left out to keep this file small; --json holds them."
SAME_REQUEST = "Seen in the same request as above."
TITLES: dict[Severity, str] = {"difference": "Differences", "hazard": "Hazards", "information": "Information"}


@dataclass(frozen=True)
class Shown:
    """An exchange made ready: the request, then both sides line by line, and the drawing."""

    request: str
    answers: list[Line]
    changes: list[Line]
    steps: list[Line]
    drawing: Timeline | None
    changes_differ: bool
    steps_differ: bool

    @property
    def size(self) -> int:
        """About how many bytes of the file it takes."""
        lines = [*self.answers, *self.changes, *self.steps]
        texts = [part for line in lines for side in (line.legacy, line.async_) for part in side or ()]
        marks = [mark for half in self.drawing.halves for mark in half.marks] if self.drawing else []
        written = "".join([self.request, *texts, *(mark.text for mark in marks)])
        return len(escape(written).encode()) + ROW * len(lines) + MARK * len(marks)


@dataclass(frozen=True)
class Example:
    """A finding with both values marked; `shown` is None where there is no exchange, or no room for it."""

    finding: Finding
    legacy: Marked
    async_: Marked
    trap: str
    shown: Shown | None
    without: str = ""  # why there is no exchange although the finding has one


@dataclass(frozen=True)
class Card:
    """One group. `layers` are those of all its examples."""

    number: int
    group: Group
    trap: str
    layers: tuple[str, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Section:
    """All groups of one severity."""

    severity: Severity
    title: str
    cards: tuple[Card, ...]


def sections(groups: tuple[Group, ...]) -> list[Section]:
    """Differences, hazards, information; those that there are, and in all the first `MOST` groups."""
    room, number, found = BUDGET, 0, []
    for severity, title in TITLES.items():
        cards = []
        for group in of_severity(groups, severity)[: MOST - number]:
            number += 1
            examples = _examples(group, room)
            room -= sum(TAGS + (example.shown.size if example.shown else 0) for example in examples)
            layers = tuple(dict.fromkeys(finding.layer for finding in group.examples))
            cards.append(Card(number, group, trap(group.primary), layers, examples))
        if cards:
            found.append(Section(severity, title, tuple(cards)))
    return found


def _examples(group: Group, room: int) -> tuple[Example, ...]:
    """Every example of a group; the exchange of each request once, while there is room."""
    told: list[Exchange] = []
    examples = []
    for finding in group.examples:
        shown, without = None, ""
        if finding.exchange in told:
            without = SAME_REQUEST
        elif finding.exchange is not None:
            shown = _shown(finding.exchange) if room > 0 else None
            if shown is None or shown.size > room:
                shown, without = None, NO_ROOM
            else:
                told.append(finding.exchange)
                room -= shown.size
        legacy, async_ = _marked(finding.legacy, finding.async_)
        examples.append(Example(finding, legacy, async_, trap(finding), shown, without))
    return tuple(examples)


def _marked(legacy: str, async_: str) -> tuple[Marked, Marked]:
    line = next(iter(side_by_side([legacy], [async_])), None)
    nothing = ("", "", "")
    return (nothing, nothing) if line is None else (line.legacy or ("", "", legacy), line.async_ or ("", "", async_))


def _shown(exchange: Exchange) -> Shown:
    answers = side_by_side(_answer(exchange.legacy), _answer(exchange.async_))
    changes = side_by_side(*exchange.changes)
    steps = side_by_side(*(_steps(line) for line in exchange.ticks))
    return Shown(
        curl(exchange),
        answers,
        changes,
        steps,
        timeline(exchange),
        changes_differ=differ(changes),
        steps_differ=differ(steps),
    )


def _answer(reply: Reply) -> list[str]:
    """Status, headers and body as lines."""
    headers = [f"{name}: {value}" for name, value in sorted(reply.headers, key=lambda header: header[0].lower())]
    return [str(reply.status or "no HTTP answer"), *headers, "", *laid_out(reply.body)]


def _steps(ticks: Sequence[Tick]) -> list[str]:
    """What a side did, in the order in which it began."""
    order = {lane: place for place, lane in enumerate(LANES)}
    return [" ".join(tick.text.split()) for tick in sorted(ticks, key=lambda tick: (tick.at, order.get(tick.lane, 0)))]
