"""Errors that speak to the person at the keyboard.

`str(error)` is the whole message: what happened, with which value, and what to do next. The command line prints it and
leaves with the error's `exit_code`; a traceback is shown only where `details` are asked for.
"""

from typing import ClassVar


class CompareError(Exception):
    """The root of everything that compare raises on purpose.

    Attributes:
        exit_code: What the process exits with when this error ends it.
        details: A traceback or a program's output that explains the message; for `--verbose`. May be empty.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class UsageError(CompareError):
    """What was asked for is malformed: an option, the configuration, a scenario."""

    exit_code: ClassVar[int] = 2


class CouldNotRunError(CompareError):
    """What was asked for is well-formed, yet something outside refused: an app, a database, a command."""

    exit_code: ClassVar[int] = 3
