"""The configuration as one typed, frozen object: two sides, their databases, their scenarios."""

import sys
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

SideName = Literal["legacy", "async"]

PLACEHOLDERS = frozenset(
    {"sync_url", "async_url", "psycopg_url", "url", "host", "port", "user", "password", "database"},
)
"""Names that an `env` value may hold in braces; `compare.postgres.Address.placeholders` gives their values."""


def expand(template: str, values: Mapping[str, str]) -> str:
    """Put `values` into the braces of an `env` template; `{{` and `}}` stand for braces."""
    return template.format_map(values)


def _checked_template(template: str) -> str:
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template)]
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ and }}}} for braces that are meant as text") from None
    for name, spec, conversion in fields:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            known = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(PLACEHOLDERS))
            raise ValueError(f"{{{name}}} is no placeholder; there are {known}, and {{{{ }}}} for braces")
    return template


def _checked_app(app: str) -> str:
    module, colon, attribute = app.partition(":")
    names = [*module.split("."), *attribute.split(".")]
    if not colon or not all(name.isidentifier() for name in names):
        raise ValueError('an app is named as "package.module:attribute", for example "shop.main:app"')
    return app


def _listed(value: object) -> object:
    """A single string where a list of strings is expected is a list of one; a TOML array becomes a tuple."""
    return (value,) if isinstance(value, str) else value


Template = Annotated[str, AfterValidator(_checked_template)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class DatabaseConfig(_Section):
    """Where the databases come from, and how the template is filled.

    Attributes:
        url: A server of the user's own, in any driver's spelling; None starts the embedded one.
        copy_from: A database whose contents the template begins with, copied with pg_dump; it is only ever read.
        setup: Commands that fill the empty template, run in order in the configuration's folder; no shell.
        env: Environment of these commands; the values are templates (`PLACEHOLDERS`).
    """

    url: str | None = None
    copy_from: str | None = None
    setup: Strings = ()
    env: dict[str, Template] = {}


class SideConfig(_Section):
    """One of the two applications.

    Attributes:
        name: Which side it is.
        app: `package.module:attribute`, an ASGI object or a factory of one; the attribute may be dotted.
        factory: Whether `app` is a factory; None finds out.
        directory: The folder that the app is imported from and runs in; absolute after `load`.
        python: The interpreter that runs the app, absolute after `load`; None is compare's own.
        env: Environment on top of compare's own; the values are templates (`PLACEHOLDERS`).
        sessions: For in-process tests: `package.module:attribute` of the place where sessions are made.
        start_timeout: Seconds until the app must answer.
    """

    name: SideName
    app: Annotated[str, AfterValidator(_checked_app)]
    factory: bool | None = None
    directory: Path = Path()
    python: str | None = None
    env: dict[str, Template] = {}
    sessions: str | None = None
    start_timeout: float = Field(default=30.0, gt=0, allow_inf_nan=False)

    @property
    def title(self) -> str:
        """What a person calls the side."""
        return self.app

    @property
    def interpreter(self) -> str:
        """The interpreter that runs this side: `python`, else compare's own."""
        return self.python or sys.executable


class LoginConfig(_Section):
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
    capture: dict[str, str] = {}
    headers: dict[str, str] = {}


class IgnoreConfig(_Section):
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


class OpenApiConfig(_Section):
    """Requests generated from the OpenAPI document of legacy.

    Attributes:
        examples: How many are generated for each operation; 0 is none at all.
        seed: The same seed makes the same requests.
        exclude: Operations that are left out, as `DELETE /everything` or a glob over such names.
    """

    examples: int = Field(default=0, ge=0, le=10_000)
    seed: int = 0
    exclude: Strings = ()


class LimitsConfig(_Section):
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


class Config(_Section):
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
    """

    path: Path
    directory: Path
    database: DatabaseConfig = DatabaseConfig()
    legacy: SideConfig
    async_: SideConfig = Field(alias="async")
    scenarios: Strings = ("scenarios",)
    recordings: Strings = ()
    openapi: OpenApiConfig = OpenApiConfig()
    headers: dict[str, str] = {}
    login: LoginConfig | None = None
    ignore: tuple[IgnoreConfig, ...] = ()
    secrets: Strings = ()
    limits: LimitsConfig = LimitsConfig()
    prevent: bool = True
    probe: bool = True
    allow_outbound: Strings = ()
    allow_writes: bool = False
    strict: bool = False

    def side(self, name: SideName) -> SideConfig:
        """The side of this name."""
        return self.legacy if name == "legacy" else self.async_

    @property
    def sides(self) -> tuple[SideConfig, SideConfig]:
        """Both sides, legacy first."""
        return (self.legacy, self.async_)
