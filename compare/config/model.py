"""The configuration as one typed, frozen object: two sides, their databases, their scenarios."""

import sys
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

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
        setup: Commands that fill the empty template, run in order in the configuration's folder; no shell.
        env: Environment of these commands; the values are templates (`PLACEHOLDERS`).
    """

    url: str | None = None
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
    def interpreter(self) -> str:
        """The interpreter that runs this side: `python`, else compare's own."""
        return self.python or sys.executable


class Config(_Section):
    """A whole configuration.

    Attributes:
        path: The file it was read from.
        directory: That file's folder; every relative path of the file starts here.
        database: The databases.
        legacy: The side that is the measure.
        async_: The side that is measured (`async` in the file).
        scenarios: Files, folders or globs with scenarios, relative to `directory`.
    """

    path: Path
    directory: Path
    database: DatabaseConfig = DatabaseConfig()
    legacy: SideConfig
    async_: SideConfig = Field(alias="async")
    scenarios: Strings = ("scenarios",)

    def side(self, name: SideName) -> SideConfig:
        """The side of this name."""
        return self.legacy if name == "legacy" else self.async_

    @property
    def sides(self) -> tuple[SideConfig, SideConfig]:
        """Both sides, legacy first."""
        return (self.legacy, self.async_)
