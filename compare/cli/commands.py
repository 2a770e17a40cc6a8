"""Which commands there are. A command's module is loaded when it is asked for: none needs what all of them need."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from compare import __version__
from compare.cli.options import (
    AllowWritesOption,
    AsyncOption,
    AsyncRefOption,
    ConfigOption,
    HtmlOption,
    JsonOption,
    JunitOption,
    LegacyOption,
    LegacyRefOption,
    OnlyOption,
    ScenariosOption,
    StrictOption,
    UrlOption,
    VerboseOption,
)

#: The module of each, whose `app` it is.
COMMANDS = {
    "init": "compare.cli.init",
    "run": "compare.cli.run",
    "bench": "compare.cli.bench",
    "audit": "compare.cli.audit",
    "trace": "compare.cli.trace",
    "explain": "compare.cli.explain",
    "selftest": "compare.cli.selftest",
    "steps": "compare.steps.command",
}


class Commands(TyperGroup):
    """The commands by their names."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - click's context; typer has its own click
        """All names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as above
        """The command of that name, loaded now; None where there is none."""
        module = COMMANDS.get(cmd_name)
        return typer.main.get_command(import_module(module).app) if module else None


app = typer.Typer(
    name="compare",
    cls=Commands,
    invoke_without_command=True,
    help="Tell whether a legacy app and its async twin behave the same, request by request and row by row.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
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
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
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
        from compare.cli.run import run  # noqa: PLC0415 - another command needs none of it

        context.invoke(run, **options)
