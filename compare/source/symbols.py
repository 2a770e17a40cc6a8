"""What a program defines: modules, classes, functions, and the names of each scope."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.syntax import Module

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class Scope:
    """A place where names are bound: a module, a class body, a function.

    Attributes:
        id: `pkg.module`, `pkg.module:Class.method`.
        node: What opens it.
        module: The file it is in.
        parent: The scope around it, None for a module.
        names: Every name that is bound in it.
        outer: Names that it binds in another scope (`global`, `nonlocal`).
    """

    id: str
    node: ast.AST
    module: Module
    parent: Scope | None = None
    names: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Class(Scope):
    """A class of the program."""

    node: ast.ClassDef
    functions: dict[str, Function] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it is written."""
        return self.node.name


@dataclass(eq=False)
class Function(Scope):
    """A function, method or lambda of the program.

    Attributes:
        owner: The class that it is a method of.
        generator: Whether it yields.
    """

    node: FunctionNode
    owner: Class | None = None
    generator: bool = False

    @property
    def name(self) -> str:
        """As it is written; `<lambda>` for one without a name."""
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def qualname(self) -> str:
        """Within its module, as Python's `__qualname__`, without `<locals>`."""
        return self.id.partition(":")[2]

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def decorators(self) -> list[ast.expr]:
        """Its decorators, from the top."""
        return [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list

    @property
    def parameters(self) -> list[ast.arg]:
        """All of its parameters, but `*args` and `**kwargs`."""
        arguments = self.node.args
        return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """The default of each parameter that has one."""
        arguments = self.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        found = dict(
            zip(
                [one.arg for one in positional[len(positional) - len(arguments.defaults) :]],
                arguments.defaults,
                strict=True,
            )
        )
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return found | {one.arg: default for one, default in named if default is not None}


@dataclass(eq=False)
class Symbols:
    """Everything that a program defines, by id; scopes of functions and classes also by their node."""

    modules: dict[str, Module] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    by_node: dict[ast.AST, Scope] = field(default_factory=dict)

    def add(self, module: Module) -> None:
        """Take up what a module defines."""
        self.modules[module.name] = module
        scope = Scope(module.name, module.tree, module)
        self.scopes[scope.id] = scope
        self.by_node[module.tree] = scope
        _Definitions(self, scope).read(module.tree.body)


class _Definitions:
    """Finds the scopes of a module, and which names each of them binds."""

    def __init__(self, symbols: Symbols, scope: Scope) -> None:
        self.symbols = symbols
        self.scope = scope

    def read(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)
        self.scope.names -= self.scope.outer

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self.function(node)
            return
        if isinstance(node, ast.ClassDef):
            self.klass(node)
            return
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                self.scope.names.add(node.id)
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.scope.names |= {(alias.asname or alias.name.partition(".")[0]) for alias in node.names}
        elif isinstance(node, ast.Global | ast.Nonlocal):
            self.scope.outer |= set(node.names)
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, ast.MatchAs | ast.MatchStar) and node.name
        ):
            self.scope.names.add(node.name)
        elif isinstance(node, ast.Yield | ast.YieldFrom) and isinstance(self.scope, Function):
            self.scope.generator = True
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def function(self, node: FunctionNode) -> None:
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if not isinstance(node, ast.Lambda):
            self.scope.names.add(name)
            for outside in (*node.decorator_list, *([node.returns] if node.returns else ())):
                self.visit(outside)
        for outside in (*node.args.defaults, *(one for one in node.args.kw_defaults if one)):
            self.visit(outside)
        owner = self.scope if isinstance(self.scope, Class) else None
        function = Function(self._free(name), node, self.scope.module, self.scope, owner=owner)
        function.names |= {parameter.arg for parameter in function.parameters}
        function.names |= {one.arg for one in (node.args.vararg, node.args.kwarg) if one}
        self.symbols.functions[function.id] = function
        self._add(function)
        if owner:
            owner.functions[name] = function
        inside = _Definitions(self.symbols, function)
        inside.read([ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body)

    def klass(self, node: ast.ClassDef) -> None:
        self.scope.names.add(node.name)
        for outside in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outside)
        found = Class(self._free(node.name), node, self.scope.module, self.scope)
        self.symbols.classes[found.id] = found
        self._add(found)
        _Definitions(self.symbols, found).read(node.body)

    def _add(self, scope: Scope) -> None:
        self.symbols.scopes[scope.id] = scope
        self.symbols.by_node[scope.node] = scope

    def _free(self, name: str) -> str:
        """An id of its own: a name may be defined twice (overloads, branches, property setters), lambdas often are."""
        around = self.scope.id
        first = f"{around}.{name}" if ":" in around else f"{around}:{name}"
        taken, count = first, 2
        while taken in self.symbols.scopes:
            taken, count = f"{first}#{count}", count + 1
        return taken


def functions_in(symbols: Symbols, module: Module) -> Iterator[Function]:
    """Yield the functions of a module, in the order they stand."""
    return (one for one in symbols.functions.values() if one.module is module)
