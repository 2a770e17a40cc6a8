"""What the app logs as a warning or worse, what Python warns of, and what it could not raise."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from .current import current, note
from .raised import class_name, noted

MESSAGE_CHARACTERS = 8_000
WARNINGS = "py.warnings"
UNRAISABLE = "sys.unraisablehook"


def install() -> None:
    """Listen from now on. It is the classes that are patched: handlers come and go when an app configures logging."""
    _follow_loggers()
    _follow_warnings()
    _follow_unraisable()


def _follow_loggers() -> None:
    original = logging.Logger.callHandlers

    def callHandlers(self: logging.Logger, record: logging.LogRecord) -> None:  # noqa: N802 - the method's name
        if record.levelno >= logging.WARNING and record.name != WARNINGS:
            _logged(record)
        original(self, record)

    logging.Logger.callHandlers = callHandlers  # type: ignore[method-assign]


def _logged(record: logging.LogRecord) -> None:
    error = record.exc_info[1] if record.exc_info else None
    if current.get() is None and error is not None and noted(error):
        return  # the server's report of what has been noted as it left the app
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit: logging itself complains about them
        message = str(record.msg)
    note(
        "Logged",
        level=record.levelname,
        logger=record.name,
        message=message[:MESSAGE_CHARACTERS],
        template=str(record.msg)[:MESSAGE_CHARACTERS],
        error=class_name(type(error)) if error is not None else "",
    )


def _follow_warnings() -> None:
    # Once for each coroutine, not once for each line of code.
    warnings.filterwarnings("always", message="coroutine .* was never awaited", category=RuntimeWarning)
    module: Any = warnings
    show, shown = module._showwarnmsg, module._showwarnmsg_impl  # noqa: SLF001 - showwarning is replaced by captureWarnings

    def _showwarnmsg(message: Any) -> None:
        if module._showwarnmsg_impl is shown:  # noqa: SLF001 - else somebody collects them: catch_warnings(record=True)
            text = str(message.message)[:MESSAGE_CHARACTERS]
            note("Logged", level="WARNING", logger=WARNINGS, message=text, error=class_name(message.category))
        show(message)

    module._showwarnmsg = _showwarnmsg  # noqa: SLF001 - as above


def _follow_unraisable() -> None:
    original = sys.unraisablehook

    def unraisablehook(unraisable: Any) -> None:
        error = unraisable.exc_value
        name = class_name(unraisable.exc_type) if unraisable.exc_type else ""
        note("Logged", level="ERROR", logger=UNRAISABLE, message=f"{name}: {error}"[:MESSAGE_CHARACTERS], error=name)
        original(unraisable)

    sys.unraisablehook = unraisablehook
