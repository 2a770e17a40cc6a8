"""`compare explain`."""

from typing import Annotated

import typer

from compare.findings.explain import explain as explained
from compare.findings.explain import listing

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    code: Annotated[str | None, typer.Argument(help="A code, as RES003; none lists all.")] = None,
) -> None:
    """Tell what a code means, why it happens and what to do."""
    typer.echo(listing() if code is None else explained(code))
