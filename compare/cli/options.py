"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

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


def side(name: str, app: str | None, ref: str | None) -> dict[str, object]:
    """What the options of one side say, as keys of the configuration."""
    kind = "url" if app is not None and app.startswith(("http://", "https://")) else "app"
    return {f"{name}.{kind}": app, f"{name}.ref": ref}
