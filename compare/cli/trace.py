"""`compare trace`."""

from pathlib import Path
from typing import Annotated

import typer

from compare.trace import command

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def trace(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where it is written.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Add to what is written there.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Run nothing, print what is written there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --show: as JSON.")] = False,
) -> None:
    """Run the tests of the sync app, and write down what only a run can show: compare trace -- pytest -q."""
    if show:
        command.show(out, as_json=json)
        return
    raise typer.Exit(command.trace(context.args, out, merge=merge))
