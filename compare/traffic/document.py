"""YAML read as JSON: the same types, and no others.

YAML 1.1 turns an unquoted `NO` into false, `2024-01-01` into a date and `1_000` or `0o17` into numbers. In a file
about HTTP
requests each of these is a trap, so a plain scalar is null, true, false or a number only where JSON would agree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from compare.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

PREFIX = "tag:yaml.org,2002:"


class _JsonLoader(yaml.SafeLoader):
    """A SafeLoader that knows JSON's types only, and refuses a key that is given twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Refuse duplicate keys: in a scenario one of the two would be lost silently."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_JsonLoader.add_implicit_resolver(PREFIX + "null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_JsonLoader.add_implicit_resolver(PREFIX + "bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_JsonLoader.add_implicit_resolver(PREFIX + "int", re.compile(r"^-?(?:0|[1-9]\d*)$"), list("-0123456789"))
_JsonLoader.add_implicit_resolver(
    PREFIX + "float",
    re.compile(r"^-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)$"),
    list("-0123456789"),
)
_JsonLoader.add_constructor(PREFIX + "float", lambda _loader, node: float(node.value))


def read_document(path: Path) -> object:
    """The content of one YAML file. UsageError names file, line and column of what cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - a subclass of SafeLoader
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text (byte {error.start}); save the file as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise UsageError(f"{path}{place}: this is not valid YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: this is not valid YAML: {error}.") from error
