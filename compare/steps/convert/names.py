"""Giving sessions, engines and factories their async names, wherever async code sees them.

What SQLAlchemy calls stays sync: a session class of the program's own (an AsyncSession has one made of it, as
`sync_session_class`), and what listens to events. Documentation: "Using events with the asyncio extension".
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Class, Module, Program, library
from compare.source.values import CLASS, FUNCTION, OBJECT
from compare.steps.convert import holders, mocks, types
from compare.steps.rewrite import Edits, keyword_arg, parents
from compare.steps.walking import is_revision, scoped_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.steps.convert.plan import Plan
    from compare.steps.convert.types import Twin

# Takes a call that makes an object which has an async twin; whether it saw to it.
Making = Callable[[ast.Call, Edits], bool]
_EVENT = "sqlalchemy.event."
_CLASS_KEYWORDS = {"class_", "sync_session_class"}


def named(plan: Plan, twins: Mapping[str, Twin], making: Making, of: Callable[[Module], Edits]) -> None:
    """Ask for the edits that give things their async names.

    Args:
        plan: What becomes async.
        twins: The async name of each name of a library's that async code sees.
        making: Changes a call that makes such an object, where another name alone would not do.
        of: Gives the edits of a module.
    """
    naming = _Naming(plan, twins, making)
    renamed = {module.name: naming.module(module, of) for module in plan.program.modules.values()}
    mocks.patched(plan.program, of, renamed)


class _Naming:
    def __init__(self, plan: Plan, twins: Mapping[str, Twin], making: Making) -> None:
        self.plan = plan
        self.program: Program = plan.program
        self.twins = twins
        self.making = making
        types_kept = [each for one in plan.held for each in holders.types_of(plan.program, one)]
        self.kept = {node for each in types_kept for node in ast.walk(each)}
        self.listening = {call.target for call in self.program.calls if call.how.startswith(f"handed to {_EVENT}")}

    def module(self, module: Module, of: Callable[[Module], Edits]) -> dict[str, Twin]:
        """Rename what one module names; return the async name of each text that was changed."""
        renamed: dict[str, Twin] = {}
        if is_revision(module):
            return renamed
        above = parents(module.tree)
        sheltered = self._sheltered(module)
        for node, unit in scoped_nodes(self.program, module):
            if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            if (
                node in sheltered
                or unit in self.listening
                or (unit in self.plan.sync and unit in self.program.functions)
                or self._is_for_here(node, unit, above)
            ):
                continue
            if self._is_own_session(node):
                self._own(node, above, of(module))
                continue
            name = self._sync_name(node)
            to = types.twin(module, node, name, self.twins) if name else None
            parent = above.get(node)
            if to is None or (isinstance(parent, ast.Attribute) and self._sync_name(parent) == name):
                continue
            if not (isinstance(parent, ast.Call) and parent.func is node and self.making(parent, of(module))):
                types.rename(of(module), node, to)
                renamed[ast.unparse(node)] = to
        if library.SESSION in self.twins:
            self._events(module, of)
        return renamed

    def _is_for_here(self, node: ast.expr, unit: str, above: Mapping[ast.AST, ast.AST]) -> bool:
        """Whether a sync function makes an engine for itself alone: nobody awaits there, and nobody else sees it."""
        function = self.program.functions.get(unit)
        call = above.get(node)
        statement = above.get(call) if isinstance(call, ast.Call) and call.func is node else None
        if function is None or function.is_async or unit in self.plan.asyncs or not isinstance(statement, ast.Assign):
            return False
        target = statement.targets[0]
        engine = any(value.name == library.ENGINE for value in self.program.of(statement.value))
        if not engine or len(statement.targets) > 1 or not isinstance(target, ast.Name):
            return False
        return target.id not in function.outer and all(
            self._stays(each, above.get(each))
            for each in ast.walk(function.node)
            if isinstance(each, ast.Name) and each.id == target.id and isinstance(each.ctx, ast.Load)
        )

    def _stays(self, node: ast.Name, parent: ast.AST | None) -> bool:
        """Whether what a name holds goes no further: a method of it is called, or a function of SQLAlchemy's."""
        if isinstance(parent, ast.Call):
            values = self.program.of(parent.func)
            return bool(values) and all(
                value.name.startswith("sqlalchemy.") and value.name not in self.twins for value in values
            )
        return isinstance(parent, ast.Attribute) and parent.value is node

    def _sync_name(self, node: ast.expr) -> str:
        for value in self.program.of(node):
            if value.kind in {CLASS, FUNCTION} and not value.args and value.name in self.twins:
                return value.name
        return ""

    # -- what stays sync -----------------------------------------------------------------------------------------

    def _sheltered(self, module: Module) -> set[ast.AST]:
        """The nodes that name what SQLAlchemy calls: bases and methods of own sessions, targets of events."""
        found: set[ast.AST] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                klass = self.program.symbols.by_node.get(node)
                if isinstance(klass, Class) and library.SESSION in self.program.reading.ancestors(klass.id):
                    found |= set(ast.walk(node))
            elif isinstance(node, ast.Call) and self._is_event(node):
                found |= set(ast.walk(node))
        return found | self.kept

    def _is_event(self, node: ast.Call) -> bool:
        return any(value.name.startswith(_EVENT) for value in self.program.of(node.func))

    def _events(self, module: Module, of: Callable[[Module], Edits]) -> None:
        """An event of one engine is one of the sync engine that the async one has."""
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not node.args or not self._is_event(node):
                continue
            target = node.args[0]
            if any(value.kind == OBJECT and value.name == library.ENGINE for value in self.program.of(target)) and not (
                isinstance(target, ast.Attribute) and target.attr == "sync_engine"
            ):
                of(module).change(target, _sync_engine, "event on engine.sync_engine")

    # -- session classes of the program's own --------------------------------------------------------------------

    def _is_own_session(self, node: ast.expr) -> bool:
        return library.SESSION in self.twins and any(
            value.kind == CLASS and value.own and library.SESSION in self.program.reading.ancestors(value.name)
            for value in self.program.of(node)
        )

    def _own(self, node: ast.expr, above: Mapping[ast.AST, ast.AST], edits: Edits) -> None:
        parent = above.get(node)
        to = self.twins[library.SESSION]
        if isinstance(parent, ast.keyword) and parent.arg in _CLASS_KEYWORDS:
            if parent.arg == "class_":
                edits.change(parent, _as_sync_class, "class_ → sync_session_class")
        elif isinstance(parent, ast.Call) and parent.func is node:
            edits.change(parent, _made_async(ast.unparse(node)), f"{ast.unparse(node)}() → AsyncSession()")
            edits.want(to.module, to.name)
        elif self._is_type(node, above):
            types.rename(edits, node, to)

    def _is_type(self, node: ast.expr, above: Mapping[ast.AST, ast.AST]) -> bool:
        """Whether a name stands where a type is meant: an annotation, or what a factory is a factory of."""
        inner: ast.AST = node
        parent = above.get(node)
        while isinstance(parent, ast.Subscript | ast.Tuple | ast.List | ast.BinOp):
            if isinstance(parent, ast.Subscript) and parent.slice is inner and self._sync_name(parent.value):
                return True
            inner, parent = parent, above.get(parent)
        if isinstance(parent, ast.arg | ast.AnnAssign):
            return parent.annotation is inner
        return isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and parent.returns is inner


def _sync_engine(node: cst.CSTNode) -> cst.CSTNode:
    if not isinstance(node, cst.BaseExpression):
        return node
    return cst.Attribute(node, cst.Name("sync_engine"))


def _as_sync_class(node: cst.CSTNode) -> cst.CSTNode:
    return node.with_changes(keyword=cst.Name("sync_session_class"))


def _made_async(own: str) -> Callable[[cst.CSTNode], cst.CSTNode]:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        given = keyword_arg("sync_session_class", cst.parse_expression(own))
        return call.with_changes(func=cst.Name("AsyncSession"), args=[*call.args, given])

    return edit
