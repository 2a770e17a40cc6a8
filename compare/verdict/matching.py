"""Matching of generated values: two different values may stand for each other, and then always for each other.

Nothing is masked. A pair of differing values is accepted only if both are of one generated kind, neither was there
before the run, and the pair is one-to-one with every earlier pair, wherever it turns up: bodies, headers, rows. An
equal pair binds too, so a value that was the same once cannot stand for another one later.

A text is split into literal parts, which must be equal, and embedded values. Whole numbers that differ may be keys
from a sequence; whether they are is known only from the rows at the end of the run, so they come back as *claims*.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from compare.verdict import kinds
from compare.verdict.bindings import Bindings
from compare.verdict.clock import Clock, quarters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.verdict.known import Value

Claim = tuple[int, int]  # a key on legacy, a key on async: they must turn out to be keys of one row
RefusalKind = Literal["value", "broken", "shift"]

# From coarse to fine; a text is cut at one level only if it could not be matched as a whole.
LEVELS = (
    re.compile(r"""([\s"'`<>(){}\[\]|,;&?#@!*$:%]+)"""),
    re.compile(r"([/=+.~\\]+)"),
    re.compile(r"([-_]+)"),
    re.compile(r"(\d+)"),
)
WORD = re.compile(r"[A-Za-z0-9_\-]{8,}")
CHUNK = re.compile(r"[A-Za-z0-9_\-+/=.~]{8,}")
DIGITS = re.compile(r"\d+")
# Most text holds nothing that is generated. Each of these is a cheap question; a no to it spares a dear one.
PLAIN = re.compile(r"\d|[A-Z]{2}|[0-9a-fA-F]{8}-")  # else there is no uuid, no time and no token
HELD_TOGETHER = re.compile(  # else nothing has punctuation of its own
    r"[\da-fA-F]-[\da-fA-F]|\.\d|\d\s?ms|, \d\d[ -][A-Z]|\.[A-Za-z0-9_\-=]{6,}\."
)
UNLIKE_WORDS = re.compile(r"[0-9]|[A-Z]{2}")  # else a word is no token
# Marks around what `signature` put in; private-use characters, so no text of an application holds them.
OPEN, CLOSE = "\ue000", "\ue001"
SIGNED = re.compile(f"({OPEN}[^{CLOSE}]*{CLOSE})")
UNIT = re.compile(r"\s?(ms|s)\b")
MARKS = "/=+.~_-"
LONGEST_KEY = 18  # digits of a bigint


@dataclass(frozen=True)
class Refusal:
    """Two values cannot stand for each other, and why."""

    kind: RefusalKind
    note: str = ""


@dataclass
class Matching:
    """Decides whether a legacy value and an async value are the same, generated values one to one."""

    clock: Clock
    bindings: Bindings = field(default_factory=Bindings)

    def text(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> Refusal | None:
        """Match two texts. Claims on keys are added to `claims`; a refusal leaves no trace in the bindings."""
        if legacy == async_:
            self._bind_equal(legacy, where)
            return None
        mark, kept = self.bindings.mark(), len(claims)
        refusal = self._text(legacy, async_, where, claims)
        if refusal is not None:
            self.bindings.undo(mark)
            del claims[kept:]
        return refusal

    def number(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> Refusal | None:
        """Match two numbers by their text: equal, both a moment of this run, a duration, or keys."""
        if legacy == async_ or self.clock.epochs(legacy, async_) or self.clock.durations(legacy, async_, where):
            return None
        if _key(legacy) and _key(async_):
            claims.append((int(legacy), int(async_)))
            return None
        return Refusal("value")

    def learn(self, text: str) -> None:
        """Remember what was there before the run: it was not generated, and can only stand for itself."""
        for value in generated(text):
            self.bindings.known.add(value)

    def close(self) -> None:
        """Take away what the pairs need on disk."""
        self.bindings.close()

    def signature(self, text: str, *, of_legacy: bool, is_key: Callable[[int], bool] | None = None) -> str:
        """The text with each generated value replaced by the pair it belongs to, or by its kind where it is not bound.

        Numbers in the text that `is_key` says yes to count as generated.
        """
        if not PLAIN.search(text):
            return text

        def token(word: str) -> str:
            image = self.bindings.image("token", kinds.canonical(word), of_legacy=of_legacy)
            return f"{OPEN}token {image or ''}{CLOSE}"

        def embedded(match: re.Match[str]) -> str:
            if match["uuid"]:
                return token(match[0])
            if match["time"] and (moment := kinds.moment(match["time"])):
                return match[0] if ("time", moment.micros) in self.bindings.known else f"{OPEN}time{CLOSE}"
            return f"{OPEN}signed{CLOSE}" if match["signed"] else match[0]

        def chunk(match: re.Match[str]) -> str:
            if kinds.plainly_random(match[0]):
                return token(match[0])
            return WORD.sub(lambda word: token(word[0]) if kinds.looks_random(word[0]) else word[0], match[0])

        text = _replaced(_replaced(text, kinds.EMBEDDED, embedded), CHUNK, chunk)
        return text if is_key is None else _replaced(text, DIGITS, partial(_as_key, is_key=is_key))

    def _bind_equal(self, text: str, where: str) -> None:
        """Equal values bind too; a pair that breaks an earlier one is left to the place where they differ."""
        if PLAIN.search(text) is None:
            return
        for match in kinds.EMBEDDED.finditer(text):
            if match["uuid"]:
                value = kinds.canonical(match["uuid"])
                self.bindings.bind("token", value, value, where)
            elif match["time"] and (moment := kinds.moment(match["time"])) and moment.exact:
                self.bindings.bind("time", moment.micros, moment.micros, where)
        for word in _words(text):
            self.bindings.bind("token", kinds.canonical(word), kinds.canonical(word), where)

    def _text(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> Refusal | None:
        """Level 0: values with punctuation of their own, then the literal parts between them."""
        ours = list(kinds.EMBEDDED.finditer(legacy))
        theirs = list(kinds.EMBEDDED.finditer(async_))
        if [match.lastgroup for match in ours] != [match.lastgroup for match in theirs]:
            return self._split(legacy, async_, 0, where, claims)
        at_legacy = at_async = 0
        for mine, other in zip(ours, theirs, strict=True):
            between = legacy[at_legacy : mine.start()], async_[at_async : other.start()]
            refusal = self._split(*between, 0, where, claims) or self._embedded(mine, other, where, claims)
            if refusal is not None:
                return refusal
            at_legacy, at_async = mine.end(), other.end()
        return self._split(legacy[at_legacy:], async_[at_async:], 0, where, claims)

    def _embedded(self, mine: re.Match[str], other: re.Match[str], where: str, claims: list[Claim]) -> Refusal | None:
        legacy, async_ = mine[0], other[0]
        match mine.lastgroup:
            case "uuid":
                return self._uuid(legacy, async_, where)
            case "time" | "http":
                return self._time(legacy, async_, where)
            case "date":
                return None if legacy == async_ or self.clock.around_midnight(legacy, async_) else Refusal("value")
            case "decimal":
                unit = UNIT.match(mine.string, mine.end())
                held = legacy == async_ or self.clock.durations(legacy, async_, where, unit[1] if unit else "")
                return None if held else Refusal("value")
            case _:
                return self._signed(legacy, async_, where, claims)

    def _split(self, legacy: str, async_: str, level: int, where: str, claims: list[Claim]) -> Refusal | None:
        """Cut both texts at the same marks; what lies between is matched as a whole, or cut finer."""
        if legacy == async_:
            self._bind_equal(legacy, where)
            return None
        if level > 0 and (whole := self._whole(legacy, async_, where, claims)):
            return whole[0]
        if level == len(LEVELS):
            return Refusal("value")
        ours, theirs = LEVELS[level].split(legacy), LEVELS[level].split(async_)
        digits = level == len(LEVELS) - 1
        if len(ours) != len(theirs) or (not digits and ours[1::2] != theirs[1::2]):
            return Refusal("value")
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            if digits and index % 2:
                refusal = self._digits(mine, other, claims)
            else:
                refusal = self._split(mine, other, level + 1, where, claims)
            if refusal is not None:
                return refusal
        return None

    def _whole(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> tuple[Refusal | None, ...]:
        """A piece as base64 of text, or as a token, with what came of it; nothing where it is neither."""
        inner = kinds.decoded_text(legacy), kinds.decoded_text(async_)
        if inner[0] is not None and inner[1] is not None:
            return (self._inner(inner[0], inner[1], where, claims),)
        mine, other = _without_common_ends(legacy, async_)
        if kinds.alike_tokens(mine, other):
            return (self._bound("token", kinds.canonical(mine), kinds.canonical(other), where),)
        return ()

    def _inner(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> Refusal | None:
        """Text that was wrapped: JSON field by field, anything else as text."""
        if not (kinds.is_json(legacy) and kinds.is_json(async_)):
            return self._text(legacy, async_, where, claims)
        ours, theirs = (
            dict(_leaves(json.loads(text, parse_float=_Number, parse_int=_Number))) for text in (legacy, async_)
        )
        if ours.keys() != theirs.keys():
            return Refusal("value")
        pairs = ((ours[place], theirs[place]) for place in ours)
        return next((found for pair in pairs if (found := self._leaf(*pair, where, claims)) is not None), None)

    def _leaf(self, legacy: object, async_: object, where: str, claims: list[Claim]) -> Refusal | None:
        if isinstance(legacy, _Number) and isinstance(async_, _Number):
            return self.number(legacy, async_, where, claims)
        if type(legacy) is type(async_) is str:
            return self.text(str(legacy), str(async_), where, claims)
        return None if type(legacy) is type(async_) and legacy == async_ else Refusal("value")

    def _signed(self, legacy: str, async_: str, where: str, claims: list[Claim]) -> Refusal | None:
        """A JWT or a signed cookie: what it says in clear is matched, its signature is free."""
        ours, theirs = kinds.signed_parts(legacy), kinds.signed_parts(async_)
        if ours is None or theirs is None or len(ours) != len(theirs):
            return self._split(legacy, async_, 0, where, claims)
        for mine, other in zip(ours, theirs, strict=True):
            refusal = self._inner(mine, other, where, claims)
            if refusal is not None:
                return refusal
        return None

    def _uuid(self, legacy: str, async_: str, where: str) -> Refusal | None:
        if legacy != async_ and kinds.uuid_form(legacy) != kinds.uuid_form(async_):
            return Refusal("value", "two uuids, of another version or written in another case")
        return self._bound("token", kinds.canonical(legacy), kinds.canonical(async_), where)

    def _time(self, legacy: str, async_: str, where: str) -> Refusal | None:
        ours, theirs = kinds.moment(legacy), kinds.moment(async_)
        if legacy == async_ and ours is None:
            return None
        if ours is None or theirs is None:
            return Refusal("value")
        apart, slack = abs(ours.micros - theirs.micros), self.clock.slack * 1e6
        if ours.zone != theirs.zone or ours.form != theirs.form:
            shifted = ours.zone != theirs.zone and apart <= slack
            note = f"times written in two ways: {legacy} and {async_}"
            return Refusal("shift" if shifted or quarters(apart, slack) else "value", note)
        if apart > slack:
            return Refusal("shift", f"{apart / 3.6e9:g} h apart") if quarters(apart, slack) else Refusal("value")
        return self._moments(ours, theirs, where)

    def _moments(self, ours: kinds.Moment, theirs: kinds.Moment, where: str) -> Refusal | None:
        """Two moments that are close and written alike."""
        exact = ours.exact and theirs.exact
        if ours.micros != theirs.micros:
            for side, moment in (("legacy", ours), ("async", theirs)):
                if ("time", moment.micros) in self.bindings.known:
                    return Refusal("value", f"the time on {side} was there before the run, so nothing made it now")
            if not exact and not (self.clock.fresh(ours) and self.clock.fresh(theirs)):
                return Refusal("value")
        return self._bound("time", ours.micros, theirs.micros, where) if exact else None

    def _bound(
        self, space: Literal["token", "time"], legacy: str | int, async_: str | int, where: str
    ) -> Refusal | None:
        broken = self.bindings.bind(space, legacy, async_, where)
        return None if broken is None else Refusal("broken", broken)

    def _digits(self, legacy: str, async_: str, claims: list[Claim]) -> Refusal | None:
        """A run of digits inside a word: padded to one width, or not padded at all."""
        if legacy == async_ or self.clock.epochs(legacy, async_):
            return None
        padded = legacy.startswith("0") or async_.startswith("0")
        if (padded and len(legacy) != len(async_)) or max(len(legacy), len(async_)) > LONGEST_KEY:
            return Refusal("value")
        claims.append((int(legacy), int(async_)))
        return None


class _Number(str):
    """A JSON number by its text."""

    __slots__ = ()


def _without_common_ends(one: str, other: str) -> tuple[str, str]:
    """Both texts without what they share up to the last mark in front and from the first mark behind."""
    start = _shared_to_mark(one, other)
    end = _shared_to_mark(one[start:][::-1], other[start:][::-1])
    return one[start : len(one) - end], other[start : len(other) - end]


def _shared_to_mark(one: str, other: str) -> int:
    """How long the common beginning is, up to and with its last mark."""
    common = 0
    for index, (mine, theirs) in enumerate(zip(one, other, strict=False), 1):
        if mine != theirs:
            break
        if mine in MARKS:
            common = index
    return common


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every value in a JSON document that holds no others, with its place; empty containers are such values."""
    children: list[tuple[object, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    if not children:
        yield place, value
    for key, child in children:
        yield from _leaves(child, f"{place}/{key}")


def _key(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_KEY


def generated(text: str) -> Iterator[Value]:
    """The uuids, times and tokens in a text, each as it is known by."""
    if PLAIN.search(text) is None:
        return
    bare = text
    if HELD_TOGETHER.search(text) is not None:
        for match in kinds.EMBEDDED.finditer(text):
            if match["uuid"]:
                yield "token", kinds.canonical(match["uuid"])
            elif match["time"] and (moment := kinds.moment(match["time"])):
                yield "time", moment.micros
        bare = kinds.EMBEDDED.sub(" ", text)
    for word in WORD.findall(bare):
        if UNLIKE_WORDS.search(word) is not None and kinds.looks_random(word):
            yield "token", kinds.canonical(word)


def _replaced(text: str, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> str:
    """A text with its matches replaced, but for those inside of what was put in before."""
    if pattern.search(text) is None:
        return text
    pieces = SIGNED.split(text)
    return "".join(piece if index % 2 else pattern.sub(replacement, piece) for index, piece in enumerate(pieces))


def _as_key(match: re.Match[str], is_key: Callable[[int], bool]) -> str:
    return f"{OPEN}key{CLOSE}" if len(match[0]) <= LONGEST_KEY and is_key(int(match[0])) else match[0]


def _words(text: str) -> list[str]:
    """The words of a text that could be tokens."""
    return [word for word in WORD.findall(kinds.EMBEDDED.sub(" ", text)) if kinds.looks_random(word)]
