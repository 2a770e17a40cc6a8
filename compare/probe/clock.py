"""The same wall clock on both sides: within a request, the time that compare gave it.

The clock of a request stands still for a second, so that both sides read the same time however fast they are; then it
runs on at true speed, so that code which waits for time to pass comes to its end. Monotonic time is never touched, nor
is anything outside a request.

`datetime.datetime` and `datetime.date` stay the types that they are, for isinstance, pickles, subclasses and drivers:
only the methods in their own dictionaries are replaced.

Not covered: extensions that read the clock themselves (pydantic's `PastDatetime` compares in Rust), subprocesses, the
database's `now()`, and a reference to a method, such as `now = datetime.now`, that was made before the probe was
loaded. It is loaded before the app; names that the standard library has imported by then are replaced too.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import sys
import time
import warnings
from contextvars import copy_context
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .current import Request, current, note
from .standin import Place, StandIn, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FROZEN_SECONDS = 1.0
SAMPLE = 86_400_000_001  # microseconds since 1970 that the check at the installation sets the clock to
TOLERATED_SECONDS = 3_600.0  # the check may be interrupted for long
UTCNOW_WARNS = (3, 12)  # the Python version since which it does

_true_time, _true_time_ns = time.time, time.time_ns
_true_localtime = time.localtime
_installed: list[bool] = []


def install(settings: Mapping[str, Any]) -> None:
    """Give requests their clock from now on; where that cannot be done, leave everything as it was and say so."""
    if _installed or not settings.get("prevent"):
        return
    _installed.append(True)
    changed: list[Place] = []
    try:
        for original, call in _functions():
            changed += put(original, StandIn(original, call))
        for kind, name, call in _methods():
            changed.append(_set(kind, name, classmethod(call)))
        reason = copy_context().run(_refuted)
    except Exception as error:  # noqa: BLE001 - it reaches into the interpreter: anything may go wrong, the app goes on
        reason = f"{type(error).__name__}: {error}"
    if reason:
        for namespace, name, value in reversed(changed):
            namespace[name] = value
        _forget_methods()
        note("Prevention", what="clock", ok=False, reason=reason)


def moment_ns() -> int | None:
    """What the clock of the current request shows, in nanoseconds since 1970; None where there is none."""
    request = current.get()
    if request is None or not request.clock:
        return None
    gone = perf_counter() - request.begun - FROZEN_SECONDS
    return request.clock * 1_000 + (int(gone * 1e9) if gone > 0 else 0)


def _seconds() -> float:
    moment = moment_ns()
    return _true_time() if moment is None else moment / 1e9


def _nanoseconds() -> int:
    moment = moment_ns()
    return _true_time_ns() if moment is None else moment


def _functions() -> list[tuple[Any, Callable[..., Any]]]:
    """Functions of `time` and what to call instead."""
    found: list[tuple[Any, Callable[..., Any]]] = [(time.time, _seconds), (time.time_ns, _nanoseconds)]
    found += [(original, _of_now(original)) for original in (time.gmtime, time.localtime, time.ctime)]

    def asctime(*given: Any, original: Any = time.asctime) -> Any:
        moment = None if given else moment_ns()
        return original(*given) if moment is None else original(_true_localtime(moment // 10**9))

    def strftime(*given: Any, original: Any = time.strftime) -> Any:
        moment = moment_ns() if len(given) == 1 else None
        return original(*given) if moment is None else original(*given, _true_localtime(moment // 10**9))

    found += [(time.asctime, asctime), (time.strftime, strftime)]
    if hasattr(time, "CLOCK_REALTIME"):
        found += [
            (time.clock_gettime, _of_clock(time.clock_gettime, _seconds)),
            (time.clock_gettime_ns, _of_clock(time.clock_gettime_ns, _nanoseconds)),
        ]
    return found


def _of_now(original: Any) -> Callable[..., Any]:
    """A function that takes seconds since 1970, and without them means now."""

    def call(*given: Any) -> Any:
        moment = None if given and given[0] is not None else moment_ns()
        return original(*given) if moment is None else original(moment // 10**9)

    return call


def _of_clock(original: Any, wall: Callable[[], Any]) -> Callable[..., Any]:
    def call(clock: int, /) -> Any:
        return wall() if clock == time.CLOCK_REALTIME else original(clock)

    return call


def _methods() -> list[tuple[type, str, Callable[..., Any]]]:
    """Class methods of `date` and `datetime`, by type and name, and the functions to put there."""
    made, kinds = dt.datetime.__dict__["fromtimestamp"], (dt.datetime, dt.date)
    true_now, true_today = kinds[0].__dict__["now"], kinds[1].__dict__["today"]

    def now(cls: Any, tz: dt.tzinfo | None = None) -> Any:
        moment = moment_ns()
        if moment is None:
            return true_now.__get__(None, cls)(tz)
        return made.__get__(None, cls)(moment / 1e9, tz)

    def utcnow(cls: Any) -> Any:
        if sys.version_info >= UTCNOW_WARNS:  # the true one would blame the probe
            warnings.warn(
                "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use "
                "timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).",
                DeprecationWarning,
                stacklevel=2,
            )
        here = now(dt.datetime, dt.timezone.utc)
        return cls(here.year, here.month, here.day, here.hour, here.minute, here.second, here.microsecond)

    def today(cls: Any) -> Any:
        moment = moment_ns()
        return true_today.__get__(None, cls)() if moment is None else cls.fromtimestamp(moment / 1e9)

    return [(kinds[0], "now", now), (kinds[0], "utcnow", utcnow), (kinds[1], "today", today)]


def _set(kind: type, name: str, value: object) -> Place:
    """Put an attribute into a type that Python code may not change."""
    (namespace,) = gc.get_referents(kind.__dict__)
    before = namespace[name]
    namespace[name] = value
    _forget_methods()
    return namespace, name, before


def _forget_methods() -> None:
    """Let no cache, of subclasses either, remember the methods that were found before."""
    for kind in (dt.date, dt.datetime):
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _refuted() -> str:
    """What shows the wrong time with the clock set; '' if nothing does. Run in a context of its own."""

    class Own(dt.datetime):
        pass

    true, seconds = _true_time(), SAMPLE / 1e6
    current.set(None)
    outside = {"time.time": time.time(), "datetime.now": Own.now().timestamp()}
    current.set(Request("the probe's own check", clock=SAMPLE))
    utc = dt.timezone.utc
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        naive = Own.utcnow()
    within = {
        "time.time": time.time(),
        "time.time_ns": time.time_ns() / 1e9,
        "datetime.now": dt.datetime.now(utc).timestamp(),
        "datetime.utcnow": naive.replace(tzinfo=utc).timestamp(),
        "datetime.today": Own.today().timestamp(),
        "time.localtime": time.mktime(time.localtime()) + 1,
    }
    for shown, start in ((outside, true), (within, seconds)):
        for name, value in shown.items():
            if not -1 < value - start < TOLERATED_SECONDS:
                return f"{name} shows {value} where {start} was expected"
    kinds = {type(Own.now()), type(naive), type(Own.today())}
    return "" if kinds == {Own} else f"a subclass of datetime makes {kinds}"
