"""Every statement that is executed: seen around the dialect's own methods, at a tenth of what an event costs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

# With SQLAlchemy's context of the execution, the statement, and the frame that executes it; after it, the cursor too.
Before = Callable[[Any, str, Any], None]
After = Callable[[Any, str, Any, Any], None]

_METHODS = ("do_execute", "do_execute_no_params", "do_executemany")
_before: list[Before] = []
_after: list[After] = []


def follow(*, before: Before | None = None, after: After | None = None) -> None:
    """Have something called before each statement, or after each that the driver took."""
    if before is not None:
        _before.append(before)
    if after is not None:
        _after.append(after)


def install(sqlalchemy: Any) -> None:
    """Follow every dialect that is made from now on."""
    from sqlalchemy.engine.default import DefaultDialect  # noqa: PLC0415 - the app has imported it

    original = DefaultDialect.__init__

    @functools.wraps(original)
    def made(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        for name in _METHODS:
            if name not in vars(self):  # made once, however often
                setattr(self, name, _watched(getattr(self, name)))

    DefaultDialect.__init__ = made  # type: ignore[method-assign] # every dialect's comes by here
    del sqlalchemy


def _watched(execute: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(execute)
    def executing(cursor: Any, statement: str, *rest: Any, **named: Any) -> None:
        context = rest[-1] if rest else None
        if named or getattr(context, "root_connection", None) is None:  # somebody's who gives no context
            execute(cursor, statement, *rest, **named)
            return
        frame = sys._getframe(1)  # noqa: SLF001 - no public way to the stack is as cheap
        for each in _before:
            each(context, statement, frame)
        execute(cursor, statement, *rest)
        for one in _after:
            one(context, statement, frame, cursor)

    return executing
