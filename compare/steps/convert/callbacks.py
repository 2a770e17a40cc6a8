"""Who calls a function besides the program: frameworks that await what is a coroutine, and libraries that do not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import Function
from compare.source import library as library_names
from compare.source.handovers import given
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
    node = call.node
    holder = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    lists = _lists(program, call.unit, holder) if holder is not None else []
    return (
        bool(lists)
        and any(value.name == call.target for one in lists for value in items(program.of(one)))
        and any(
            isinstance(each.node, ast.Call) and not each.how and not _is_named(program, each.node.func, each)
            for each in program.calls_to.get(call.target, ())
        )
    )


def _lists(program: Program, unit: str, holder: ast.expr) -> list[ast.expr]:
    """The lists that an expression may name: itself, or what callers give for it; none, if one of them is not known."""
    function = program.functions.get(unit)
    if not isinstance(holder, ast.Name) or function is None:
        return [holder]
    if not any(each.arg == holder.id for each in function.parameters):
        return [holder]
    found: list[ast.expr] = []
    for call in program.calls_to.get(unit, ()):
        argument = None if call.how else given(program, call, function).get(holder.id)
        caller = program.functions.get(call.unit)
        passed_on = (
            caller is not None
            and argument is not None
            and isinstance(argument, ast.Name)
            and any(each.arg == argument.id for each in caller.parameters)
        )
        if not isinstance(argument, ast.Name | ast.Attribute) or passed_on:
            return []
        found.append(argument)
    return found


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
