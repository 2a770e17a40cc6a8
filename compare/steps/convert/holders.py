"""Objects that hold a session: `self.session = session`, and methods that use it.

One attribute is sync or async for all of its users. Where one method has to stay sync, those beside it do too, and the
object keeps the sync side of the session that it is given, `AsyncSession.sync_session`: what is async runs its methods
over `greenlet_spawn`, as `run_sync` does, and finds the async side again by `async_session`. Source:
`AsyncSession.run_sync`, which is the first two in one; `sqlalchemy.ext.asyncio.async_session`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

import libcst as cst

from compare.source import Function, Program, Waiting, library
from compare.source.values import OBJECT
from compare.source.waiting import is_question
from compare.steps.convert.bridge import is_session
from compare.steps.rewrite import expression
from compare.steps.walking import scoped_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.source import Module
    from compare.steps.convert.plan import Plan
    from compare.steps.rewrite import Edit

_SIDES = {library.CONNECTION: "sync_connection", library.ASYNC_CONNECTION: "sync_connection"}


@dataclass(eq=False)
class Holder:
    """Classes that derive from one another, and an attribute of theirs that is a session or a connection.

    Attributes:
        name: The attribute's.
        classes: By id.
        users: Their methods that wait for the database through it, by id.
        makers: Methods that are given what they hold: they assign it.
    """

    name: str
    classes: set[str]
    users: set[str] = field(default_factory=set)
    makers: set[str] = field(default_factory=set)


def holders(program: Program, waits: Waiting) -> list[Holder]:
    """Find the objects that hold what they ask through; none where it is no session that is asked."""
    if not any(is_question(call.target) for calls in waits.asking.values() for call in calls):
        return []  # step 1: it is clients that go, and sessions stay as they are
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for calls in (*waits.asking.values(), *waits.calls.values()):
        for call in calls:
            function = program.functions.get(call.unit)
            if function is None or not isinstance(call.node, ast.Call):
                continue
            for node in sessions(program, call.node):
                name = _own_attribute(function, node)
                if function.owner and name:
                    users[function.owner.id, name].add(function.id)
    found: list[Holder] = []
    above = {name: set(program.reading.ancestors(name)) & program.classes.keys() for name in program.classes}
    for (klass, name), using in users.items():
        related = {other for other, classes in above.items() if classes & above[klass]}  # by what they derive from
        known = next((one for one in found if one.name == name and one.classes & related), None)
        if known is None:
            known = Holder(name, set())
            found.append(known)
        known.classes |= related
        known.users |= using
    for one in found:
        one.makers = {function.id for function, _ in _assignments(program, one)}
    return found


def sessions(program: Program, call: ast.Call) -> Iterator[ast.expr]:
    """Return the sessions, or connections, that a call goes through or passes on."""
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if is_session(program, program.of(node)):
            break
        node = node.func if isinstance(node, ast.Call) else node.value
    for each in (node, *call.args, *(keyword.value for keyword in call.keywords)):
        if is_session(program, program.of(each)):
            yield each


def beside(found: Iterable[Holder], program: Program, staying: set[str]) -> set[str]:
    """Return the methods that stay sync because one that does uses what their object holds."""
    more: set[str] = set()
    for one in found:
        if (one.users | one.makers) & staying:
            more |= {name for name in one.users if not program.functions[name].is_async}
    return more - staying


def is_held(found: Iterable[Holder], program: Program, node: ast.expr) -> bool:
    """Whether an expression is what one of these objects holds."""
    return isinstance(node, ast.Attribute) and any(
        node.attr == one.name and any(value.name in one.classes for value in program.of(node.value)) for one in found
    )


def read_outside(plan: Plan, module: Module) -> Iterator[ast.Attribute]:
    """Return where async code reads the session that one of these objects keeps the sync side of.

    It needs the async side of it: `async_session` gives that. A connection has nothing of the kind.
    """
    classes = set().union(*(one.classes for one in plan.held)) if plan.held else set()
    nodes = list(scoped_nodes(plan.program, module)) if classes else []
    crossed = {arg for node, _ in nodes if isinstance(node, ast.Call) and _is_way_back(node) for arg in node.args}
    for node, unit in nodes:
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load) or unit in plan.sync:
            continue
        if node in crossed:
            continue
        function = plan.program.functions.get(unit)
        inside = function is not None and function.owner is not None and function.owner.id in classes
        if inside and function is not None and not function.is_async:
            continue  # it asks nothing: `self.db.add(…)` is the same on both sides
        names = {value.name for value in plan.program.of(node)}
        if not names & set(_SIDES) and is_held(plan.held, plan.program, node):
            yield node


def _is_way_back(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == "async_session"


def async_side(node: cst.CSTNode) -> cst.CSTNode:
    """The edit of such a place."""
    return cst.Call(cst.Name("async_session"), [cst.Arg(expression(node))])


def kept(program: Program, one: Holder) -> Iterator[tuple[Module, ast.expr, Edit]]:
    """Return the edits by which an object keeps the sync side of what it is given."""
    for function, value in _assignments(program, one):
        names = {each.name for each in program.of(value) if each.kind == OBJECT}
        side = next((_SIDES[name] for name in sorted(names) if name in _SIDES), "sync_session")
        yield function.module, value, _sync_side(side)


def types_of(program: Program, one: Holder) -> Iterator[ast.expr]:
    """Return what is said of the type of what is held: it stays."""
    for name in one.classes:
        klass = program.classes[name]
        for node in ast.walk(klass.node):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target).rpartition(".")[2] == one.name:
                yield node.annotation


def _own_attribute(function: Function, node: ast.expr) -> str:
    """The name of an attribute of the method's own object, or of what it calls by a name: `db = self.db`."""
    own = function.parameters[0].arg if function.parameters else ""
    if isinstance(node, ast.Name):
        assigned = [each.value for each in ast.walk(function.node) if _is_named(each, node.id)]
        return next((name for each in assigned if (name := _attribute_of(own, each))), "")
    return _attribute_of(own, node)


def _is_named(node: ast.AST, name: str) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)


def _attribute_of(own: str, node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == own:
        return node.attr
    return ""


def _assignments(program: Program, one: Holder) -> Iterator[tuple[Function, ast.expr]]:
    """Where an argument becomes what is held."""
    for name in one.classes:
        for function in program.classes[name].functions.values():
            given = {parameter.arg for parameter in function.parameters}
            for node in ast.walk(function.node):
                if isinstance(node, ast.Assign):
                    targets, value = node.targets, node.value
                elif isinstance(node, ast.AnnAssign) and node.value is not None:
                    targets, value = [node.target], node.value
                else:
                    continue
                own = function.parameters[0].arg if function.parameters else ""
                held = any(_attribute_of(own, each) == one.name for each in targets)
                if held and isinstance(value, ast.Name) and value.id in given:
                    yield function, value


def _sync_side(side: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        given = cst.ensure_type(node, cst.Name).value
        return cst.parse_expression(f'getattr({given}, "{side}", {given})')

    return edit
