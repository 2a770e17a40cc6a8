"""Finding and reading the configuration file.

Everything a person can get wrong in the file is reported as a `UsageError` that names the file, the key, the value
and what to do. All mistakes of one file are reported together.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from shutil import which
from types import MappingProxyType

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from compare.config.model import (
    Config,
    DatabaseConfig,
    IgnoreConfig,
    LimitsConfig,
    LoginConfig,
    OpenApiConfig,
    SideConfig,
)
from compare.errors import UsageError

MINIMAL = """\
[tool.compare.database]
setup = ["python -m alembic upgrade head"]
env = { DATABASE_URL = "{sync_url}" }

[tool.compare.legacy]
app = "shop.sync:app"
env = { DATABASE_URL = "{sync_url}" }

[tool.compare.async]
app = "shop.aio:app"
env = { DATABASE_URL = "{async_url}" }
"""
"""A configuration to start from, shown where none is found."""

_NO_OVERRIDES: Mapping[str, object] = MappingProxyType({})
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
# Fields of the model that are no keys of the file: `load` fills them in.
_FILLED_IN: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {(): ("path", "directory"), ("legacy",): ("name",), ("async",): ("name",)},
)


def find(start: Path) -> Path:
    """The nearest compare.toml, or pyproject.toml with `[tool.compare]`, in `start` or a folder above it.

    Raises:
        UsageError: There is none; or a pyproject.toml on the way is no TOML.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 - resolve() would leave the path that the person sees
    for folder in (start, *start.parents):
        if (compare_toml := folder / "compare.toml").is_file():
            return compare_toml
        pyproject = folder / "pyproject.toml"
        if pyproject.is_file() and _table(_parsed(pyproject), "tool", "compare") is not None:
            return pyproject
    raise UsageError(
        f"There is no configuration: neither a compare.toml nor a pyproject.toml with [tool.compare] in {start} "
        f"or above it.\nName one with --config, or put this into your pyproject.toml and fill in your own names:"
        f"\n\n{MINIMAL}",
    )


def load(path: Path, overrides: Mapping[str, object] = _NO_OVERRIDES) -> Config:
    """Read `path` into a `Config` with absolute folders and interpreters.

    Args:
        path: A pyproject.toml, or a file with the same keys at its top level.
        overrides: Values that go before the file's, by dotted key: `{"legacy.app": "shop:app"}`. None is no value.

    Raises:
        UsageError: The file cannot be read, is no TOML, lacks the table, or holds a key or value that makes no sense.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would leave the path that the person sees
    parsed = _parsed(path)
    table = _table(parsed, "tool", "compare")
    prefix = "tool.compare."
    if table is None:
        if path.name == "pyproject.toml":
            raise UsageError(f"{path} has no [tool.compare]. A start, to be filled in with your names:\n\n{MINIMAL}")
        table, prefix = dict(parsed), ""
    for key, value in overrides.items():
        _override(table, key.split("."), value)
    problems = list(_reserved(table))
    for name in ("legacy", "async"):
        if isinstance(side := table.get(name), dict):
            table[name] = {**side, "name": name}
    try:
        config = Config.model_validate({**table, "path": path, "directory": path.parent})
    except ValidationError as error:
        problems += [_sentence(details) for details in error.errors(include_url=False)]
    else:
        problems += [*_problems_outside(config)]
        if not problems:
            return _absolute(config)
    lines = "\n".join(f"  {prefix}{problem}" for problem in problems)
    raise UsageError(f"The configuration in {path} does not hold:\n{lines}")


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no configuration file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration file {path} is no valid TOML: {error}.") from None


def _table(parsed: Mapping[str, object], *keys: str) -> dict[str, object] | None:
    """The table at these keys; None where there is none or another type stands there."""
    value: object = parsed
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return dict(value) if isinstance(value, dict) else None


def _override(table: dict[str, object], keys: list[str], value: object) -> None:
    if value is None:
        return
    *sections, key = keys
    for section in sections:
        inner = table.get(section)
        table[section] = table = dict(inner) if isinstance(inner, dict) else {}
    table[key] = value


def _reserved(table: Mapping[str, object]) -> Iterator[str]:
    for where, keys in _FILLED_IN.items():
        section = _table(table, *where)
        for key in keys:
            if section is not None and key in section:
                yield f"{'.'.join((*where, key))}: unknown key; known are {_listing(_known(where))}"


def _known(where: tuple[str, ...]) -> list[str]:
    """The keys that a section of the file may hold."""
    model = _SECTIONS.get(where)
    if model is None:
        return []
    filled_in = _FILLED_IN.get(where, ())
    return [field.alias or name for name, field in model.model_fields.items() if name not in filled_in]


def _sentence(details: ErrorDetails) -> str:
    """One problem of the file: key, what is wrong, what to do."""
    location = tuple(str(part) for part in details["loc"])
    key, value = ".".join(location), details["input"]
    match details["type"]:
        case "extra_forbidden":
            known = _known(location[:-1])
            close = get_close_matches(location[-1], known, n=1)
            return f"{key}: unknown key; " + (f"did you mean {close[0]}?" if close else f"known are {_listing(known)}")
        case "missing":
            wanted = (
                'app = "package.module:attribute"' if location[-1] == "app" else "a table with the app of this side"
            )
            return f"{key}: is missing; needed is {wanted}"
        case "value_error":
            return f"{key} = {value!r}: {details['ctx']['error']}"
        case "model_type" | "dict_type":
            return f"{key} = {value!r}: a table is expected"
        case "string_type":
            return f"{key} = {value!r}: text is expected, in quotes"
        case _:
            return f"{key} = {value!r}: {details['msg'][:1].lower()}{details['msg'][1:]}"


def _listing(names: list[str]) -> str:
    return ", ".join(names)


def _problems_outside(config: Config) -> Iterator[str]:
    """What the file names and the machine has not."""
    for side in config.sides:
        directory = config.directory / side.directory
        if not directory.is_dir():
            yield f"{side.name}.directory = {str(side.directory)!r}: there is no folder {directory}"
        elif side.python is not None and which(place := _interpreter(directory, side.python)) is None:
            yield f"{side.name}.python = {side.python!r}: there is no interpreter {place}"


def _interpreter(directory: Path, python: str) -> str:
    """A bare name is looked up on PATH; all else starts at the side's folder. Links stay: a venv's python is one."""
    if os.sep not in python:
        return which(python) or python
    return os.path.normpath(directory / Path(python).expanduser())


def _absolute(config: Config) -> Config:
    def located(side: SideConfig) -> SideConfig:
        directory = Path(os.path.normpath(config.directory / side.directory))
        python = None if side.python is None else _interpreter(directory, side.python)
        return side.model_copy(update={"directory": directory, "python": python})

    return config.model_copy(update={"legacy": located(config.legacy), "async_": located(config.async_)})
