"""The program: a command's errors become messages, and exit codes.

Exit codes: 0 the same, 1 differs, 2 usage, 3 could not run, 130 interrupted. What a person reads of the verdict goes to
stdout, messages and progress to stderr.
"""

import difflib
import re
import signal
import sys
import traceback
from types import FrameType
from typing import Any, NoReturn

import typer

from compare.cli.commands import app
from compare.errors import CompareError

USAGE, FAILED, INTERRUPTED = 2, 3, 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# click's UsageError: typer brings a click of its own in some versions and needs the package in others.
BadCommandLine: type[Exception] = typer.BadParameter.__bases__[0]


def main() -> NoReturn:
    """The `compare` program: every error becomes a message on stderr and an exit code."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup and background jobs have their reasons
            signal.signal(number, _interrupt)
    sys.exit(_code())


def _code() -> int:
    """Run the command; the exit code."""
    try:
        code = int(app(standalone_mode=False) or 0)
    except CompareError as error:
        _say(str(error), details=error.details)
        return error.exit_code
    except BadCommandLine as error:
        _say(_usage(error))
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None  # nobody reads on; the interpreter must not flush it at exit
        return FAILED
    except Exception as error:  # noqa: BLE001 - no traceback at a person who did not ask for one
        _say(
            f"compare itself failed: {type(error).__name__}: {error}\n"
            "This is a defect of compare. Please report it with the output of the same command and --verbose.",
            details=traceback.format_exc(),
        )
        return FAILED
    if code == INTERRUPTED:  # typer makes it of a KeyboardInterrupt
        _say("Interrupted; everything that was started has been stopped.")
    return code


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first signal ends the run in good order; later ones find that under way."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(message: str, details: str = "") -> None:
    """A message on stderr; details only where they were asked for."""
    if details and "--verbose" in sys.argv:
        message += f"\n\n{details.rstrip()}"
    sys.stderr.write(f"{message}\n")


def _usage(error: Any) -> str:  # noqa: ANN401 - click's error, by whatever name typer has it
    """What was wrong with the command line, with the nearest thing that is right."""
    message = str(error.message)
    wrong = getattr(error, "option_name", "") or (re.findall(r"command '(.+?)'", message) or [""])[0]
    command = error.ctx.command if error.ctx else None
    known = [name for parameter in getattr(command, "params", ()) for name in parameter.opts]
    known += command.list_commands(error.ctx) if command and hasattr(command, "list_commands") else []
    near = difflib.get_close_matches(wrong, known, n=1) if wrong else []
    if wrong:
        message = f"There is no {'option' if wrong.startswith('-') else 'command'} {wrong}."
    return f"{message}{f' Did you mean {near[0]}?' if near else ''}\ncompare --help lists what there is."
