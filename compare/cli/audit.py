"""`compare audit`."""

from pathlib import Path
from typing import Annotated

import typer

from compare.audit import command

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def audit(  # noqa: PLR0913 - one argument an option
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
    raise typer.Exit(command.audit(path, form=form, select=select, ignore=ignore, trace=trace))
