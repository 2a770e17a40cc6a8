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
from compare.audit import command as auditing
from compare.bench import command as benching
from compare.config import MINIMAL, SideName, find, load
from compare.errors import CompareError, UsageError
from compare.init import document, looked_at
from compare.report import (
    Progress,
    ReportFiles,
    TerminalReport,
    explain,
    listing,
    without_secrets,
    write_reproductions,
)
from compare.selftest.command import selftest
from compare.steps.command import app as steps
from compare.trace import command as tracing
from compare.verdict import Verdict, choose_scenarios, run

USAGE, FAILED, INTERRUPTED = 2, 3, 130
FILE = "compare.toml"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# click's UsageError: typer brings a click of its own in some versions and needs the package in others.
BadCommandLine: type[Exception] = typer.BadParameter.__bases__[0]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="compare.toml or pyproject.toml; default: the nearest.")
]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the verdict as JSON; - is stdout.")
]
HtmlOption = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Write the verdict as one HTML file that opens offline.")
]
JunitOption = Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Write the verdict as JUnit XML.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Let hazards set exit 1 as differences do.")]
LegacyOption = Annotated[
    str | None, typer.Option("--legacy", metavar="APP", help="pkg.module:attribute or http://... of legacy.")
]
AsyncOption = Annotated[
    str | None, typer.Option("--async", metavar="APP", help="pkg.module:attribute or http://... of async.")
]
LegacyRefOption = Annotated[
    str | None, typer.Option("--legacy-ref", metavar="REF", help="Branch, tag or commit that legacy is taken from.")
]
AsyncRefOption = Annotated[
    str | None, typer.Option("--async-ref", metavar="REF", help="Branch, tag or commit that async is taken from.")
]
AllowWritesOption = Annotated[
    bool, typer.Option("--allow-writes", help="Send writing requests to sides that run already too.")
]
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
app.add_typer(steps, name="steps")


@app.callback(invoke_without_command=True)
def default(  # noqa: PLR0913 - one parameter an option, each described where it is declared
    context: typer.Context,
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    strict: StrictOption = False,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    legacy_ref: LegacyRefOption = None,
    async_ref: AsyncRefOption = None,
    allow_writes: AllowWritesOption = False,
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
        "html": html,
        "junit": junit,
        "strict": strict,
        "legacy": legacy,
        "async_": async_,
        "legacy_ref": legacy_ref,
        "async_ref": async_ref,
        "allow_writes": allow_writes,
        "database_url": database_url,
        "scenarios": scenarios,
        "only": only,
        "verbose": verbose,
    }
    context.default_map = {"run": {name: value for name, value in options.items() if value}}
    if context.invoked_subcommand is None:
        context.invoke(run_command, **options)


@app.command("init")
def init_command(
    *,
    folder: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over a compare.toml that is there.")] = False,
) -> None:
    """Look at a project, and write a commented compare.toml to begin with."""
    target = folder / FILE
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already. Write over it with --force, or take it away.")
    project = looked_at(folder.absolute())
    if not project.apps:
        raise UsageError(
            f"No FastAPI or Starlette app was found in {folder.absolute()}: neither an object at the top of a module "
            f"nor a function that makes one. A configuration by hand looks like this:\n\n{MINIMAL}"
        )
    target.write_text(document(project), encoding="utf-8")
    typer.echo(f"Wrote {target}: {project.apps[0].name}, {len(project.apps)} app(s) found.")
    if project.tests:
        typer.echo("It has tests: with the plug-in they can run on both sides, see the README.")
    typer.echo("Read it through, fill in what is commented, then: compare run")


@app.command("run")
def run_command(  # noqa: PLR0913 - one parameter an option
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    strict: StrictOption = False,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    legacy_ref: LegacyRefOption = None,
    async_ref: AsyncRefOption = None,
    allow_writes: AllowWritesOption = False,
    database_url: UrlOption = None,
    scenarios: ScenariosOption = None,
    only: OnlyOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Play all scenarios on both sides, and compare every answer and every row."""
    overrides = {**_side("legacy", legacy, legacy_ref), **_side("async", async_, async_ref)}
    overrides |= {"database.url": database_url, "allow_writes": allow_writes or None, "strict": strict or None}
    settings = load(config or find(Path.cwd()), overrides)
    chosen = choose_scenarios(settings, [str(Path.cwd() / pattern) for pattern in scenarios or ()], only)
    reports = ReportFiles(json, html, junit)
    reports.check()
    with Progress(Console(stderr=True)) as progress:
        verdict = run(settings, chosen, progress)
    _report(verdict, reports, settings.secrets, verbose=verbose)
    for path in write_reproductions(verdict, settings.directory):
        _say(f"Written: {path}, the shortest way to a difference.")
    raise typer.Exit(verdict.exit_code)


def _side(name: str, app: str | None, ref: str | None) -> dict[str, object]:
    """What the options of one side say, as keys of the configuration."""
    kind = "url" if app is not None and app.startswith(("http://", "https://")) else "app"
    return {f"{name}.{kind}": app, f"{name}.ref": ref}


@app.command("bench")
def bench_command(  # noqa: PLR0913 - one parameter an option
    *,
    config: ConfigOption = None,
    json: JsonOption = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Where the report with its plots is written. [default: .compare/bench.html, or tune.html]",
        ),
    ] = None,
    legacy: LegacyOption = None,
    async_: AsyncOption = None,
    legacy_ref: LegacyRefOption = None,
    async_ref: AsyncRefOption = None,
    allow_writes: AllowWritesOption = False,
    database_url: UrlOption = None,
    scenarios: ScenariosOption = None,
    only: OnlyOption = None,
    routes: Annotated[
        list[str] | None, typer.Option("--routes", metavar="ROUTE", help="As 'GET /orders/{id}'; repeatable.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Every route that can be measured.")] = False,
    clients: Annotated[
        int | None, typer.Option("--clients", metavar="N", help="At which both sides are compared.")
    ] = None,
    concurrency: Annotated[
        str | None, typer.Option("--concurrency", metavar="N,N,...", help="Clients at a time, for the curve.")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", metavar="S", help="Of one round.")] = None,
    locust: Annotated[
        Path | None, typer.Option("--locust", metavar="FILE", help="Measure nothing; write the mix for Locust.")
    ] = None,
    tune: Annotated[
        str | None,
        typer.Option("--tune", metavar="SIDE", help="Find the pool size and threads that serve legacy or async best."),
    ] = None,
    connections: Annotated[
        int | None,
        typer.Option(
            "--connections",
            metavar="N",
            help="With --tune: what the database grants the app, in all its processes. [default: what it opens now]",
        ),
    ] = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - errors look for it on the command line
) -> None:
    """Send both sides the same load, in turn, and tell which is faster, how sure that is, and why."""
    overrides = {**_side("legacy", legacy, legacy_ref), **_side("async", async_, async_ref)}
    overrides |= {"database.url": database_url, "allow_writes": allow_writes or None, "bench.full": full or None}
    overrides |= {"bench.routes": routes or None, "bench.clients": clients, "bench.seconds": seconds}
    overrides["bench.concurrency"] = [part.strip() for part in concurrency.split(",")] if concurrency else None
    settings = load(config or find(Path.cwd()), overrides)
    patterns = [str(Path.cwd() / pattern) for pattern in scenarios or ()]
    if tune is not None:
        name = _tuned(tune, {"--locust": locust, "--full": full, "--concurrency": concurrency})
        raise typer.Exit(
            benching.tune(
                settings,
                name,
                patterns,
                only,
                connections=connections,
                clients=clients,
                json=json,
                html=html or ".compare/tune.html",
            )
        )
    if connections is not None:
        raise UsageError("--connections is what --tune may use: say --tune legacy, or --tune async.")
    if locust is not None:
        if json is not None:
            raise UsageError("--locust writes what Locust is to send, and measures nothing: leave --json out.")
        raise typer.Exit(benching.for_locust(settings, patterns, only, locust))
    raise typer.Exit(benching.bench(settings, patterns, only, json=json, html=html or ".compare/bench.html"))


def _tuned(name: str, others: dict[str, object]) -> SideName:
    """The side that --tune names, once it is known that no other option asks for something else."""
    for option, value in others.items():
        if value:
            raise UsageError(f"--tune does not go with {option}: it measures one side, under one number of clients.")
    if name == "legacy":
        return "legacy"
    if name == "async":
        return "async"
    raise UsageError(f"--tune {name}: there are two sides, legacy and async.")


@app.command("audit")
def audit_command(  # noqa: PLR0913 - one argument an option
    path: Annotated[Path, typer.Argument(help="A folder, or one file.")] = Path(),
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="As SARIF 2.1.0.")] = False,
    select: Annotated[list[str] | None, typer.Option("--select", metavar="CODE", help="Only this; repeatable.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODE", help="Not this; repeatable.")] = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="What a run showed. [default: .compare/trace.json]")
    ] = None,
) -> None:
    """Read a program, and tell what must change in it before its sessions can be async."""
    form = "sarif" if sarif else "json" if json else ""
    raise typer.Exit(auditing.audit(path, form=form, select=select, ignore=ignore, trace=trace))


@app.command("trace", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def trace_command(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where it is written.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Add to what is written there.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Run nothing, print what is written there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --show: as JSON.")] = False,
) -> None:
    """Run the tests of the sync app, and write down what only a run can show: compare trace -- pytest -q."""
    if show:
        tracing.show(out, as_json=json)
        return
    raise typer.Exit(tracing.trace(context.args, out, merge=merge))


@app.command("explain")
def explain_command(
    code: Annotated[str | None, typer.Argument(help="A code, as RES003; none lists all.")] = None,
) -> None:
    """Tell what a code means, why it happens and what to do."""
    typer.echo(listing() if code is None else explain(code))


@app.command("selftest")
def selftest_command(
    *,
    only: Annotated[
        str | None, typer.Option("--only", metavar="TEXT", help="Only plants with TEXT in name, code or layer.")
    ] = None,
    json: JsonOption = None,
    database_url: UrlOption = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - errors look for it on the command line
) -> None:
    """Prove that the comparator bites: play planted divergences on two small apps, and find each of them."""
    raise typer.Exit(selftest(only, json, database_url))


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


def _report(verdict: Verdict, reports: ReportFiles, secrets: tuple[str, ...], *, verbose: bool) -> None:
    """The report for a person, and the files that were asked for."""
    console = Console(stderr=reports.on_stdout, highlight=False, emoji=False)
    TerminalReport(console, verbose=verbose, secrets=secrets).write(verdict)
    reports.write(verdict, secrets)
    if verdict.stopped is not None:
        _say(without_secrets(verdict, secrets).stopped or "")
