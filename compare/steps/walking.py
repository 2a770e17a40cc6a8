"""Going through the nodes of a function, or of a module, and knowing whose code each is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import Function, Module, Program

if TYPE_CHECKING:
    from collections.abc import Iterator


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what belongs to a function itself: not its decorators, defaults, or the functions and classes inside."""
    body = (
        node.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        else [node.body]
        if isinstance(node, ast.Lambda)
        else []
    )
    waiting: list[ast.AST] = list(body)
    while waiting:
        current = waiting.pop(0)
        yield current
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [
                *current.decorator_list,
                *current.args.defaults,
                *(one for one in current.args.kw_defaults if one),
            ]
        elif isinstance(current, ast.Lambda):
            waiting += current.args.defaults
        elif isinstance(current, ast.ClassDef):
            waiting += [*current.decorator_list, *current.bases]
        else:
            waiting += ast.iter_child_nodes(current)


def is_migration(module: Module) -> bool:
    """Whether a module is Alembic's environment, which Alembic runs as a script."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "alembic"
        and any(alias.name == "context" for alias in node.names)
        for node in module.tree.body
    )


def is_revision(module: Module) -> bool:
    """Whether a module is one of Alembic's revisions, whose `upgrade` Alembic calls, inside of `run_sync`."""
    bound = {
        target.id
        for node in module.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    return {"revision", "down_revision"} <= bound and any(
        isinstance(node, ast.FunctionDef) and node.name == "upgrade" for node in module.tree.body
    )


def runs_as_script(module: Module, node: ast.AST) -> bool:
    """Whether a node stands under `if __name__ == "__main__":`."""
    return any(
        isinstance(statement, ast.If)
        and "__name__" in ast.unparse(statement.test)
        and any(inner is node for inner in ast.walk(statement))
        for statement in module.tree.body
    )


def scoped_nodes(program: Program, module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node of a module with the unit whose code it is."""
    waiting: list[tuple[ast.AST, str]] = [(module.tree, module.name)]
    while waiting:
        node, unit = waiting.pop()
        yield node, unit
        scope = program.symbols.by_node.get(node)
        inner = scope.id if isinstance(scope, Function) else unit
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
