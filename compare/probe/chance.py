"""The same random values on both sides: `random`, `secrets`, `os.urandom`, and with `uuids` the random UUIDs.

Within a request that has a seed, all of them are drawn from it; each function of a module is a kind that counts for
itself. Outside, the true ones are. Once the app has called `random.seed` with a value of its own within a request, the
functions of `random` follow that for the rest of the request, as they would without the probe.

Not covered: extensions that draw for themselves (bcrypt, cryptography, numpy), subprocesses, and the order of sets of
text, which PYTHONHASHSEED sets. The names of temporary files stay random: the two sides share a machine.
"""

from __future__ import annotations

import os
import random
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

from . import uuids
from .draws import drawing, drawn
from .imports import when_imported
from .standin import StandIn, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REMEMBERED = 1_000  # requests that seeded `random` themselves
_UNIT = 2.0**-53

_true_urandom = os.urandom
_true_seed = random.Random.seed
_hidden: Any = random._inst  # noqa: SLF001 - the instance behind random's functions
_seeded: OrderedDict[str, Any] = OrderedDict()  # by request
_installed: list[bool] = []


def install(settings: Mapping[str, Any]) -> None:
    """Draw from the request's seed from now on."""
    if _installed or not settings.get("prevent"):
        return
    _installed.append(True)
    random._urandom = StandIn(_true_urandom, partial(_bytes, "random.SystemRandom"))  # type: ignore[attr-defined]  # noqa: SLF001 - what SystemRandom calls
    put(_true_urandom, StandIn(_true_urandom, partial(_bytes, "os.urandom")))
    if hasattr(os, "getrandom"):
        put(os.getrandom, StandIn(os.getrandom, _getrandom(os.getrandom)))
    _follow_random()
    when_imported("secrets", _follow_secrets)
    when_imported("tempfile", _spare_tempfile)
    when_imported("uuid", uuids.follow)


def _bytes(kind: str, size: int, /) -> bytes:
    taken = drawn(kind, size)
    return _true_urandom(size) if taken is None else taken


def _getrandom(original: Callable[..., bytes]) -> Callable[..., bytes]:
    def getrandom(size: int, flags: int = 0) -> bytes:
        taken = drawn("os.getrandom", size)
        return original(size, flags) if taken is None else taken

    return getrandom


def _own() -> Any:
    """The generator that the app seeded within the current request."""
    request = drawing() if _seeded else None
    return None if request is None else _seeded.get(request.id)


class _Stream(random.Random):
    """What a function of `random` is bound to: draws of one kind, or the app's own, or the true ones."""

    def __new__(cls, *_: object) -> _Stream:  # noqa: PYI034 - nothing derives from it
        return super().__new__(cls)

    def __init__(self, kind: str) -> None:
        self._kind = kind  # and no more: the base class would seed it

    def random(self) -> float:
        """As `random.random`."""
        own = _own()
        taken = drawn(self._kind, 7) if own is None else None
        if taken is None:
            return float((own or _hidden).random())
        return (int.from_bytes(taken, "big") >> 3) * _UNIT

    def getrandbits(self, k: int, /) -> int:
        """As `random.getrandbits`."""
        own, size = _own(), (k + 7) // 8
        taken = drawn(self._kind, size) if own is None else None
        if taken is None:
            return int((own or _hidden).getrandbits(k))
        return int.from_bytes(taken, "big") >> (size * 8 - k)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """As `random.seed`, for the current request alone."""
        request = drawing()
        if request is None:
            _hidden.seed(a, version)
        elif a is None:
            _seeded.pop(request.id, None)
        else:
            _follow_own(request.id, a, version)

    def getstate(self) -> Any:
        """As `random.getstate`. From here on the request follows that state: it may be set again."""
        request, own = drawing(), _own()
        if request is not None and own is None:
            own = _follow_own(request.id, drawn("random.getstate", 32), 2)
        return (own or _hidden).getstate()

    def setstate(self, state: Any) -> None:
        """As `random.setstate`, for the current request alone."""
        request = drawing()
        (_hidden if request is None else _own() or _follow_own(request.id, 0, 2)).setstate(state)

    @property
    def gauss_next(self) -> float | None:
        """The second of two values that `gauss` makes at once; kept only where draws follow one another."""
        own = _own()
        if own is None and drawing() is not None:
            return None
        kept: float | None = (own or _hidden).gauss_next
        return kept

    @gauss_next.setter
    def gauss_next(self, value: float | None) -> None:
        own = _own()
        if own is not None or drawing() is None:
            (own or _hidden).gauss_next = value


def _follow_own(identity: str, seed: Any, version: int) -> Any:
    own: Any
    own = _seeded[identity] = random.Random(0)  # noqa: S311 - the app's own choice
    own.seed(seed, version)
    while len(_seeded) > REMEMBERED:
        _seeded.popitem(last=False)
    return own


def _follow_random() -> None:
    for name, value in list(vars(random).items()):
        if getattr(value, "__self__", None) is _hidden:
            put(value, getattr(_Stream(f"random.{name}"), value.__name__))
    random._inst = _Stream("random")  # noqa: SLF001 - as above

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and self is not _hidden:
            a = drawn("random.Random", 32)
        _true_seed(self, a, version)

    random.Random.seed = seed  # type: ignore[method-assign]  # the same signature, less precisely


class _System(random.SystemRandom):
    """What a function of `secrets` is bound to: draws of one kind, or true ones."""

    def __new__(cls, *_: object) -> _System:  # noqa: PYI034 - nothing derives from it
        return super().__new__(cls)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def random(self) -> float:
        """As `SystemRandom.random`."""
        return (int.from_bytes(self.randbytes(7), "big") >> 3) * _UNIT

    def getrandbits(self, k: int, /) -> int:
        """As `SystemRandom.getrandbits`."""
        if k < 0:
            raise ValueError("number of bits must be non-negative")
        size = (k + 7) // 8
        return int.from_bytes(self.randbytes(size), "big") >> (size * 8 - k)

    def randbytes(self, n: int) -> bytes:
        """As `SystemRandom.randbytes`."""
        return _bytes(self._kind, n)


def _follow_secrets(module: Any) -> None:
    if not hasattr(module, "_sysrand"):  # the app's own module of that name
        return
    module._sysrand = _System("secrets")  # noqa: SLF001 - what its functions draw from
    put(module.choice, _System("secrets.choice").choice)
    put(module.randbits, _System("secrets.randbits").getrandbits)


def _spare_tempfile(module: Any) -> None:
    class Unfollowed(random.Random):
        seed = _true_seed

    if hasattr(module, "_Random"):
        module._Random = Unfollowed  # noqa: SLF001 - what it makes its names from
