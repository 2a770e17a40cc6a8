"""What a function leaves in a session: nothing, all of it committed, or something that nobody has committed yet.

A session of its own sees what is committed, and nothing else. So work can be given one where nothing is uncommitted
when it begins, and it leaves nothing uncommitted itself. Whatever is not known to read counts as written.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from compare.source import Program, library
from compare.source.files import is_test
from compare.source.handovers import given, is_session
from compare.source.values import OBJECT, Values
from compare.source.waiting import IN_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compare.source.reading import Call

# From a function's first line to a place: the session is as it was before; what there was is committed or rolled back;
# something was written, or a row locked, and not committed.
KEEPS, COMMITS, WRITES = "keeps", "commits", "writes"

_ENDING = {"commit", "rollback", "close", "reset", "invalidate"}
_READING = {
    "get", "get_one", "query", "refresh", "expunge", "expunge_all", "expire", "expire_all", "begin", "begin_nested",
    "get_bind", "connection", "in_transaction", "is_modified", "no_autoflush", "__enter__",
}  # fmt: skip
_STATEMENT = {"execute", "exec", "scalar", "scalars"}
_QUERY_WRITING = {"update", "delete"}
_LOCKING = "with_for_update"
# Methods and functions that take a mapped object, or are asked of one, and change nothing of it.
_HARMLESS = {
    "model_validate", "from_orm", "model_dump", "model_dump_json", "dict", "json", "jsonable_encoder", "isinstance",
    "getattr", "hasattr", "len", "str", "repr", "print", "bool", "type", "id", "list", "tuple", "set", "sorted", "any",
    "all", "debug", "info", "warning", "error", "exception", "log",
}  # fmt: skip
_MUTATING = {"append", "extend", "insert", "remove", "pop", "clear", "add", "discard", "update", "setdefault", "sort"}
_SETTING = {"setattr", "delattr"}
_KNOWN = "sqlalchemy."
_DEPENDS = "handed to fastapi.Depends"
_LATER = "StreamingResponse"  # goes through what it is handed when the route has returned
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match, ast.Try)


def then(first: str, second: str) -> str:
    """What two effects come to, one after the other."""
    return first if second == KEEPS else second


def either(effects: Iterable[str]) -> str:
    """What can be said of several effects, of which one happens; that of none is to keep."""
    found = set(effects)
    if WRITES in found:
        return WRITES
    return found.pop() if len(found) == 1 else KEEPS


class Effects:
    """Tells what functions of a program leave in a session."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[str, str], str] = {}

    def of(self, unit: str, session: str = "") -> str:
        """Return what a function leaves.

        Args:
            unit: The function.
            session: The parameter or name that the session has in it; none, if it has no name there.
        """
        key = (unit, session)
        if key not in self._known:
            self._known[key] = WRITES  # what calls itself is not looked through
            self._known[key] = self._walked(unit, session)
        return self._known[key]

    def until(self, unit: str, session: str, node: ast.AST) -> str:
        """Return what a function leaves by the time that it comes to a node."""
        flow = _Flow(self, unit, session, node)
        flow.run()
        return either(flow.seen)

    @cached_property
    def pending(self) -> str:
        """The name of a dependency of the program's that may hand out something uncommitted; empty if none does."""
        for call in self.program.calls:
            function = self.program.functions.get(call.target)
            if function is None or call.how != _DEPENDS or is_test(function.module.path):
                continue
            given = next((each.arg for each in function.parameters if is_session(self.program.of(each))), "")
            flow = _Flow(self, function.id, given)
            flow.run()
            if either(flow.handed or flow.exits) == WRITES:
                return function.name
        return ""

    def _walked(self, unit: str, session: str) -> str:
        flow = _Flow(self, unit, session)
        flow.run()
        return either([*flow.handed, *flow.exits])


class _Flow:
    """Goes through the body of a function in the order in which it runs."""

    def __init__(self, effects: Effects, unit: str, session: str, mark: ast.AST | None = None) -> None:
        self.effects = effects
        self.program = effects.program
        self.unit = unit
        self.session = session
        self.mark = mark
        self.exits: list[str] = []
        self.handed: list[str] = []  # at each `yield`
        self.seen: list[str] = []  # at the mark
        self.left: list[list[str]] = []  # of each loop around, where `break` and `continue` leave its body

    def run(self) -> None:
        function = self.program.functions[self.unit]
        if isinstance(function.node, ast.Lambda):
            self.exits.append(self.expression(function.node.body, KEEPS))
            return
        end = self.block(function.node.body, KEEPS)
        if end is not None:
            self.exits.append(end)

    # -- statements: each gives the state after it, None where nothing comes after it ------------------------------

    def block(self, statements: Sequence[ast.stmt], state: str) -> str | None:
        now: str | None = state
        for statement in statements:
            if now is None:
                return None
            now = self.statement(statement, now)
        return now

    def statement(self, node: ast.stmt, state: str) -> str | None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return state
        if isinstance(node, _COMPOUND):
            return self.compound(node, state)
        parts = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            parts = [node.value, *(part for part in parts if part is not node.value)]  # what is given comes first
        for part in parts:
            state = self.expression(part, state)
        if isinstance(node, ast.Return):
            self.exits.append(state)
        if isinstance(node, ast.Break | ast.Continue) and self.left:
            self.left[-1].append(state)
        return None if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue) else state

    def compound(self, node: ast.stmt, state: str) -> str | None:
        if isinstance(node, ast.If):
            state = self.expression(node.test, state)
            return self.joined(self.block(node.body, state), self.block(node.orelse, state))
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            return self.repeated(node, self.expression(node.test if isinstance(node, ast.While) else node.iter, state))
        if isinstance(node, ast.With | ast.AsyncWith):
            return self.entered(node, state)
        if isinstance(node, ast.Match):
            state = self.expression(node.subject, state)
            return self.joined(state, *(self.block(case.body, state) for case in node.cases))
        return self.tried(node, state) if isinstance(node, ast.Try) else state

    def repeated(self, node: ast.For | ast.AsyncFor | ast.While, state: str) -> str | None:
        self.left.append([])
        once = either([state, *self.found(self.block(node.body, state))])
        again = self.found(self.block(node.body, once))
        after = either([state, once, *again, *self.left.pop()])
        return self.block(node.orelse, after)

    def entered(self, node: ast.With | ast.AsyncWith, state: str) -> str | None:
        ends = False
        for item in node.items:
            state = self.expression(item.context_expr, state)
            inner = item.context_expr
            begun = inner.func if isinstance(inner, ast.Call) else inner
            ends = ends or (isinstance(begun, ast.Attribute) and begun.attr == "begin" and self._is_ours(begun.value))
            ends = ends or self._is_ours(inner)
        after = self.block(node.body, state)
        return COMMITS if ends and after is not None else after

    def tried(self, node: ast.Try, state: str) -> str | None:
        after: str | None = state
        halfway = [state]
        for statement in node.body:
            if after is not None:
                after = self.statement(statement, after)
                halfway += self.found(after)
        caught = [self.block(handler.body, either(halfway)) for handler in node.handlers]
        end = self.joined(self.block(node.orelse, after) if after is not None else None, *caught)
        return self.block(node.finalbody, end) if end is not None else None

    def found(self, state: str | None) -> list[str]:
        return [] if state is None else [state]

    def joined(self, *states: str | None) -> str | None:
        found = [state for state in states if state is not None]
        return either(found) if found else None

    # -- expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: ast.AST, state: str) -> str:
        if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
            return state
        for part in ast.iter_child_nodes(node):
            state = self.expression(part, state)
        if node is self.mark:
            self.seen.append(state)
        if isinstance(node, ast.Yield | ast.YieldFrom):
            self.handed.append(state)
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            return then(state, self.assigned(node))
        calls = [call for call in self.program.calls_at.get(node, ()) if call.unit == self.unit]
        state = then(state, either(self.called(node, call) for call in calls))
        if not isinstance(node, ast.Call):
            return state
        known = any(call.target in self.program.functions or call.target.startswith(_KNOWN) for call in calls)
        return then(state, self.outside(node, known=known))

    def assigned(self, node: ast.Attribute | ast.Subscript) -> str:
        """An attribute that is set: of a mapped object, that is something to be written."""
        values = self.program.of(node.value)
        if not values and isinstance(node.value, ast.Attribute):
            values = frozenset(value for value in self.program.of(node.value.value) if not value.own)
        return KEEPS if values and not self._mapped(values) else WRITES

    def called(self, node: ast.AST, call: Call) -> str:
        function = self.program.functions.get(call.target)
        if function is not None:
            in_line = call.how in IN_LINE or call.how in {library.THREAD, library.BRIDGE}
            if not in_line:
                later = call.how.endswith(_LATER) or not call.how.startswith("handed to")
                return KEEPS if later else WRITES
            return self.effects.of(function.id, self._parameter(call))
        return self.asked(node, call)

    def asked(self, node: ast.AST, call: Call) -> str:
        """What is asked of a session, connection or query."""
        owner, _, method = call.target.rpartition(".")
        if owner == library.QUERY:
            return WRITES if method in _QUERY_WRITING else KEEPS
        if owner not in {library.SESSION, library.SCOPED, library.CONNECTION}:
            return KEEPS
        if method in _ENDING:
            return COMMITS if isinstance(node, ast.Call) and self._is_method_of_ours(node) else KEEPS
        if method in _STATEMENT:
            statement = call.args[0] if call.args else frozenset()
            return KEEPS if statement and all(value.name == library.SELECT for value in statement) else WRITES
        return KEEPS if method in _READING else WRITES

    def outside(self, node: ast.Call, *, known: bool) -> str:
        """A call by what it is given: rows may be locked, and strangers may change what is mapped."""
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if name == _LOCKING or any(one.arg == _LOCKING for one in node.keywords):
            return WRITES
        if isinstance(func, ast.Attribute) and name in _MUTATING and isinstance(func.value, ast.Attribute):
            return WRITES if self._mapped(self.program.of(func.value.value)) else KEEPS
        if known or name in _HARMLESS:
            return KEEPS
        if isinstance(func, ast.Attribute) and self._mapped(self.program.of(func.value)):
            return WRITES
        arguments = [*node.args, *(one.value for one in node.keywords)]
        touched = any(is_session(values) or self._mapped(values) for values in map(self.program.of, arguments))
        return WRITES if touched or name in _SETTING else KEEPS

    def _parameter(self, call: Call) -> str:
        """The name that our session has in a function that is called with it."""
        arguments = given(self.program, call, self.program.functions[call.target])
        return next((name for name, value in arguments.items() if self._is_ours(value)), "")

    def _is_ours(self, node: ast.AST) -> bool:
        return bool(self.session) and isinstance(node, ast.Name) and node.id == self.session

    def _is_method_of_ours(self, node: ast.Call) -> bool:
        return isinstance(node.func, ast.Attribute) and self._is_ours(node.func.value)

    def _mapped(self, values: Values) -> bool:
        return any(
            value.kind == OBJECT and value.own and self.program.reading.is_mapped(value.name) for value in values
        )
