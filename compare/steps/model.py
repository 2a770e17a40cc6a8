"""What a step is, and what comes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from compare.steps.project import Project


@dataclass(frozen=True)
class Change:
    """A file that a step changes.

    Attributes:
        path: Relative to the project's root.
        before: Its text; None if it was not there.
        after: Its text from now on; None if it goes.
        what: What was done to it, each as many times as it was.
    """

    path: Path
    before: str | None
    after: str | None
    what: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remaining:
    """A place that a step leaves for a hand.

    Attributes:
        path: Relative to the project's root.
        line: From 1.
        reason: Why, and what would help.
        code: The trap's id, where it is one.
    """

    path: Path
    line: int
    reason: str
    code: str = ""


@dataclass(frozen=True)
class Outcome:
    """What comes of one step.

    Attributes:
        changes: Files.
        remaining: Places that stay as they were.
        notes: What else is to be told of it, a sentence each.
    """

    changes: tuple[Change, ...] = ()
    remaining: tuple[Remaining, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counted(self) -> Counter[str]:
        """How often each thing was done."""
        return Counter(what for change in self.changes for what in change.what)


@dataclass(frozen=True)
class Step:
    """One branch of the way.

    Attributes:
        number: From 0.
        name: Its branch is called so.
        title: What it does, as a commit's first line.
        why: A paragraph.
        transform: What it does to a project; reads, writes nothing.
        traced: Whether it wants to know what a run of the tests shows.
    """

    number: int
    name: str
    title: str
    why: str
    transform: Callable[[Project], Outcome]
    traced: bool = False

    @property
    def branch(self) -> str:
        """`03-loads`."""
        return f"{self.number:02}-{self.name}"
