"""What a whole run of load showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compare.bench.chance import Ratio
    from compare.bench.figures import Round
    from compare.config import SideName

SIDES: tuple[SideName, SideName] = ("legacy", "async")
MIX = "the mix"


@dataclass(frozen=True)
class Measured:
    """All rounds of one route, or of the mix.

    Attributes:
        name: `GET /orders/{id}`, or MIX.
        together: how many requests are sent for one that is measured, itself included; the mean of all scripts.
        pairs: rounds of legacy and async under the same load, one right after the other.
        sweep: for each side one round for each number of clients, in rising order.
        open: for each side one round for each rate.
        recovered: for each side, whether it answered at once after a round that it did not cope with.
        skipped: numbers of clients for which there was no time.
        stopped: why its measuring ended before it was through.
    """

    name: str
    together: float
    pairs: Sequence[tuple[Round, Round]] = ()
    sweep: Mapping[SideName, Sequence[Round]] = field(default_factory=dict)
    open: Mapping[SideName, Sequence[Round]] = field(default_factory=dict)
    recovered: Mapping[SideName, bool] = field(default_factory=dict)
    skipped: Sequence[int] = ()
    stopped: str = ""

    def compared(self, side: SideName) -> list[Round]:
        """The rounds of one side in which both were compared."""
        return [pair[SIDES.index(side)] for pair in self.pairs]


@dataclass(frozen=True)
class Reason:
    """What holds a side back: which of its limits it has reached, and the figures in words."""

    kind: Literal["locks", "core", "threads", "pool", "database", "waits"]
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Judged:
    """What is said of one route, or of the mix.

    Attributes:
        verdict: faster, slower, same, unsure, or none where nothing can be said.
        words: the verdict as a sentence.
        throughput: async by legacy, requests a second.
        cpu: async by legacy, processor time for one request; None where it cannot be read.
        reasons: what holds each side back, read from the figures.
        advice: what to change.
        stalls: for each side, at how many clients it stops answering; None where it does not.
        notes: what a reader of the figures has to know.
    """

    measured: Measured
    verdict: Literal["faster", "slower", "same", "unsure", "none"]
    words: str
    throughput: Ratio | None = None
    cpu: Ratio | None = None
    reasons: Mapping[SideName, Reason] = field(default_factory=dict)
    advice: Sequence[str] = ()
    stalls: Mapping[SideName, int | None] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Benchmark:
    """The whole.

    Attributes:
        apps: what each side is.
        machine: where it was measured, in words.
        ceiling: requests a second that the generator reaches at most.
        clients: at which both sides are compared.
        margin: up to which a difference counts as none.
        judged: the mix first, then routes, most frequent first.
        refused: routes that cannot be measured, and why.
        seconds: that it took.
    """

    apps: Mapping[str, str]
    machine: str
    ceiling: float
    clients: int
    margin: float
    judged: Sequence[Judged]
    refused: Mapping[str, str]
    seconds: float
    stopped: str = ""
