"""`compare bench`."""

from pathlib import Path
from typing import Annotated

import typer

from compare.bench import command
from compare.cli.options import (
    AllowWritesOption,
    AsyncOption,
    AsyncRefOption,
    ConfigOption,
    JsonOption,
    LegacyOption,
    LegacyRefOption,
    OnlyOption,
    ScenariosOption,
    UrlOption,
    VerboseOption,
    side,
)
from compare.config import SideName, find, load
from compare.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def bench(  # noqa: PLR0913 - one parameter an option
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
    overrides = {**side("legacy", legacy, legacy_ref), **side("async", async_, async_ref)}
    overrides |= {"database.url": database_url, "allow_writes": allow_writes or None, "bench.full": full or None}
    overrides |= {"bench.routes": routes or None, "bench.clients": clients, "bench.seconds": seconds}
    overrides["bench.concurrency"] = [part.strip() for part in concurrency.split(",")] if concurrency else None
    settings = load(config or find(Path.cwd()), overrides)
    patterns = [str(Path.cwd() / pattern) for pattern in scenarios or ()]
    if tune is not None:
        name = _tuned(tune, {"--locust": locust, "--full": full, "--concurrency": concurrency})
        raise typer.Exit(
            command.tune(
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
        raise typer.Exit(command.for_locust(settings, patterns, only, locust))
    raise typer.Exit(command.bench(settings, patterns, only, json=json, html=html or ".compare/bench.html"))


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
