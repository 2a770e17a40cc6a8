"""The command line: options in, exit code out.

Exit codes: 0 the same, 1 differs, 2 usage, 3 could not run, 130 interrupted. What a person reads of the verdict goes to
stdout, messages and progress to stderr.
"""

import difflib
import re
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from compare import __version__
from compare.config import find, load
from compare.errors import CompareError, UsageError
from compare.report import Progress, TerminalReport, as_json
from compare.verdict import Verdict, choose_scenarios, run

USAGE, FAILED, INTERRUPTED = 2, 3, 130
STDOUT = "-"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# click's UsageError: typer brings a click of its own in some versions and needs the package in others.
BadCommandLine: type[Exception] = typer.BadParameter.__bases__[0]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="compare.toml or pyproject.toml; default: the nearest.")
]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the verdict as JSON; - is stdout.")
]
LegacyOption = Annotated[str | None, typer.Option("--legacy", metavar="APP", help="pkg.module:attribute of legacy.")]
AsyncOption = Annotated[str | None, typer.Option("--async", metavar="APP", help="pkg.module:attribute of async.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="A PostgreSQL server of yours; default: an embedded one."),
]
ScenariosOption = Annotated[
    list[str] | None, typer.Option("--scenarios", metavar="PATH", help="Scenario file, folder or glob; repeatable.")
]
OnlyOption = Annotated[
    str | None, typer.Option("--only", metavar="TEXT", help="Only scenarios whose name contains TEXT.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show tracebacks and what the apps printed.")]
VersionOption = Annotated[bool, typer.Option("--version", help="Show the version and leave.")]

app = typer.Typer(
    name="compare",
    help="Tell whether a legacy app and its async twin behave the same, request by request and row by row.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def default(  # noqa: PLR0913 - one parameter an option, each described where it is declared
    context: typer.Context,
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    database_url: UrlOption = None,
    scenarios: ScenariosOption = None,
    only: OnlyOption = None,
    verbose: VerboseOption = False,
    version: VersionOption = False,
) -> None:
    """Without a command, `compare run`; options before the command count as well."""
    if version:
        typer.echo(f"compare {__version__}")
        return
    options = {
        "config": config,
        "json": json,
        "legacy": legacy,
        "async_": async_,
        "database_url": database_url,
        "scenarios": scenarios,
        "only": only,
        "verbose": verbose,
    }
    context.default_map = {"run": {name: value for name, value in options.items() if value}}
    if context.invoked_subcommand is None:
        context.invoke(run_command, **options)


@app.command("run")
def run_command(  # noqa: PLR0913 - one parameter an option
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    database_url: UrlOption = None,
    scenarios: ScenariosOption = None,
    only: OnlyOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Play all scenarios on both sides, and compare every answer and every row."""
    overrides = {"legacy.app": legacy, "async.app": async_, "database.url": database_url}
    settings = load(config or find(Path.cwd()), overrides)
    chosen = choose_scenarios(settings, [str(Path.cwd() / pattern) for pattern in scenarios or ()], only)
    _check_writable(json)
    with Progress(Console(stderr=True)) as progress:
        verdict = run(settings, chosen, progress)
    _report(verdict, json, verbose=verbose)
    raise typer.Exit(verdict.exit_code)


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
    known += list(getattr(command, "commands", ()))
    near = difflib.get_close_matches(wrong, known, n=1) if wrong else []
    if wrong:
        message = f"There is no {'option' if wrong.startswith('-') else 'command'} {wrong}."
    return f"{message}{f' Did you mean {near[0]}?' if near else ''}\ncompare --help lists what there is."


def _check_writable(json: str | None) -> None:
    """Refuse a JSON file that cannot be written before a run is spent on it."""
    if json in (None, STDOUT):
        return
    folder = Path(str(json)).absolute().parent
    if not folder.is_dir() or Path(str(json)).is_dir():
        raise UsageError(f"--json {json}: cannot be written there; {folder} must be a folder and {json} a file in it.")


def _report(verdict: Verdict, json: str | None, *, verbose: bool) -> None:
    """The report for a person, and the JSON where it was asked for."""
    TerminalReport(Console(stderr=json == STDOUT, highlight=False, emoji=False), verbose=verbose).write(verdict)
    if json == STDOUT:
        sys.stdout.write(as_json(verdict) + "\n")
    elif json is not None:
        Path(json).write_text(as_json(verdict) + "\n", encoding="utf-8")
    if verdict.stopped is not None:
        _say(verdict.stopped)
