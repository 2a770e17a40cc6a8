"""What tuning found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compare.bench.tune.own import Own
    from compare.bench.tune.search import Decision, Space
    from compare.bench.tune.setting import Setting
    from compare.bench.tune.trial import Trial
    from compare.config import SideName


@dataclass(frozen=True)
class Tuning:
    """The whole.

    Attributes:
        side: that was tuned.
        app: what it is.
        machine: where it was measured, in words.
        cores: of that machine.
        load: what was sent, in words.
        clients: that sent at a time.
        connections: that the database grants the app, in all its processes.
        assumed: whether nobody said so, and it is what the app can open now.
        margin: up to which a difference counts as none.
        own: what the app has itself.
        space: what there was to choose from.
        current: what the app has itself, under the load, before anything was tried.
        tried: each setting that was tried, in that order.
        final: rounds in turn: what the app has itself, then the best that were tried; empty where none served.
        decision: what these say.
        skipped: settings for which there was no time.
        refused: routes that are not in the load, and why; none where those in it were chosen.
        seconds: that it took.
    """

    side: SideName
    app: str
    machine: str
    cores: int
    load: str
    clients: int
    connections: int
    assumed: bool
    margin: float
    own: Own
    space: Space
    current: Trial
    tried: Sequence[Trial]
    final: Sequence[Trial]
    decision: Decision
    skipped: Sequence[Setting] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def now(self) -> Trial:
        """What the app has itself, as it was measured last."""
        return self.final[0] if self.final else self.current
