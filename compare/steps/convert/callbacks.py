"""Who calls a function besides the program: frameworks that await what is a coroutine, and libraries that do not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import Function
from compare.source import library as library_names
from compare.source.library import items
from compare.source.values import CLASS, FUNCTION, OBJECT
from compare.steps.convert.types import imported_as

if TYPE_CHECKING:
    from compare.source import Program, Value
    from compare.source.reading import Call

_AWAITING = {
    "fastapi.Depends", "starlette.background.BackgroundTask", "starlette.routing.Route", "fastapi.routing.APIRoute",
    "contextlib.contextmanager", "contextlib.asynccontextmanager", "functools.wraps", "typing.overload", "typing.final",
    "typing.no_type_check", "typing.override", "typing_extensions.override", "abc.abstractmethod", "staticmethod",
    "classmethod", "tenacity.retry", "pytest.fixture", "pytest_asyncio.fixture", "pytest.yield_fixture",
    "warnings.deprecated",
    "typing_extensions.deprecated", "unittest.mock.patch", "unittest.mock.patch.object", "unittest.mock.patch.dict",
    "freezegun.freeze_time", "time_machine.travel", "fastapi.FastAPI", "isinstance", "callable", "hasattr",
    "id", "repr",
    "starlette.responses.StreamingResponse", "fastapi.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse",
    "inspect.signature", "inspect.iscoroutinefunction", "asyncio.iscoroutinefunction",
}  # fmt: skip
_KEEPING = {
    "list.append", "list.extend", "list.insert", "set.add", "set.update", "dict.update", "dict.setdefault",
    "collections.deque.append", "collections.deque.appendleft", "collections.deque.extend",
}  # fmt: skip
_AWAITING_TOPS = {"pytest", "respx", "backoff", "slowapi", "fastapi_cache", "hypothesis", "stamina"}
_NAMES = {"staticmethod", "classmethod", "abstractmethod", "override", "overload", "wraps"}
# Bases that call no method of their subclasses on their own.
_SILENT = {
    "object", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "abc.ABC", "typing.NamedTuple",
    "pydantic.BaseModel", "pydantic_settings.BaseSettings", "pydantic.BaseSettings", "enum.Enum", "enum.IntEnum",
    "enum.StrEnum", "str", "int", "dict", "list", "tuple", "Exception", "BaseException", "typing.TypedDict",
    "sqlalchemy.orm.DeclarativeBase", "sqlmodel.SQLModel", "sqlalchemy.orm.Session", "sqlalchemy.orm.Query",
    "sqlalchemy.orm.MappedAsDataclass", "sqlalchemy.ext.asyncio.AsyncAttrs", "unittest.TestCase",
    "unittest.IsolatedAsyncioTestCase",
}  # fmt: skip


# Decorators that make a function a command or a task: something sync starts it, on its own.
_COMMANDS = {"command", "callback", "task", "shared_task", "periodic_task", "group", "actor"}
_COMMAND_TOPS = {"typer", "click", "celery", "dramatiq", "huey", "rq", "invoke", "flask"}


def is_command(program: Program, function: Function) -> bool:
    """Whether a function is started by something sync that does not want its result: a command, a task of a worker."""
    for decorator in function.decorators:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        written = ast.unparse(node).rpartition(".")[2]
        tops = {value.name.partition(".")[0] for value in program.of(node)}
        if written in _COMMANDS and (tops & _COMMAND_TOPS or not tops):
            return True
    return False


def awaits(library: str) -> bool:
    """Whether a library's function or method awaits a coroutine function that it is given."""
    owner, _, _ = library.rpartition(".")
    kept = library.startswith("fastapi.FastAPI.dependency_overrides.")  # a table: it calls nothing
    named = library in _AWAITING or library.partition(".")[0] in _AWAITING_TOPS
    return kept or named or owner in library_names.FRAMEWORK


def keeps(library: str) -> bool:
    """Whether what a library's method is given is put away by it, for somebody else to call."""
    return library in _KEEPING


def is_taken(program: Program, call: Call) -> bool:
    """Whether what is put into a list is called from there, by a name that only stands for what the list holds."""
    holder = (
        call.node.func.value if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else None
    )
    unit = program.scope(call.unit)
    given = {each.arg for each in unit.parameters} if isinstance(unit, Function) else set()
    if isinstance(holder, ast.Name) and holder.id in given:
        return False  # by another name elsewhere, where nobody knows what was put into it
    held = {value.name for value in items(program.of(holder))} if holder is not None else set()
    return call.target in held and any(
        isinstance(each.node, ast.Call) and not each.how and not _is_named(program, each.node.func, each)
        for each in program.calls_to.get(call.target, ())
    )


def _is_named(program: Program, node: ast.expr, call: Call) -> bool:
    """Whether an expression names a function itself: by its definition, an import, or an attribute."""
    if not isinstance(node, ast.Name):
        return isinstance(node, ast.Attribute)
    function = program.functions[call.target]
    module = program.scope(call.unit).module
    return node.id == function.name or imported_as(module, node.id) != ("", "")


def decorated(program: Program, decorator: ast.expr) -> str:
    """Return why a decorator keeps a function sync; empty if it does not."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    values = program.of(node)
    written = ast.unparse(node)
    if written.rpartition(".")[2] in _NAMES:
        return ""
    for value in values:
        if value.own:  # a decorator of the program is called with the function, and read like any other code
            continue
        if not awaits(_known(value)):
            return f"`@{written}` is not known to await what it decorates"
    if not values and written != "property":
        return f"nothing is known of the decorator `@{written}`"
    return ""


def _known(value: Value) -> str:
    if value.kind == FUNCTION and value.args:
        return value.name
    return value.name if value.kind in {FUNCTION, CLASS, OBJECT} else ""


def inherited(program: Program, function: Function) -> str:
    """Return why a method has to stay what a library's class expects; empty if it need not."""
    if function.owner is None or (function.name.startswith("_") and not function.name.startswith("__")):
        return ""
    for base in program.reading.ancestors(function.owner.id)[1:]:
        if ":" in base or base in _SILENT or base.endswith(("Error", "Exception", "Enum", "Mixin")):
            continue
        if program.calls_to.get(function.id):
            continue  # the program calls it itself
        return f"`{base}` may call `{function.name}`, and does not await it"
    return ""
