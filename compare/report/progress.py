"""Progress on stderr, for a person who watches; nothing where nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from compare.verdict import Event, Stage, StepDone

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console


class Progress:
    """A listener that shows a bar, on a terminal only. No run is over in less time than a person can watch."""

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
        if not self._shown:
            self._bar.start()
            self._shown = True
