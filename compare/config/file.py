"""Finding and reading the configuration file.

Everything a person can get wrong in the file is reported as a `UsageError` that names the file, the key, the value
and what to do. All mistakes of one file are reported together.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from compare.config.located import absolute, missing
from compare.config.model import Config
from compare.config.problems import reserved, sentence
from compare.config.side import KINDS, UNFIT
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

_STEPS = "steps"  # what the migration's branches are told, in the same file: read by who makes them
_NO_OVERRIDES: Mapping[str, object] = MappingProxyType({})


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
        if pyproject.is_file() and _of_a_comparison(_parsed(pyproject)) is not None:
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
            One that says how a side is had takes away what the file says about that, and all that makes no sense then.

    Raises:
        UsageError: The file cannot be read, is no TOML, lacks the table, or holds a key or value that makes no sense.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would leave the path that the person sees
    parsed = _parsed(path)
    table = _of_a_comparison(parsed)
    prefix = "tool.compare."
    if table is None:
        if path.name == "pyproject.toml":
            raise UsageError(f"{path} has no [tool.compare]. A start, to be filled in with your names:\n\n{MINIMAL}")
        table, prefix = {key: value for key, value in parsed.items() if key != _STEPS}, ""
    for key, value in overrides.items():
        _override(table, key.split("."), value)
    problems = list(reserved(table))
    for name in ("legacy", "async"):
        if isinstance(side := table.get(name), dict):
            table[name] = {**side, "name": name}
    try:
        config = Config.model_validate({**table, "path": path, "directory": path.parent})
    except ValidationError as error:
        problems += [sentence(details) for details in error.errors(include_url=False)]
    else:
        problems += [*missing(config)]
        if not problems:
            return absolute(config)
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


def _of_a_comparison(parsed: Mapping[str, object]) -> dict[str, object] | None:
    """What `[tool.compare]` says about comparing two apps; None if it says nothing, or tells of the steps alone."""
    table = _table(parsed, "tool", "compare")
    if table is None or set(table) == {_STEPS}:
        return None
    return {key: value for key, value in table.items() if key != _STEPS}


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
    if sections in (["legacy"], ["async"]) and key in KINDS:
        for other in (*KINDS, *UNFIT[key]):
            table.pop(other, None)
    table[key] = value
