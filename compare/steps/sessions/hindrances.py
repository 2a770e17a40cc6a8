"""Why work that is handed over keeps the session that it was given: with another one it might do something else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.handovers import BESIDE, THREADED
from compare.source.values import OBJECT, objects
from compare.steps.convert.types import imported_as
from compare.steps.sessions.effects import KEEPS, WRITES, Effects
from compare.steps.sessions.factories import Maker, loads

if TYPE_CHECKING:
    from compare.source import Program
    from compare.source.handovers import HandOver
    from compare.source.values import Values

BOUND = ("Engine", "Connection")  # what a session is bound to
_PLAIN = {
    library.PLAIN_VALUE, "NoneType", "int", "str", "float", "bool", "bytes", "uuid.UUID", "pathlib.Path",
    "decimal.Decimal", "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta",
}  # fmt: skip
_MODEL = "pydantic.BaseModel"


def hindrance(program: Program, effects: Effects, making: Maker, one: HandOver) -> str:
    """Return why what is handed over keeps the session that it is given; empty if it can have its own."""
    if one.when == THREADED:
        return "a thread of its own cannot await: make it a task, or give it a sync engine"
    return _written_so(program, making, one) or _shared(program, one) or _uncommitted(program, effects, one)


def _written_so(program: Program, making: Maker, one: HandOver) -> str:
    """What of the text stands against a function beside the one that is handed over."""
    function, name = one.function, one.function.name
    module = function.module
    if function.owner or program.symbols.scopes.get(module.name) is not function.parent:
        return f"`{name}` is no function of a module"
    if one.definition.args.vararg or one.definition.args.kwarg:
        return f"`{name}` takes any number of arguments"
    if one.definition.decorator_list:
        return f"`{name}` is decorated"
    if making.file and making.file != module.path and loads(program, making.file, module.path):
        return f"{module.path} cannot import `{making.name}`: {making.file} imports it"
    for bound in BOUND:
        if bound in program.symbols.scopes[module.name].names and imported_as(module, bound)[1] != bound:
            return f"`{bound}` is something else in {module.path}"
    return ""


def _shared(program: Program, one: HandOver) -> str:
    """What goes to the work, or comes of it, and belongs to the other session."""
    for value, parameter in one.others:
        if not _is_plain(program, one, value, parameter):
            return f"`{ast.unparse(value)}` may belong to the session: pass ids"
    if one.when == BESIDE and not _gives_plain(program, one):
        return f"what `{one.function.name}` gives back may belong to the session"
    return ""


def _uncommitted(program: Program, effects: Effects, one: HandOver) -> str:
    """What is not committed when the work begins, or when it is done."""
    if not _begins(program, one.unit):
        return f"`{one.unit.partition(':')[2]}` is called by others, who may have written before"
    before = (
        effects.until(one.unit, one.session.id, one.named)
        if one.when == BESIDE
        else effects.of(one.unit, one.session.id)
    )
    if before == KEEPS and effects.pending:
        return f"`{effects.pending}` may hand out something that is not committed, and another session would not see it"
    if before == WRITES:
        return "what was written before may not be committed by then, and another session would not see it"
    if effects.of(one.function.id, one.parameter) == WRITES:
        return f"`{one.function.name}` may leave something that it did not commit"
    return ""


def returned(one: HandOver) -> list[ast.expr]:
    """Return what a function gives back."""
    return [node.value for node in ast.walk(one.definition) if isinstance(node, ast.Return) and node.value is not None]


def _gives_plain(program: Program, one: HandOver) -> bool:
    """Whether what a function gives back outlives the session: by its annotation, or by each `return`."""
    if one.definition.returns is not None:
        values = objects(program.of(one.definition.returns))
        return isinstance(one.definition.returns, ast.Constant) or _plain(program, values)
    return all(isinstance(value, ast.Constant) or _plain(program, program.of(value)) for value in returned(one))


def _begins(program: Program, unit: str) -> bool:
    """Whether nobody of the program calls a function: a route is called by the framework alone."""
    return unit in program.functions and not any(
        call.unit in program.functions and call.how in {"", library.THREAD, library.BRIDGE, library.BACKGROUND}
        for call in program.calls_to.get(unit, ())
    )


def _is_plain(program: Program, one: HandOver, value: ast.expr, parameter: str) -> bool:
    """Whether an argument has nothing to do with a session: by its own value, or by its parameter's annotation."""
    values = program.of(value)
    if values or isinstance(value, ast.Constant):
        return not values or _plain(program, values)
    if isinstance(value, ast.Attribute) and _is_column(program, value):
        return True
    node = next((each for each in one.function.parameters if each.arg == parameter), None)
    return node is not None and node.annotation is not None and _plain(program, objects(program.of(node.annotation)))


def _is_column(program: Program, node: ast.Attribute) -> bool:
    """Whether a column of a mapped object is read."""
    owners = [value.name for value in program.of(node.value) if value.kind == OBJECT and value.own]
    return bool(owners) and all(
        any(value.name == library.COLUMN for value in program.members.of_class(owner, node.attr)) for owner in owners
    )


def _plain(program: Program, values: Values) -> bool:
    def is_plain(name: str, *, own: bool) -> bool:
        if not own:
            return name in _PLAIN
        return _MODEL in program.reading.ancestors(name) and not program.reading.is_mapped(name)

    return bool(values) and all(
        value.kind == OBJECT
        and is_plain(value.name, own=value.own)
        and all(_plain(program, held) for held in value.args)
        for value in values
    )
