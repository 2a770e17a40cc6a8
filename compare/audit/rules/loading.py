"""What is loaded without being asked for, and what is not loaded again: T01, T05, T06, T24, T25, T26, T28."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.audit.site import Site, site
from compare.source import Class, Function, Module, Program, Value, library
from compare.source.values import CLASS, OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

_EAGER = {"joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql", "noload", "write_only", "False"}
_CHANGING = {"append", "extend", "remove", "insert", "pop", "clear", "add", "discard", "update"}


def lazy(program: Program) -> Iterator[Site]:
    """T01, T26: a relationship of an object that came by a query which did not load it."""
    for module, parents, node in _attributes(program):
        above = parents.get(node)
        if isinstance(above, ast.Attribute) and above.attr == "awaitable_attrs":
            continue
        for value in program.of(node.value):
            klass = unloaded(program, value, node.attr)
            if klass is None:
                continue
            name = f"{klass.name}.{node.attr}"
            changed = (
                isinstance(above, ast.Attribute)
                and above.attr in _CHANGING
                and isinstance(parents.get(above), ast.Call)
            )
            if changed and above is not None and _lists(program, klass, node.attr):
                yield site(
                    module, node, "T26", f"`{name}` is changed, and was not loaded by the query that the object came by"
                )
            elif isinstance(node.ctx, ast.Load):
                yield site(module, node, "T01", f"`{name}` was not loaded by the query that the object came by")
            elif isinstance(node.ctx, ast.Store) and _lists(program, klass, node.attr):
                yield site(
                    module,
                    node,
                    "T26",
                    f"`{name}` is replaced, and was not loaded by the query that the object came by",
                )
            break


def _attributes(program: Program) -> Iterator[tuple[Module, dict[ast.AST, ast.AST], ast.Attribute]]:
    for module in program.modules.values():
        parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        for node in parents:
            if isinstance(node, ast.Attribute):
                yield module, parents, node


def unloaded(program: Program, value: Value, name: str) -> Class | None:
    """Return the class whose relationship this is, where it was not loaded with the object; None else."""
    if value.kind != OBJECT or not value.own or not program.reading.is_mapped(value.name):
        return None
    marks = library.marks_of(value)
    if not marks or name in marks or "*" in marks:
        return None
    for above in program.reading.ancestors(value.name):
        klass = program.classes.get(above)
        if klass is not None and any(one.name == library.RELATIONSHIP for one in program.members.of_class(above, name)):
            return None if strategy(klass, name) in _EAGER else klass
    return None


def _lists(program: Program, klass: Class, name: str) -> bool:
    values = program.members.of_class(klass.id, name)
    leads = [each.name for value in values for each in (value.args[0] if value.args else ())]
    return "list" in leads


def declaration(klass: Class, name: str) -> ast.Call | None:
    """Return the call that declares a mapped attribute: `relationship(…)`, `mapped_column(…)`."""
    for statement in klass.node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id == name
        ):
            return statement.value if isinstance(statement.value, ast.Call) else None
        if isinstance(statement, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == name for one in statement.targets
        ):
            return statement.value if isinstance(statement.value, ast.Call) else None
    return None


def strategy(klass: Class, name: str) -> str:
    """Return how a relationship says that it is loaded; empty if it does not."""
    found = declaration(klass, name)
    for keyword in found.keywords if found else ():
        if keyword.arg == "lazy" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
        if keyword.arg == "sa_relationship_kwargs" and isinstance(keyword.value, ast.Dict):
            for key, given in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "lazy" and isinstance(given, ast.Constant):
                    return str(given.value)
    return ""


def dynamic(program: Program) -> Iterator[Site]:
    """T28: `lazy="dynamic"`, and deferred columns."""
    for klass in program.classes.values():
        if not program.reading.is_mapped(klass.id):
            continue
        for name in sorted(klass.names):
            found = declaration(klass, name)
            if found is None:
                continue
            if strategy(klass, name) == "dynamic":
                yield site(
                    klass.module, found, "T28", f"`{klass.name}.{name}` is a query that is run when it is touched"
                )
            called = ast.unparse(found.func).rpartition(".")[2]
            kept_back = any(
                each.arg == "deferred" and isinstance(each.value, ast.Constant) and each.value.value
                for each in found.keywords
            )
            if called == "deferred" or kept_back:
                yield site(klass.module, found, "T28", f"`{klass.name}.{name}` is loaded when it is touched")


def on_update(program: Program) -> Iterator[Site]:
    """T25: a column that the database makes anew on every UPDATE."""
    for klass in program.classes.values():
        if not program.reading.is_mapped(klass.id) or "eager_defaults" in ast.unparse(klass.node):
            continue
        for name in sorted(klass.names):
            found = declaration(klass, name)
            for keyword in found.keywords if found else ():
                made = keyword.arg == "server_onupdate" or (
                    keyword.arg == "onupdate" and _is_sql(program, keyword.value)
                )
                if made and found is not None:
                    yield site(
                        klass.module,
                        found,
                        "T25",
                        f"`{klass.name}.{name}` is made by the database on update, and expires with it",
                    )


def _is_sql(program: Program, node: ast.expr) -> bool:
    return any(value.kind == OBJECT and value.name == library.EXPRESSION for value in program.of(node))


def expired(program: Program) -> Iterator[Site]:
    """T05, T24: an object that is read after what expires it."""
    kept = _keeps_loaded(program)
    for function in program.functions.values():
        if isinstance(function.node, ast.Lambda):
            continue
        if not kept:
            yield from _after(program, function, "commit", "T05")
        yield from _after_rollback(program, function)


def _keeps_loaded(program: Program) -> bool:
    makers = [
        call.node
        for call in program.calls
        if isinstance(call.node, ast.Call)
        and call.value.kind == CLASS
        and call.target in {library.SESSION, library.FACTORY}
    ]
    return bool(makers) and all(
        any(each.arg in {"expire_on_commit", None} for each in node.keywords) for node in makers
    )


def _after(program: Program, function: Function, method: str, code: str) -> Iterator[Site]:
    """Reads of a mapped object in the block, or below it, that a commit stands in before."""
    calls = [call for call in program.calls_from.get(function.id, ()) if call.target == f"{library.SESSION}.{method}"]
    refreshed = [call for call in program.calls_from.get(function.id, ()) if call.target.endswith("Session.refresh")]
    for call in calls:
        line = getattr(call.node, "lineno", 0)
        block = _block_of(function.node, call.node)
        for statement in block:
            if statement.lineno <= line:
                continue
            for node in ast.walk(statement):
                if (
                    not isinstance(node, ast.Attribute)
                    or not isinstance(node.value, ast.Name)
                    or not isinstance(node.ctx, ast.Load)
                ):
                    continue
                if not any(_is_loaded(program, value) for value in program.of(node.value)):
                    continue
                name = node.value.id
                again = any(
                    isinstance(one.node, ast.Call) and one.node.args and ast.unparse(one.node.args[0]) == name
                    and line < one.node.lineno <= node.lineno
                    for one in refreshed
                )  # fmt: skip
                bound = any(
                    isinstance(each, ast.Name)
                    and each.id == name
                    and isinstance(each.ctx, ast.Store)
                    and line < each.lineno <= node.lineno
                    for each in ast.walk(function.node)
                )
                if not again and not bound and not _is_method(program, node):
                    yield site(
                        function.module, node, code, f"`{ast.unparse(node)}` is read after the {method} that expired it"
                    )


def _is_method(program: Program, node: ast.Attribute) -> bool:
    return any(value.kind == "function" for value in program.of(node))


def _is_loaded(program: Program, value: Value) -> bool:
    return value.kind == OBJECT and value.own and program.reading.is_mapped(value.name)


def _block_of(function: ast.AST, inner: ast.AST) -> list[ast.stmt]:
    """The innermost block of statements that holds a node."""
    found: list[ast.stmt] = []
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and any(inner is each for statement in block for each in ast.walk(statement)):
                found = block
    return found


def _after_rollback(program: Program, function: Function) -> Iterator[Site]:
    for node in ast.walk(function.node):
        if isinstance(node, ast.ExceptHandler):
            inside = [each for statement in node.body for each in ast.walk(statement)]
            rolled = [
                call
                for call in program.calls_from.get(function.id, ())
                if call.target.endswith("Session.rollback") and any(call.node is each for each in inside)
            ]
            for call in rolled:
                line = getattr(call.node, "lineno", 0)
                for each in inside:
                    if (
                        isinstance(each, ast.Attribute)
                        and isinstance(each.ctx, ast.Load)
                        and each.lineno > line
                        and any(
                            _is_loaded(program, value) and library.marks_of(value) for value in program.of(each.value)
                        )
                        and not _is_method(program, each)
                    ):
                        yield site(
                            function.module,
                            each,
                            "T24",
                            f"`{ast.unparse(each)}` is read after the rollback that expired it",
                        )


_MAKING = {library.SESSION, library.FACTORY, library.ASYNC_SESSION, library.ASYNC_FACTORY}
_LOCKING = {f"{owner}.with_for_update" for owner in (library.SELECT, library.QUERY)}


def stale(program: Program) -> Iterator[Site]:
    """T06: rows that are locked to be read as they are, by a session that keeps what it has of them."""
    kept = any(
        keyword.arg == "expire_on_commit" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for call in program.calls
        if isinstance(call.node, ast.Call) and call.value.kind == CLASS and call.target in _MAKING
        for keyword in call.node.keywords
    )
    for call in program.calls if kept else ():
        unit = program.functions.get(call.unit)
        if call.target not in _LOCKING or not isinstance(call.node, ast.Call) or unit is None:
            continue
        if "populate_existing" not in ast.unparse(unit.node):
            yield site(unit.module, call.node, "T06", "what the session has of these rows is not read again")


RULES = (lazy, dynamic, on_update, expired, stale)
