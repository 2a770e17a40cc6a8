"""Work in threads: it keeps the request it belongs to, and the request waits for it."""

from __future__ import annotations

import functools
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor, thread
from contextvars import Context
from typing import TYPE_CHECKING, Any

from .current import current, note
from .imports import when_imported
from .raised import raised
from .work import enter, leave

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOPS_OWN = (socket.getaddrinfo, socket.getnameinfo)  # what asyncio itself hands to a thread
_POOL_TARGETS = (getattr(thread, "_worker", None),)
_POOL_MODULES = ("anyio.",)


def install() -> None:
    """Carry the current request into threads from now on."""
    _follow_executors()
    _follow_threads()
    when_imported("anyio.to_thread", _follow_anyio)


def named(call: Any) -> str:
    """What a call is called, whatever it is wrapped in."""
    for _ in range(10):
        if isinstance(call, functools.partial):
            bound = getattr(call.func, "__self__", None)
            call = call.args[0] if isinstance(bound, Context) and call.args else call.func
        elif isinstance(getattr(call, "__self__", None), Context):
            return "Context.run"
        else:
            break
    return str(getattr(call, "__qualname__", None) or type(call).__qualname__)


def _underlying(call: Any, args: tuple[Any, ...]) -> Any:
    """`asyncio.to_thread` and others hand over `Context.run` with the call as its first argument."""
    return args[0] if args and isinstance(getattr(call, "__self__", None), Context) else call


def _follow_executors() -> None:
    original = ThreadPoolExecutor.submit

    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        request = current.get()
        if request is None:
            return original(self, fn, *args, **kwargs)
        call = _underlying(fn, args)
        if call not in _LOOPS_OWN:
            note("Worked", request, kind="pool", name=named(call))
        key = object()

        def carried() -> Any:
            token = current.set(request)
            try:
                return fn(*args, **kwargs)
            finally:
                current.reset(token)

        enter(request, key, "thread", named(call))
        try:
            future = original(self, carried)
        except BaseException:
            leave(request, key)
            raise
        future.add_done_callback(lambda _: leave(request, key))
        return future

    ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]  # the same, less precisely


def _follow_threads() -> None:
    original = threading.Thread.start

    def start(self: threading.Thread) -> None:
        request = current.get()
        if request is None or self.ident is not None:
            original(self)
            return
        if _of_a_pool(self):
            _started_for_nobody(original, self)
            return
        inner, key = self.run, object()

        def run() -> None:
            token = current.set(request)
            try:
                inner()
            except Exception as error:
                note("Raised", request, **raised("task", error))
                raise
            finally:
                current.reset(token)
                leave(request, key)

        note("Worked", request, kind="thread", name=self.name)
        enter(request, key, "thread", self.name)
        self.run = run  # type: ignore[method-assign]
        try:
            original(self)
        except BaseException:
            leave(request, key)
            raise

    threading.Thread.start = start  # type: ignore[method-assign]


def _started_for_nobody(start: Callable[[threading.Thread], None], worker: threading.Thread) -> None:
    """Where threads inherit the context of who starts them (free-threaded Python), a pool's must not keep it."""
    token = current.set(None)
    try:
        start(worker)
    finally:
        current.reset(token)


def _of_a_pool(worker: threading.Thread) -> bool:
    """Whether a thread outlives the request in which its pool happened to start it."""
    return getattr(worker, "_target", None) in _POOL_TARGETS or type(worker).__module__.startswith(_POOL_MODULES)


def _follow_anyio(module: Any) -> None:
    original = module.run_sync

    @functools.wraps(original)
    async def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        request = current.get()
        if request is None:
            return await original(func, *args, **options)
        name = named(_underlying(func, args))
        note("Worked", request, kind="pool", name=name)

        def counted(*args: Any) -> Any:
            # From here on it runs to its end, even where the task that waits for it is cancelled.
            key = object()
            enter(request, key, "thread", name)
            try:
                return func(*args)
            finally:
                leave(request, key)

        return await original(counted, *args, **options)

    module.run_sync = run_sync
