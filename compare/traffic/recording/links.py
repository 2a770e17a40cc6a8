"""Links from recorded answers to later recorded requests: each becomes a capture and a `${reference}`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.traffic.capture import Capture
from compare.traffic.nouns import is_id, noun
from compare.traffic.recording.values import id_text, is_generated, produced
from compare.traffic.template import escaped

if TYPE_CHECKING:
    from compare.traffic.recording.har import Entry
    from compare.traffic.recording.values import Produced
    from compare.traffic.template import Json

PIECE = re.compile(r"[A-Za-z0-9_\-.~+=]{16,}")


@dataclass(frozen=True)
class Slot:
    """A place in a request that a value may be sent in.

    `about` is the noun of an id that is sent there; `is_id` whether ids are sent there at all; `typed` whether a
    number and its text differ there, as in JSON.
    """

    about: str = ""
    is_id: bool = False
    typed: bool = False

    @classmethod
    def named(cls, key: str, about: str, *, typed: bool = False) -> Slot:
        """The slot of a field; `about` is for one that is named `id` and no more."""
        return cls(noun(key) or about, is_id(key), typed)


@dataclass
class Links:
    """What was answered and sent so far, and the captures that came of it."""

    _produced: dict[str, list[Produced]] = field(default_factory=lambda: defaultdict(list))
    _sent: dict[str, int] = field(default_factory=dict)  # generated texts, by the step that sent them first
    _sent_ids: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _names: dict[tuple[int, str], str] = field(default_factory=dict)
    _abouts: set[str] = field(default_factory=set)

    def answered(self, step: int, entry: Entry) -> None:
        """Take in an answer, after the request that it belongs to."""
        for value in produced(step, entry):
            self._produced[value.text].append(value)
            self._abouts.add(value.about)

    def captures(self, step: int) -> tuple[Capture, ...]:
        """What later steps take from the answer of this one."""
        return tuple(Capture.parse(name, expression) for (at, expression), name in self._names.items() if at == step)

    def text(self, step: int, text: str, slot: Slot) -> str:
        """A text of a request as a template: a reference for the whole, or for the tokens within."""
        whole = self._reference(step, text, slot)
        if whole is not None:
            return whole
        pieces: list[str] = []
        position = 0
        for match in PIECE.finditer(text):
            reference = self._reference(step, match[0], Slot()) if is_generated(match[0]) else None
            if reference is not None:
                pieces += [escaped(text[position : match.start()]), reference]
                position = match.end()
        return "".join([*pieces, escaped(text[position:])])

    def json(self, step: int, value: Json, about: str, key: str = "") -> Json:
        """A JSON value of a request as a template."""
        if isinstance(value, dict):
            return {escaped(name): self.json(step, inner, about, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.json(step, inner, about, key) for inner in value]
        slot = Slot.named(key, about, typed=True)
        if isinstance(value, str):
            return self.text(step, value, slot)
        number = id_text(value)
        return (number and self._reference(step, number, slot, number=True)) or value

    def _reference(self, step: int, text: str, slot: Slot, *, number: bool = False) -> str | None:
        """`${name}` for a value that an earlier answer gave; None for one that is the client's own."""
        found = [one for one in self._produced.get(text, ()) if self._fits(one, slot, number=number)]
        if is_generated(text):
            self._sent.setdefault(text, step)
        elif slot.is_id:
            self._sent_ids[slot.about, text].add(step)
        if not found:
            return None
        # The nearest producer, but rather one of the same noun, and rather one that is no item of a list.
        best = max(found, key=lambda one: (one.about == slot.about, not one.listed, one.step))
        return f"${{{self._name(best)}}}"

    def _fits(self, one: Produced, slot: Slot, *, number: bool) -> bool:
        if slot.typed and one.is_text == number:
            return False
        if one.generated:
            return self._sent.get(one.text, one.step + 1) > one.step
        if not slot.is_id:
            return False
        if one.about != slot.about and not (one.written and slot.about not in self._abouts):
            return False
        sent = self._sent_ids.get((slot.about, one.text), set())
        # What the client itself sent with the very request, or before a mere read showed it, is the client's.
        return one.step not in sent and (one.written or not any(at <= one.step for at in sent))

    def _name(self, one: Produced) -> str:
        key = one.step, one.expression
        if key not in self._names:
            base = re.sub(r"\W+", "_", one.name, flags=re.ASCII).strip("_").lower() or "value"
            base = f"_{base}" if base[0].isdigit() else base
            taken = set(self._names.values())
            numbered = (base if count == 1 else f"{base}_{count}" for count in range(1, len(taken) + 2))
            self._names[key] = next(name for name in numbered if name not in taken)
        return self._names[key]
