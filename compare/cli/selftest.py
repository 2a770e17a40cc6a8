"""`compare selftest`."""

from typing import Annotated

import typer

from compare.cli.options import JsonOption, UrlOption, VerboseOption
from compare.selftest import command

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def selftest(
    *,
    only: Annotated[
        str | None, typer.Option("--only", metavar="TEXT", help="Only plants with TEXT in name, code or layer.")
    ] = None,
    json: JsonOption = None,
    database_url: UrlOption = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - errors look for it on the command line
) -> None:
    """Prove that the comparator bites: play planted divergences on two small apps, and find each of them."""
    raise typer.Exit(command.selftest(only, json, database_url))
