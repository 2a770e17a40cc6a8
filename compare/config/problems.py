"""What is wrong in a configuration file, each mistake as one sentence: key, value, what to do."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from compare.config.model import (
    Config,
    DatabaseConfig,
    IgnoreConfig,
    LimitsConfig,
    LoginConfig,
    OpenApiConfig,
)
from compare.config.secrets import HIDDEN, is_secret, redacted
from compare.config.side import SideConfig

_SECTIONS: Mapping[tuple[str, ...], type[BaseModel]] = MappingProxyType(
    {
        (): Config,
        ("database",): DatabaseConfig,
        ("legacy",): SideConfig,
        ("async",): SideConfig,
        ("login",): LoginConfig,
        ("ignore",): IgnoreConfig,
        ("openapi",): OpenApiConfig,
        ("limits",): LimitsConfig,
    },
)
# Fields of the model that are no keys of the file.
_FILLED_IN: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {(): ("path", "directory"), ("legacy",): ("name", "tree"), ("async",): ("name", "tree")},
)


def reserved(table: Mapping[str, object]) -> Iterator[str]:
    """Keys of the file that only compare itself fills in."""
    for where, keys in _FILLED_IN.items():
        section: object = table
        for part in where:
            section = section.get(part) if isinstance(section, dict) else None
        for key in keys:
            if isinstance(section, dict) and key in section:
                yield f"{'.'.join((*where, key))}: unknown key; known are {', '.join(_known(where))}"


def _known(where: tuple[str, ...]) -> list[str]:
    """The keys that a section of the file may hold."""
    model = _SECTIONS.get(where)
    if model is None:
        return []
    filled_in = _FILLED_IN.get(where, ())
    return [field.alias or name for name, field in model.model_fields.items() if name not in filled_in]


def sentence(details: ErrorDetails) -> str:
    """One problem that pydantic found."""
    location = tuple(str(part) for part in details["loc"])
    key, value = ".".join(location), details["input"]
    match details["type"]:
        case "extra_forbidden":
            known = _known(location[:-1])
            close = get_close_matches(location[-1], known, n=1)
            return f"{key}: unknown key; " + (f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}")
        case "missing":
            return f"{key}: is missing; needed is {_WANTED.get(key, 'a value')}"
        case "value_error":
            told = str(details["ctx"]["error"])
        case "model_type" | "dict_type":
            told = "a table is expected"
        case "string_type":
            told = "text is expected, in quotes"
        case _:
            told = f"{details['msg'][:1].lower()}{details['msg'][1:]}"
    shown = "" if isinstance(value, dict) else f" = {HIDDEN if is_secret(location[-1]) else redacted(repr(value))}"
    return f"{key}{shown}: {told}"


_SIDE = "a table with the app of this side"
_WANTED: Mapping[str, str] = MappingProxyType({"legacy": _SIDE, "async": _SIDE})
