"""The configuration as one typed, frozen object: two sides, their databases, their scenarios."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from compare.config.section import Section, Strings
from compare.config.side import SideConfig, SideName
from compare.config.template import Template


class DatabaseConfig(Section):
    """Where the databases come from, and how the template is filled.

    Attributes:
        url: A server of the user's own, in any driver's spelling; None starts the embedded one.
        copy_from: A database whose contents the template begins with, copied with pg_dump; it is only ever read.
        directory: The folder that these commands run in, relative to the configuration's.
        setup: Commands that fill the empty template, run in order, with legacy's interpreter; no shell.
        env: Environment of these commands; the values are templates (`PLACEHOLDERS`).
    """

    url: str | None = None
    copy_from: str | None = None
    directory: Path = Path()
    setup: Strings = ()
    env: dict[str, Template] = Field(default_factory=dict)


class LoginConfig(Section):
    """A request that is sent first in every scenario, and what later requests take from its answer.

    Attributes:
        request: `POST /login`.
        json_body: Its JSON body (`json` in the file).
        form: Its form fields, where it takes a form.
        capture: Names for values of the answer, as in a scenario: `{ token = "/access_token" }`.
        headers: What every later request carries: `{ Authorization = "Bearer ${token}" }`. Cookies are kept anyway.
    """

    request: str
    json_body: dict[str, Any] | None = Field(default=None, alias="json")
    form: dict[str, Any] | None = None
    capture: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)


class IgnoreConfig(Section):
    """A rule that takes findings out of the verdict, with its reason.

    Attributes:
        where: A place as findings name it (`/items/*/rank`, `header etag`, `orders.updated_at`); `*` is one segment.
        route: `GET /items/{id}`; None is every route.
        code: One code of the catalogue; None is every code.
        reason: Why this may differ.
    """

    where: str = Field(min_length=1)
    route: str | None = None
    code: str | None = None
    reason: str = Field(min_length=1)


class OpenApiConfig(Section):
    """Requests generated from the OpenAPI document of legacy.

    Attributes:
        examples: How many are generated for each operation; 0 is none at all.
        seed: The same seed makes the same requests.
        exclude: Operations that are left out, as `DELETE /everything` or a glob over such names.
    """

    examples: int = Field(default=0, ge=0, le=10_000)
    seed: int = 0
    exclude: Strings = ()


class LimitsConfig(Section):
    """Bounds, in seconds.

    Attributes:
        request: How long an answer may take.
        idle: How long a side may work on after its answer.
        loop_blocked: How long one piece of code may keep the event loop.
        transaction_waits: How long a transaction may stay open between two statements.
    """

    request: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    idle: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    loop_blocked: float = Field(default=0.2, gt=0, allow_inf_nan=False)
    transaction_waits: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class BenchConfig(Section):
    """Load.

    Attributes:
        routes: Measured one by one, as `GET /orders/{id}`; none takes the `hot` ones.
        hot: So many of the routes that the traffic asks most.
        full: Whether every route is measured that can be.
        scenarios: Files, folders or globs with the scenarios that load is made of; none takes those of the comparison.
        clients: At which both sides are compared.
        concurrency: Clients at a time, from few to many, for the curve.
        seconds: Of one round; where both sides compare, it is taken in turns of about a tenth of a second.
        margin: A difference that is no larger counts as none; 0.03 is 3 %.
        patience: Seconds after which an answer counts as missing.
        budget: Seconds for one route and for the mix; the curve ends where they are over.
        rehearsal: Seconds for finding out what can be sent again and again, where not every route is asked for.
        tuning: Seconds for `--tune`, once it is found out what can be sent; what there was no time for is said.
    """

    routes: Strings = ()
    hot: int = Field(default=5, ge=1)
    full: bool = False
    scenarios: Strings = ()
    clients: int = Field(default=16, ge=1, le=512)
    concurrency: tuple[Annotated[int, Field(ge=1, le=2048)], ...] = (1, 4, 16, 64, 256, 512)
    seconds: float = Field(default=0.4, ge=0.1, le=600)
    margin: float = Field(default=0.03, gt=0, lt=1)
    patience: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    budget: float = Field(default=38.0, gt=0, allow_inf_nan=False)
    rehearsal: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    tuning: float = Field(default=210.0, gt=0, allow_inf_nan=False)


class Config(Section):
    """A whole configuration.

    Attributes:
        path: The file it was read from.
        directory: That file's folder; every relative path of the file starts here.
        database: The databases.
        legacy: The side that is the measure.
        async_: The side that is measured (`async` in the file).
        scenarios: Files, folders or globs with scenarios, relative to `directory`.
        recordings: HAR files or globs, relative to `directory`.
        openapi: Generated requests.
        headers: Sent with every request.
        login: A request that comes first in every scenario.
        ignore: What may differ, with reasons.
        secrets: Names of further fields, headers and columns whose values no report may show.
        limits: Bounds.
        prevent: Whether both sides get the same clock and random values where the probe is inside.
        probe: Whether the probe goes inside at all.
        allow_outbound: `host:port` (or `host`) that the apps may connect to beside this machine.
        allow_writes: Whether requests other than GET, HEAD and OPTIONS may go to a side that is named by `url`.
        strict: Whether hazards set exit 1 as differences do.
        bench: Load.
        sample: How many steps each side is first compared with itself on, so that what it does not even agree on by
            itself is held apart; 0 is none.
    """

    path: Path
    directory: Path
    database: DatabaseConfig = DatabaseConfig()
    legacy: SideConfig
    async_: SideConfig = Field(alias="async")
    scenarios: Strings = ("scenarios",)
    recordings: Strings = ()
    openapi: OpenApiConfig = OpenApiConfig()
    headers: dict[str, str] = Field(default_factory=dict)
    login: LoginConfig | None = None
    ignore: tuple[IgnoreConfig, ...] = ()
    secrets: Strings = ()
    limits: LimitsConfig = LimitsConfig()
    prevent: bool = True
    probe: bool = True
    allow_outbound: Strings = ()
    allow_writes: bool = False
    strict: bool = False
    bench: BenchConfig = BenchConfig()
    sample: int = Field(default=40, ge=0)

    def side(self, name: SideName) -> SideConfig:
        """The side of this name."""
        return self.legacy if name == "legacy" else self.async_

    @property
    def sides(self) -> tuple[SideConfig, SideConfig]:
        """Both sides, legacy first."""
        return (self.legacy, self.async_)
