"""Which session runs a query: the one that began it, that is at hand, or that has to be handed over."""

from __future__ import annotations

import ast

from compare.source import Function, Module, Program, Values, library
from compare.source.tables import MEMBER
from compare.source.values import OBJECT
from compare.steps.select import methods
from compare.steps.select.place import Place, Selecting


def is_session(values: Values) -> bool:
    """Whether this may be a session."""
    return any(value.kind == OBJECT and value.name == library.SESSION for value in values)


def root_of(node: ast.expr) -> ast.Call | None:
    """The `session.query(…)` that a chain of calls begins with."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return node
        node = node.func.value
    return None


def session_for(work: Selecting, place: Place, chain: ast.expr) -> str:  # noqa: PLR0911 - one answer for each place that a session may be at
    """Return the session that runs a query, as it is written there; empty if there is none, or more than one."""
    root = root_of(chain)
    if root is not None and isinstance(root.func, ast.Attribute):
        return ast.unparse(root.func.value)
    function = work.program.functions.get(place.unit)
    if function is None:
        return ""
    begun = {
        ast.unparse(node.func.value)
        for node in ast.walk(function.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "query"
        and is_session(work.program.of(node.func.value))
    }  # fmt: skip
    if len(begun) == 1:
        return begun.pop()
    given = [one.arg for one in function.parameters if is_session(work.program.of(one))]
    if len(given) == 1 and not begun:
        return given[0]
    if begun:
        return ""
    kept = _kept_session(work.program, function)
    if kept or not _can_be_given(work.program, function):
        return kept
    work.given.add(function.id)
    return "session"


def _kept_session(program: Program, function: Function) -> str:
    """The session that a method's object keeps: `self.db`; empty if there is none, or more than one."""
    used = {
        ast.unparse(node)
        for node in ast.walk(function.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and is_session(program.of(node))
    }
    if not used and function.owner is not None:
        first = function.node.args.args[:1]
        klasses = program.reading.ancestors(function.owner.id)
        names = {key.name for key, values in program.reading.tables.values.items()
                 if key.kind == MEMBER and key.where in klasses and is_session(values)}  # fmt: skip
        used = {f"{first[0].arg}.{name}" for name in names} if first else set()
    return used.pop() if len(used) == 1 else ""


def _can_be_given(program: Program, function: Function) -> bool:
    """Whether a function can be given a session as its first argument: all who call it are known, and have one."""
    if (
        isinstance(function.node, ast.Lambda)
        or function.owner is not None
        or "session" in function.names
        or function.decorators
    ):
        return False
    calls = program.calls_to.get(function.id, ())
    return bool(calls) and all(
        call.how == "" and isinstance(call.node, ast.Call) and bool(_at_hand(program, call.unit)) for call in calls
    )


def _at_hand(program: Program, unit: str) -> str:
    """The one session that a function has: given to it, or kept by its object."""
    function = program.functions.get(unit)
    if function is None:
        return ""
    given = [one.arg for one in function.parameters if is_session(program.of(one))]
    if len(given) == 1:
        return given[0]
    return _kept_session(program, function) if not given else ""


def handed_over(work: Selecting, module: Module) -> list[Place]:
    """The places at which functions that run queries, and have no session, are given one."""
    found = []
    for name in sorted(work.given):
        function = work.program.functions[name]
        if function.module is module and isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = Place(function.node, name, module)  # type: ignore[arg-type] # a statement, where others are expressions
            place.edit, place.what, place.wants = (
                methods.given_first,
                "session given to what runs a query",
                (("sqlalchemy.orm", "Session"),),
            )
            found.append(place)
        for call in work.program.calls_to.get(name, ()):
            caller = work.program.scope(call.unit).module
            if caller is module and isinstance(call.node, ast.Call):
                place = Place(call.node, call.unit, module)
                place.edit = methods.handed_first(_at_hand(work.program, call.unit))
                place.what = "session handed to what runs a query"
                found.append(place)
                work.join(call.unit, name)
    return found
