"""Keys drawn from sequences: which key of async belongs to which of legacy, known from committed rows.

Two differing whole numbers in an answer may be keys of one row, if the sides drew from the sequence in another order or
left other gaps. Whether they are is not guessed: the rows say it. Only for keys of rows that are gone by the end is it
enough that both sequences passed over the numbers and came to stand apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.verdict.matching import Claim

Sequences = dict[str, int | None]


@dataclass
class Runs:
    """A mapping of whole numbers, kept as runs in which both sides count up: rows that are made in turn are one run."""

    _starts: list[int] = field(default_factory=list)
    _images: list[int] = field(default_factory=list)  # of each start
    _lengths: list[int] = field(default_factory=list)

    def get(self, number: int) -> int | None:
        """What it stands for; None where that is not known."""
        at = bisect_right(self._starts, number) - 1
        if at < 0 or number >= self._starts[at] + self._lengths[at]:
            return None
        return self._images[at] + number - self._starts[at]

    def setdefault(self, number: int, image: int) -> int:
        """What it stands for: `image`, unless another one was known before."""
        known = self.get(number)
        if known is not None:
            return known
        at = bisect_right(self._starts, number) - 1
        if at >= 0 and (number, image) == (
            self._starts[at] + self._lengths[at],
            self._images[at] + self._lengths[at],
        ):
            self._lengths[at] += 1
        else:
            self._starts.insert(at + 1, number)
            self._images.insert(at + 1, image)
            self._lengths.insert(at + 1, 1)
        return image


@dataclass
class Keys:
    """What is known of each sequence: where it stood at first, where each side left it, and the pairs of keys.

    `standing(side, sequence, key)` asks whether a committed row of the side holds the key.
    """

    before: Sequences
    legacy: Sequences
    async_: Sequences
    standing: Callable[[str, str, int], bool] = lambda _side, _sequence, _key: True
    foreign: dict[tuple[str, str], str] = field(
        default_factory=dict
    )  # (table, column) → the sequence behind what it refers to
    _forward: dict[str, Runs] = field(default_factory=lambda: defaultdict(Runs))
    _backward: dict[str, Runs] = field(default_factory=lambda: defaultdict(Runs))

    @classmethod
    def before_run(cls, before: Sequences) -> Keys:
        """What is known before anything was sent; `draw` and `close` tell the rest."""
        return cls(before, dict(before), dict(before))

    def anew(self) -> Keys:
        """The same before anything was sent."""
        return Keys(self.before, dict(self.before), dict(self.before), foreign=self.foreign)

    def draw(self, sequence: str, key: int, *, of_legacy: bool) -> None:
        """A side was seen to have drawn this key: a committed row of the run holds it."""
        last = self.legacy if of_legacy else self.async_
        last[sequence] = max(key, last.get(sequence) or 0)

    def close(self, legacy: Sequences, async_: Sequences, standing: Callable[[str, str, int], bool]) -> None:
        """The run is over: where each side left its sequences, and which keys still stand in a row."""
        self.legacy, self.async_, self.standing = legacy, async_, standing

    def known(self, claim: Claim) -> bool:
        """Whether a row was seen that has these two keys; False says nothing while the run goes on."""
        legacy, async_ = claim
        return legacy == async_ or any(self._forward[sequence].get(legacy) == async_ for sequence in self.before)

    def ends(self) -> Iterator[tuple[str, str, str]]:
        """Sequences that the sides left at other values: the name, and both values in words."""
        for name in sorted(self.legacy.keys() & self.async_.keys()):
            if self.legacy[name] != self.async_[name]:
                ours, theirs = (str(side[name] or "never drawn from") for side in (self.legacy, self.async_))
                yield name, ours, theirs

    def drawn(self, sequence: str, key: int, *, of_legacy: bool) -> bool:
        """Whether this side drew the key from the sequence during the run."""
        last = (self.legacy if of_legacy else self.async_).get(sequence)
        return last is not None and (self.before.get(sequence) or 0) < key <= last

    def any_drawn(self, key: int, *, of_legacy: bool) -> bool:
        """Whether this side drew the key from any sequence."""
        return any(self.drawn(sequence, key, of_legacy=of_legacy) for sequence in self.before)

    def pair(self, sequence: str, legacy: int, async_: int) -> bool:
        """Two rows were found to be the same one, so their keys are. False if either key is of another row."""
        if legacy != async_ and not (
            self.drawn(sequence, legacy, of_legacy=True) and self.drawn(sequence, async_, of_legacy=False)
        ):
            return False
        if self._forward[sequence].setdefault(legacy, async_) != async_:
            return False
        return self._backward[sequence].setdefault(async_, legacy) == legacy

    def image(self, sequence: str, key: int, *, of_legacy: bool) -> int | None:
        """The key by which async knows the row that has this key; None where it is not known (yet)."""
        if not self.drawn(sequence, key, of_legacy=of_legacy):
            return key
        if of_legacy:
            return self._forward[sequence].get(key)
        return key if self._backward[sequence].get(key) is not None else None

    def in_step(self, sequence: str) -> bool:
        """Whether both sides left the sequence at one value: then equal keys mean equal rows until shown otherwise."""
        return self.legacy.get(sequence) == self.async_.get(sequence)

    def hold(self, claim: Claim) -> bool:
        """Whether the two numbers are keys of one row, by some sequence that both sides drew them from."""
        legacy, async_ = claim
        if legacy == async_:
            return True
        return any(
            self._holds(sequence, legacy, async_)
            for sequence in self.before
            if self.drawn(sequence, legacy, of_legacy=True) and self.drawn(sequence, async_, of_legacy=False)
        )

    def _holds(self, sequence: str, legacy: int, async_: int) -> bool:
        known = self._forward[sequence].get(legacy)
        if known is not None or self._backward[sequence].get(async_) is not None:
            return known == async_
        if self.in_step(sequence):
            return False
        if self.standing("legacy", sequence, legacy) or self.standing("async", sequence, async_):
            return False
        return self.pair(sequence, legacy, async_)
