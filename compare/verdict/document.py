"""Comparing JSON with its types: 1, 1.0, "1" and true are four values, and 1.10 is not written like 1.1."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from compare.verdict.difference import Difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.verdict.matching import Claim, Matching

LIMIT = 200  # differences of one body; beyond it the two have nothing to do with each other
ORDERED = 500  # longest list that is looked through for a mere change of order
OTHER = frozenset({"RES003", "RES010"})  # what is said of a value that stands in another item's place


@dataclass(frozen=True)
class Number:
    """A JSON number by its text, so that no digit is lost."""

    text: str

    @property
    def kind(self) -> str:
        """`integer` or `number`, as the text is written."""
        return "integer" if self.text.lstrip("-").isdecimal() else "number"


@dataclass(frozen=True)
class Object:
    """A JSON object with its keys in order, twice-given ones included."""

    items: tuple[tuple[str, object], ...]

    @property
    def keys(self) -> list[str]:
        """Every key, once, in order."""
        return list(dict(self.items))

    @property
    def doubled(self) -> list[str]:
        """Keys that are given more than once."""
        names = [key for key, _ in self.items]
        return sorted({key for key in names if names.count(key) > 1}) if len(set(names)) < len(names) else []


def parse(text: str) -> object:
    """JSON as str, bool, None, list, Number and Object. ValueError for what is not JSON."""
    return json.loads(
        text,
        parse_int=Number,
        parse_float=Number,
        parse_constant=Number,
        object_pairs_hook=lambda pairs: Object(tuple(pairs)),
    )


def kind_of(value: object) -> str:
    """The JSON type of a value, in words."""
    if isinstance(value, Number):
        return value.kind
    names = {str: "string", bool: "boolean", type(None): "null", list: "array", Object: "object"}
    return names[type(value)]


def written(value: object) -> str:
    """A value as JSON again, digits kept."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, Object):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(item)}" for key, item in value.items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def compare_documents(legacy: object, async_: object, matching: Matching, where: str = "") -> list[Difference]:
    """Every difference between two parsed bodies, each with its JSON pointer; at most LIMIT."""
    return list(_Walk(matching).compare(legacy, async_, where))[:LIMIT]


def signature(value: object, matching: Matching, *, of_legacy: bool) -> str:
    """A text that is equal for values that could be the same one: generated parts by their pair or kind."""
    if isinstance(value, str):
        return json.dumps(matching.signature(value, of_legacy=of_legacy))
    if isinstance(value, Object):
        return (
            "{"
            + ",".join(
                f"{key}:{signature(item, matching, of_legacy=of_legacy)}"
                for key, item in sorted(value.items, key=lambda p: p[0])
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(signature(item, matching, of_legacy=of_legacy) for item in value) + "]"
    return written(value)


def pointers(value: object, items: int, where: str = "") -> Iterator[str]:
    """The place of every value that holds no others, `*` for an index; of each list the first `items` items."""
    if isinstance(value, Object) and value.items:
        for key, item in value.items:
            yield from pointers(item, items, f"{where}/{key}")
    elif isinstance(value, list) and value:
        for item in value[:items]:
            yield from pointers(item, items, f"{where}/*")
    else:
        yield where or "/"


@dataclass(frozen=True)
class _Walk:
    matching: Matching

    def compare(self, legacy: object, async_: object, where: str) -> Iterator[Difference]:
        if isinstance(legacy, Object) and isinstance(async_, Object):
            yield from self._objects(legacy, async_, where)
        elif isinstance(legacy, list) and isinstance(async_, list):
            yield from self._lists(legacy, async_, where)
        elif kind_of(legacy) != kind_of(async_) and not (isinstance(legacy, Number) and isinstance(async_, Number)):
            note = f"{kind_of(legacy)} on legacy, {kind_of(async_)} on async"
            yield Difference("RES004", where or "/", shown(written(legacy)), shown(written(async_)), note)
        else:
            yield from self._leaves(legacy, async_, where or "/")

    def _objects(self, legacy: Object, async_: Object, where: str) -> Iterator[Difference]:
        ours, theirs = dict(legacy.items), dict(async_.items)
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            inner = f"{where}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in theirs:
                yield Difference("RES005", inner, shown(written(ours[key])), "(no such key)")
            elif key not in ours:
                yield Difference("RES005", inner, "(no such key)", shown(written(theirs[key])))
            else:
                yield from self.compare(ours[key], theirs[key], inner)
        if legacy.doubled != async_.doubled:
            yield Difference("RES005", where or "/", str(legacy.doubled), str(async_.doubled), "keys given twice")

    def _lists(self, legacy: list[object], async_: list[object], where: str) -> Iterator[Difference]:
        if len(legacy) != len(async_):
            yield self._other_length(legacy, async_, where or "/")
            return
        mark = self.matching.bindings.mark()
        found = list(self._items(legacy, async_, where))
        if any(not difference.claims for difference in found) and 1 < len(legacy) <= ORDERED:
            self.matching.bindings.undo(mark)
            reordered = self._reordered(legacy, async_, where or "/")
            found = [reordered] if reordered else list(self._items(legacy, async_, where))
        yield from found

    def _items(self, legacy: list[object], async_: list[object], where: str) -> Iterator[Difference]:
        """Item by item; those in whose place another one stands are told as one difference of the list."""
        others: list[tuple[object, object]] = []
        for index, (mine, other) in enumerate(zip(legacy, async_, strict=True)):
            mark = self.matching.bindings.mark()
            found = list(self.compare(mine, other, f"{where}/{index}"))
            if _is_another(mine, found):
                self.matching.bindings.undo(mark)
                others.append((mine, other))
            else:
                yield from found
        if others:
            note = f"{len(others)} of {len(legacy)} items are others"
            mine, other = others[0]
            yield Difference("RES006", where or "/", shown(written(mine)), shown(written(other)), note)

    def _reordered(self, legacy: list[object], async_: list[object], where: str) -> Difference | None:
        """One difference instead of many, where both lists hold the same items in another order."""
        ours, theirs = self._signatures(legacy, async_)
        if ours == theirs or sorted(ours) != sorted(theirs):
            return None
        first = next(index for index, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
        note = f"the same {len(legacy)} items in another order; the first that differs is number {first}"
        return Difference("RES006", where, shown(written(legacy[first])), shown(written(async_[first])), note)

    def _signatures(self, legacy: list[object], async_: list[object]) -> tuple[list[str], list[str]]:
        return (
            [signature(item, self.matching, of_legacy=True) for item in legacy],
            [signature(item, self.matching, of_legacy=False) for item in async_],
        )

    def _other_length(self, legacy: list[object], async_: list[object], where: str) -> Difference:
        ours, theirs = self._signatures(legacy, async_)
        spare = list(theirs)
        only_legacy = []
        for item, mark in zip(legacy, ours, strict=True):
            if mark in spare:
                spare.remove(mark)
            else:
                only_legacy.append(item)
        only_async = [item for item, mark in zip(async_, theirs, strict=True) if mark in spare]
        return Difference(
            "RES006",
            where,
            _counted(legacy, only_legacy),
            _counted(async_, only_async),
            f"{len(legacy)} items on legacy, {len(async_)} on async",
        )

    def _leaves(self, legacy: object, async_: object, where: str) -> Iterator[Difference]:
        claims: list[Claim] = []
        if isinstance(legacy, Number) and isinstance(async_, Number):
            ours, theirs = legacy.text, async_.text
            if ours != theirs and _same_number(legacy, async_):
                yield Difference("RES007", where, ours, theirs)
                return
            refusal = self.matching.number(ours, theirs, where, claims)
        elif isinstance(legacy, str) and isinstance(async_, str):
            ours, theirs = legacy, async_
            refusal = self.matching.text(ours, theirs, where, claims)
        else:
            if legacy != async_:
                yield Difference("RES003", where, written(legacy), written(async_))
            return
        if refusal is not None:
            yield Difference.of(refusal, where, written(legacy), written(async_))
        elif claims:
            yield Difference("RES003", where, shown(written(legacy)), shown(written(async_)), claims=tuple(claims))


def _is_another(item: object, differences: list[Difference]) -> bool:
    """Whether most values of an item of several differ: then another item stands in its place."""
    if not isinstance(item, Object):
        return False
    differing = sum(difference.code in OTHER and not difference.claims for difference in differences)
    return differing > max(1, sum(1 for _ in pointers(item, LIMIT)) // 2)


def _same_number(legacy: object, async_: object) -> bool:
    if not (isinstance(legacy, Number) and isinstance(async_, Number)):
        return False
    try:
        return Decimal(legacy.text) == Decimal(async_.text) and legacy.text != async_.text
    except ArithmeticError:
        return False


def _counted(items: list[object], only: list[object]) -> str:
    return f"{len(items)} items" + (f", only here: {shown(written(only[0]))}" if only else "")
