"""`compare init`."""

from pathlib import Path
from typing import Annotated

import typer

from compare.config import MINIMAL
from compare.errors import UsageError
from compare.init import document, looked_at

FILE = "compare.toml"
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def init(
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
