"""asyncio tasks that a request starts are work of that request; what a task raised for nobody is noted."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .current import Request, current, note
from .raised import raised
from .work import enter, leave

if TYPE_CHECKING:
    from collections.abc import Callable

REMEMBERED = 1_000  # failed tasks whose request is kept, for when the loop reports them
OWN = "_compare_probe"

_failed: OrderedDict[int, Request] = OrderedDict()


def attend(request: Request) -> None:
    """Follow the tasks of the running loop from now on, and number the one that runs."""
    loop = asyncio.get_running_loop()
    factory = loop.get_task_factory()
    if not hasattr(factory, OWN):
        loop.set_task_factory(_factory(factory))
        _follow_reports(loop)
    number(request, asyncio.current_task())


def number(request: Request, task: asyncio.Task[Any] | None) -> int:
    """The number of a task in its request, from 1; 0 for none."""
    if task is None:
        return 0
    found = request.tasks.get(id(task))
    if found is None:
        request.task_count += 1
        found = request.tasks[id(task)] = request.task_count
    return found


def _factory(inner: Callable[..., Any] | None) -> Any:
    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        task = asyncio.Task(coro, loop=loop, **options) if inner is None else inner(loop, coro, **options)
        context = options.get("context")
        request = current.get() if context is None else context.get(current)
        if request is not None and not task.done():
            _enter(request, task, getattr(coro, "__qualname__", "") or task.get_name())
        return task

    setattr(factory, OWN, True)
    return factory


def _enter(request: Request, task: asyncio.Task[Any], name: str) -> None:
    key = id(task)
    number(request, task)
    enter(request, key, "task", name)

    def done(task: asyncio.Task[Any]) -> None:
        request.tasks.pop(key, None)
        if not getattr(task, "_log_traceback", False):
            leave(request, key)
            return
        # It failed, and nobody has looked yet. If nobody ever can, the loop hears of it as soon as this call is over:
        # that still belongs to the request.
        _failed[key] = request
        while len(_failed) > REMEMBERED:
            _failed.popitem(last=False)
        task.get_loop().call_soon(leave, request, key)

    task.add_done_callback(done)


def _follow_reports(loop: Any) -> None:
    """Note what is reported to the loop because nobody else would take it."""
    report = loop.call_exception_handler
    if hasattr(report, OWN):
        return

    def call_exception_handler(context: dict[str, Any]) -> None:
        error, task = context.get("exception"), context.get("task") or context.get("future")
        request = _failed.pop(id(task), None) or current.get()
        if error is not None:
            note("Raised", request, **raised("task", error))
        token = current.set(request)  # so that what is logged of it goes to the same request
        try:
            report(context)
        finally:
            current.reset(token)

    setattr(call_exception_handler, OWN, True)
    try:
        loop.call_exception_handler = call_exception_handler
    except AttributeError:  # a loop that takes no attributes: its reports still show in the log
        return
