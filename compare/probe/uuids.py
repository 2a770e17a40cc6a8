"""UUIDs that are the same on both sides: versions 1, 4 and, where Python makes them, 6, 7 and 8.

Those of time count from the request's clock and are told apart by the number of the draw, so they rise within it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .draws import counted, drawing, drawn, hashed
from .standin import put

if TYPE_CHECKING:
    from .current import Request

GREGORIAN = 0x01B21DD213814000  # 100 ns intervals between 1582-10-15 and 1970
_MASK_60, _MASK_48, _MASK_42 = (1 << 60) - 1, (1 << 48) - 1, (1 << 42) - 1
_BITS_8 = {"a": 48, "b": 12, "c": 62}


def follow(module: Any) -> None:
    """Replace the functions of `uuid` that draw."""
    for version, make in ((1, _uuid1), (4, _uuid4), (6, _uuid6), (7, _uuid7), (8, _uuid8)):
        original = getattr(module, f"uuid{version}", None)
        if original is not None:
            put(original, make(module, original))


def _made(module: Any, value: int, version: int) -> Any:
    value &= ~(0xF << 76 | 0b11 << 62)
    return module.UUID(int=value | version << 76 | 0b10 << 62)


def _ticks(request: Request, number: int) -> int:
    """100 ns intervals since 1582 by the request's clock, one more for each draw."""
    return ((request.clock * 10 or time.time_ns() // 100) + GREGORIAN + number) & _MASK_60


def _place(module: Any, node: int | None, clock_seq: int | None, free: bytes) -> int:
    """The lower half of a UUID of time: a sequence and the machine."""
    sequence = int.from_bytes(free, "big") if clock_seq is None else clock_seq
    return (sequence & 0x3FFF) << 48 | (module.getnode() if node is None else node) & _MASK_48


def _uuid1(module: Any, original: Any) -> Any:
    def uuid1(node: int | None = None, clock_seq: int | None = None) -> Any:
        """Generate a UUID from a host ID, sequence number, and the current time."""
        request = drawing()
        if request is None:
            return original(node, clock_seq)
        number = counted(request, "uuid1")
        ticks = _ticks(request, number)
        time_part = (ticks & 0xFFFFFFFF) << 96 | (ticks >> 32 & 0xFFFF) << 80 | (ticks >> 48) << 64
        return _made(module, time_part | _place(module, node, clock_seq, hashed(request, "uuid1", number, 2)), 1)

    return uuid1


def _uuid4(module: Any, original: Any) -> Any:
    def uuid4() -> Any:
        """Generate a random UUID."""
        taken = drawn("uuid4", 16)
        return original() if taken is None else module.UUID(bytes=taken, version=4)

    return uuid4


def _uuid6(module: Any, original: Any) -> Any:
    def uuid6(node: int | None = None, clock_seq: int | None = None) -> Any:
        """Generate a UUID as version 1 does, in an order that sorts."""
        request = drawing()
        if request is None:
            return original(node, clock_seq)
        number = counted(request, "uuid6")
        ticks = _ticks(request, number)
        time_part = (ticks >> 12) << 80 | (ticks & 0xFFF) << 64
        return _made(module, time_part | _place(module, node, clock_seq, hashed(request, "uuid6", number, 2)), 6)

    return uuid6


def _uuid7(module: Any, original: Any) -> Any:
    def uuid7() -> Any:
        """Generate a UUID from a Unix timestamp in milliseconds, a counter and random bits."""
        request = drawing()
        if request is None:
            return original()
        number = counted(request, "uuid7")
        milliseconds = (request.clock // 1_000 or time.time_ns() // 10**6) & _MASK_48
        first = int.from_bytes(hashed(request, "uuid7's counter", 0, 5), "big")  # 40 bits: it has room to count on
        counter = (first + number) & _MASK_42
        tail = int.from_bytes(hashed(request, "uuid7", number, 4), "big")
        return _made(module, milliseconds << 80 | (counter >> 30) << 64 | (counter & 0x3FFFFFFF) << 32 | tail, 7)

    return uuid7


def _uuid8(module: Any, original: Any) -> Any:
    def uuid8(a: int | None = None, b: int | None = None, c: int | None = None) -> Any:
        """Generate a UUID from three custom blocks; what is not given is random."""
        taken = drawn("uuid8", 16)
        if taken is None:
            return original(a, b, c)
        free = int.from_bytes(taken, "big")
        drawn_parts = {"a": free >> 80, "b": free >> 64, "c": free}
        parts = {
            name: (drawn_parts[name] if value is None else value) & ((1 << _BITS_8[name]) - 1)
            for name, value in (("a", a), ("b", b), ("c", c))
        }
        return _made(module, parts["a"] << 80 | parts["b"] << 64 | parts["c"], 8)

    return uuid8
