"""FastAPI and Starlette objects in the sources of a project, and what they log in with."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from compare.init.sources import Source

KINDS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")
BEARER = "OAuth2PasswordBearer"
OPEN = "{…}"
LIKELY = ("main", "app", "asgi", "server", "application", "api")


@dataclass(frozen=True)
class Application:
    """An app: its import string, the folder that is imported from, and whether it is a factory."""

    name: str
    root: Path
    factory: bool
    file: Path


def applications(found: Iterable[Source]) -> list[Application]:
    """Every app at the top of a module and every function that makes one, the likeliest first."""
    apps = [app for source in found for app in _in_module(source)]
    return sorted(apps, key=_unlikeliness)


def login_path(found: Iterable[Source], values: Mapping[str, str]) -> str | None:
    """The path of the token endpoint that an `OAuth2PasswordBearer` names.

    `values` are defaults of settings, put in where the path is built from them; what stays open is `{…}`.
    """
    for source in found:
        for name, call in source.calls():
            if name.endswith(BEARER):
                given = [word.value for word in call.keywords if word.arg == "tokenUrl"] + call.args[:1]
                if given:
                    return f"/{text.lstrip('/')}" if (text := _text(given[0], values)) else None
    return None


def _in_module(source: Source) -> Iterator[Application]:
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _makes(source, node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield _named(source, target.id, factory=False)
        elif isinstance(node, ast.FunctionDef) and _returns(source, node) and _needs_nothing(node):
            yield _named(source, node.name, factory=True)


def _named(source: Source, name: str, *, factory: bool) -> Application:
    return Application(f"{source.module}:{name}", source.root, factory, source.path)


def _makes(source: Source, value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and source.full(value.func) in KINDS


def _returns(source: Source, function: ast.FunctionDef) -> bool:
    """Whether a function gives an app: it says so, or it makes one and returns that name."""
    if function.returns is not None and source.full(function.returns) in KINDS:
        return True
    made = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _makes(source, node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return any(_makes(source, value) or (isinstance(value, ast.Name) and value.id in made) for value in returned)


def _needs_nothing(function: ast.FunctionDef) -> bool:
    arguments = function.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return needed == 0 and all(default is not None for default in arguments.kw_defaults)


def _unlikeliness(app: Application) -> tuple[int, int, int, str]:
    module = app.name.partition(":")[0]
    last = module.rpartition(".")[2]
    likely = LIKELY.index(last) if last in LIKELY else len(LIKELY)
    return likely, module.count("."), int(app.factory), app.name


def _text(node: ast.expr, values: Mapping[str, str]) -> str | None:
    """A string that is written out, or put together from such and settings."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, values) or OPEN for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, values)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return values.get(name.upper())
