"""Settings of a project that say where its database is: environment variables, by the code that reads them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from compare.init.sources import Source

Part = Literal["url", "host", "port", "user", "password", "database"]

URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
NAMES: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("url", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQLALCHEMY(?:_DATABASE)?|SQL)_?(?:URL|URI|DSN)$")),
    ("host", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?(?:HOST|HOSTNAME|SERVER|ADDRESS)$")),
    ("port", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?PORT$")),
    ("user", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?(?:USER|USERNAME|LOGIN)$")),
    ("password", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?(?:PASSWORD|PASSWD|PASS|PWD)$")),
    ("database", re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?(?:NAME|DB|DATABASE|DBNAME)$")),
)
READERS = ("os.getenv", "os.environ.get", "environ.get", "getenv", "config", "env", "env.str", "env.db")
ENV_FILES = (".env", ".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", ".env.test")


@dataclass(frozen=True)
class Setting:
    """An environment variable, what it holds, and the value it has without being set ('' for none).

    `field` is what the code calls it.
    """

    name: str
    part: Part | None
    default: str = ""
    required: bool = False
    field: str = ""


def settings(found: Iterable[Source], folder: Path) -> list[Setting]:
    """Every setting that is read or written down, once; those of the database first."""
    known: dict[str, Setting] = {}
    for setting in (*(one for source in found for one in _in_source(source)), *_in_files(folder)):
        before = known.get(setting.name)
        if before is None:
            known[setting.name] = setting
        elif setting.default and not before.default:
            part = before.part or setting.part
            known[setting.name] = Setting(setting.name, part, setting.default, field=before.field)
    return sorted(known.values(), key=lambda one: one.part is None)


def part_of(name: str, default: str = "") -> Part | None:
    """Which part of a database's address a variable holds, by its name or by the value it has."""
    if URL.match(default):
        return "url"
    return next((part for part, pattern in NAMES if pattern.search(name.upper())), None)


def _in_source(source: Source) -> Iterator[Setting]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and any(source.full(base).endswith("BaseSettings") for base in node.bases):
            yield from _in_class(node)
        elif isinstance(node, ast.Subscript) and source.full(node.value) in {"os.environ", "environ"}:
            if name := _string(node.slice):
                yield Setting(name, part_of(name), required=True)
        elif isinstance(node, ast.Call) and source.full(node.func) in READERS and node.args:
            name = _string(node.args[0])
            if name and re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                given = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "default")]
                default = _string(given[0]) if given else ""
                yield Setting(name, part_of(name, default), default)


def _in_class(node: ast.ClassDef) -> Iterator[Setting]:
    """The fields of a pydantic settings class; one that is computed is none."""
    prefix = _prefix(node)
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if field.target.id == "model_config" or "ClassVar" in ast.unparse(field.annotation):
            continue
        alias, default, required = _field(field.value)
        name = alias or f"{prefix}{field.target.id}".upper()
        part: Part | None = "url" if "PostgresDsn" in ast.unparse(field.annotation) else part_of(name, default)
        yield Setting(name, part, default, required, field.target.id)


def _prefix(node: ast.ClassDef) -> str:
    """`env_prefix` of `model_config` or of an inner `Config`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
            return _string(inner.value)
        if isinstance(inner, ast.Assign) and any(getattr(target, "id", "") == "env_prefix" for target in inner.targets):
            return _string(inner.value)
    return ""


def _field(value: ast.expr | None) -> tuple[str, str, bool]:
    """Alias, default and whether a value has to be given."""
    if value is None:
        return "", "", True
    if isinstance(value, ast.Call):
        words = {word.arg: word.value for word in value.keywords}
        alias = next((_string(words[key]) for key in ("validation_alias", "alias", "env") if key in words), "")
        given = words.get("default") or (value.args[0] if value.args else None)
        required = "default_factory" not in words and (given is None or ast.unparse(given) in {"...", "Ellipsis"})
        return alias, _string(given) if given is not None else "", required
    return "", _string(value), False


def _in_files(folder: Path) -> Iterator[Setting]:
    """What the project's own example of an environment names."""
    for place in (folder, folder.parent):
        for name in ENV_FILES:
            path = place / name
            if path.is_file():
                for key, value in entries(path):
                    yield Setting(key, part_of(key, value), value)


def entries(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of an env file, quotes and comments taken off."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)", line)
        if match:
            value = match[2].strip()
            quoted = re.match(r"""(["'])(.*?)\1""", value)
            yield match[1], quoted[2] if quoted else re.sub(r"\s+#.*", "", value)


def _string(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
