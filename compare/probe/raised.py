"""An exception in words: what it was raised from, and where in the app's own code."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from contextlib import suppress
from pathlib import Path

MESSAGE_CHARACTERS = 2_000
_PROBE = f"{Path(__file__).resolve().parent}{os.sep}"
_LIBRARY = tuple(
    os.path.normpath(place) + os.sep
    for place in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    if place
)


def class_name(kind: type) -> str:
    """`asyncpg.exceptions.DeadlockDetectedError`; a builtin one without its module."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def chain(error: BaseException) -> list[str]:
    """Names of the exception and of what it was raised from, outermost first."""
    return [class_name(type(link)) for link in _links(error)]


def _links(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ if link.__cause__ is not None or link.__suppress_context__ else link.__context__
    return links


def place(error: BaseException) -> str:
    """The innermost line of the app's own code that it passed, `orders/service.py:31`; '' if it passed none."""
    for link in _links(error):
        for frame, line in reversed(list(traceback.walk_tb(link.__traceback__))):
            file = frame.f_code.co_filename
            if own(file):
                return f"{shown(file)}:{line}"
    return ""


def own(file: str) -> bool:
    """Whether this is code of the app, not of an installed package, the interpreter or the probe."""
    return not (
        file.startswith(("<", _PROBE, *_LIBRARY))
        or f"{os.sep}site-packages{os.sep}" in file
        or f"{os.sep}dist-packages{os.sep}" in file
        or file.endswith(f"{os.sep}subjects{os.sep}serve.py")
    )


def shown(file: str) -> str:
    """A file of the app, seen from its folder."""
    for folder in (os.getcwd(), *sys.path):  # noqa: PTH109 - a string like the others
        if folder and file.startswith(folder + os.sep):
            return file[len(folder) + 1 :]
    return file


def raised(where: str, error: BaseException) -> dict[str, object]:
    """The fields of a `Raised`. The exception is marked, so that its log record is known for the same thing."""
    with suppress(AttributeError, TypeError):
        error._compare_noted = True  # type: ignore[attr-defined]  # noqa: SLF001 - a mark of our own
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an exception of the app's own making may fail in any way
        message = ""
    return {"where": where, "chain": chain(error), "message": message[:MESSAGE_CHARACTERS], "place": place(error)}


def noted(error: BaseException) -> bool:
    """Whether this exception was noted as it left the app."""
    return bool(getattr(error, "_compare_noted", False))
