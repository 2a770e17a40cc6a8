"""Progress on stderr, for a person who watches; nothing where nobody does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from compare.verdict import Event, Stage, StepDone

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

PATIENCE = 2.0  # seconds; what is over sooner needs no bar


class Progress:
    """A listener that shows a bar once the run has taken longer than PATIENCE, on a terminal only."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._watched = console.is_terminal
        self._begun = time.monotonic()
        self._task = self._bar.add_task("starting", total=None)
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Take in one event of the engine."""
        if not self._watched:
            return
        if isinstance(event, Stage):
            self._bar.update(self._task, description=event.text)
        elif isinstance(event, StepDone):
            self._bar.update(self._task, description=event.scenario, completed=event.done, total=event.total)
        if not self._shown and time.monotonic() - self._begun > PATIENCE:
            self._bar.start()
            self._shown = True
