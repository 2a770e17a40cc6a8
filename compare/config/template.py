"""Texts with places in braces: what the environment and the commands of a side are made from."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator

PLACEHOLDERS = frozenset(
    {"sync_url", "async_url", "psycopg_url", "url", "host", "port", "user", "password", "database"},
)
"""Names that an `env` value may hold in braces; `compare.postgres.Address.placeholders` gives their values."""

SERVE_PORT = "serve_port"
"""In the `env` of a side with a `command`: the port that it is to serve on. In the command itself that is `{port}`."""


def expand(template: str, values: Mapping[str, str]) -> str:
    """Put `values` into the braces of a template; `{{` and `}}` stand for braces."""
    return template.format_map(values)


def names_in(template: str) -> frozenset[str]:
    """The names in the braces of a template that was checked."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _fields(template: str) -> Iterator[tuple[str, str | None, str | None]]:
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None:
            yield name, spec, conversion


def _checked(template: str, known: frozenset[str]) -> str:
    try:
        fields = list(_fields(template))
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ and }}}} for braces that are meant as text") from None
    for name, spec, conversion in fields:
        if name not in known or spec or conversion:
            listing = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(known))
            raise ValueError(f"{{{name}}} is no placeholder; there are {listing}, and {{{{ }}}} for braces")
    return template


Template = Annotated[str, AfterValidator(lambda template: _checked(template, PLACEHOLDERS))]
"""A value of an environment, or a command."""

SideTemplate = Annotated[str, AfterValidator(lambda template: _checked(template, PLACEHOLDERS | {SERVE_PORT}))]
"""A value of a side's environment."""
