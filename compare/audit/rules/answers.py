"""What an answer shows of an object that did not load it: T07."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.audit.rules.loading import unloaded
from compare.audit.site import Site, site
from compare.source import Class, Function, Program, library
from compare.source.values import CLASS, OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source import Values

_METHODS = {"get", "post", "put", "patch", "delete", "api_route", "route"}
_ROUTERS = {"fastapi.FastAPI", "fastapi.APIRouter"}
_MODELS = {"pydantic.BaseModel", "sqlmodel.SQLModel"}
_FROM_OBJECTS = {"model_validate", "from_orm", "validate"}


def routes(program: Program) -> Iterator[tuple[Function, ast.Call]]:
    """Yield each function that is a route, with the decorator that makes it one."""
    for function in program.functions.values():
        for decorator in function.decorators:
            if (
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
                and decorator.func.attr in _METHODS
                and any(value.name in _ROUTERS for value in program.of(decorator.func.value))
            ):
                yield function, decorator
                break


def answered(program: Program) -> Iterator[Site]:
    """T07: a field of the answer's model that is a relationship which the query did not load."""
    for function, decorator in routes(program):
        given = next((each.value for each in decorator.keywords if each.arg == "response_model"), None)
        returns = function.node.returns if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) else None
        model = _model(program, given if given is not None else returns)
        if model is None:
            continue
        for node in ast.walk(function.node):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from _shown(program, function, node.value, model)
    for function in program.functions.values():
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            if node.func.attr in _FROM_OBJECTS:
                model = _model(program, node.func.value)
                if model is not None:
                    yield from _shown(program, function, node.args[0], model)


def _model(program: Program, node: ast.expr | None) -> Class | None:
    """The one class of Pydantic's that an annotation names: `list[OrderRead]`, `OrderRead | None`."""
    found = [
        program.classes[value.name]
        for each in (ast.walk(node) if node is not None else ())
        if isinstance(each, ast.Name | ast.Attribute)
        for value in program.of(each)
        if value.kind == CLASS and value.name in program.classes and _is_model(program, value.name)
    ]
    return found[0] if len({one.id for one in found}) == 1 else None


def _is_model(program: Program, name: str) -> bool:
    return bool(set(program.reading.ancestors(name)) & _MODELS) and not program.reading.is_mapped(name)


def _shown(program: Program, function: Function, node: ast.expr, model: Class) -> Iterator[Site]:
    values = program.of(node)
    for value in _objects(values) | _objects(library.items(values)):
        for name in program.members.fields(model.id):
            klass = unloaded(program, value, name)
            if klass is not None:
                message = f"`{model.name}` shows `{klass.name}.{name}`, which the query did not load"
                yield site(function.module, node, "T07", message)


def _objects(values: Values) -> Values:
    return frozenset(value for value in values if value.kind == OBJECT and value.own)


RULES = (answered,)
