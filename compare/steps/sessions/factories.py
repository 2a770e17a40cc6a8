"""By what a program makes its sessions: a factory, or the class itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.source import Module, Program, library
from compare.source.files import is_test
from compare.source.handovers import is_session
from compare.source.values import CLASS
from compare.steps.convert.edges import makes_session
from compare.steps.convert.types import imported_as

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Maker:
    """What makes a program's sessions.

    Attributes:
        source: The module that it is imported from.
        name: Its name there.
        file: The file of the program that defines it; None if a library does.
        options: What it is given besides what it is bound to, as code.
    """

    source: str
    name: str
    file: Path | None
    options: tuple[str, ...] = ()

    def code(self, name: str, bind: str) -> str:
        """Return the call that makes a session on something else."""
        given = [f"bind={bind}" if self.file else bind, *self.options]
        return f"{name}({', '.join(given)})"


def maker(program: Program) -> Maker | str:
    """Return by what the sessions of a program are made, its tests aside; or why that cannot be told."""
    found: dict[Maker, tuple[Module, ast.Call]] = {}
    for call in program.calls:
        node, module = call.node, program.scope(call.unit).module
        if (
            not makes_session(call)
            or not isinstance(node, ast.Call)
            or is_test(module.path)
            or not is_session(program.of(node))
        ):
            continue
        one = _named(program, module, node)
        if one is None:
            return f"what makes the session at {module.path}:{node.lineno} has no name in a module"
        found.setdefault(one, (module, node))
    if not found:
        return "nothing is known to make the program's sessions"
    if _many_engines(program):
        return "sessions choose among several engines"
    if len(found) > 1:
        places = " and ".join(f"{module.path}:{node.lineno}" for module, node in list(found.values())[:2])
        return f"sessions are made in more than one way, at {places}"
    return next(iter(found))


def _many_engines(program: Program) -> bool:
    """Whether what a session is bound to depends on what is asked: its `bind` does not say it all."""
    routed = any(
        "get_bind" in klass.functions and library.SESSION in program.reading.ancestors(klass.id)
        for klass in program.classes.values()
    )
    return routed or any(
        isinstance(call.node, ast.Call) and any(one.arg == "binds" for one in call.node.keywords)
        for call in program.calls
        if call.target in {library.SESSION, library.FACTORY}
    )


def _named(program: Program, module: Module, node: ast.Call) -> Maker | None:
    if not isinstance(node.func, ast.Name):
        return None
    name = node.func.id
    is_class = any(value.kind == CLASS and value.name == library.SESSION for value in program.of(node.func))
    source, there = imported_as(module, name)
    if is_class:
        options = tuple(f"{one.arg}={ast.unparse(one.value)}" for one in node.keywords if one.arg != "bind")
        plain = all(one.arg and isinstance(one.value, ast.Constant) for one in node.keywords if one.arg != "bind")
        return Maker(source, there, None, options) if source and there and plain else None
    if any(one.arg != "bind" for one in node.keywords) or node.args:
        return None
    if source and there:
        level = len(source) - len(source.lstrip("."))
        names = program.reading.names
        file = names.relative(level, source[level:], module.path) if level else names.find(source, module.path)
        defining = next((one for one in program.modules.values() if one.path == file), None)
        if defining is None:
            return None
        further, other = imported_as(defining, there)
        return None if further and other else Maker(defining.name if level else source, there, defining.path)
    bound = any(
        isinstance(target, ast.Name) and target.id == name
        for statement in module.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
    )
    return Maker(_imported_name(program, module), name, module.path) if bound else None


def _imported_name(program: Program, module: Module) -> str:
    """The name by which the rest of the program imports a module."""
    for other in program.modules.values():
        for name, path in imports(program, other):
            if path == module.path:
                return name
    return module.name


def imports(program: Program, module: Module) -> Iterator[tuple[str, Path]]:
    """Yield what a module imports of the program as it is loaded: the name that it uses, and the file."""
    names = program.reading.names
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            for name in (node.module or "", *(f"{node.module}.{one.name}" for one in node.names if node.module)):
                path = names.relative(node.level, name, module.path) if node.level else names.find(name, module.path)
                if path is not None and not node.level:
                    yield name, path
                elif path is not None:
                    yield next(one.name for one in program.modules.values() if one.path == path), path
        elif isinstance(node, ast.Import):
            for one in node.names:
                path = names.find(one.name, module.path)
                if path is not None:
                    yield one.name, path


def loads(program: Program, first: Path, other: Path) -> bool:
    """Whether loading one file of a program loads another one."""
    by_path = {module.path: module for module in program.modules.values()}
    queue, known = [first], {first}
    while queue:
        module = by_path.get(queue.pop())
        for _, path in imports(program, module) if module else ():
            if path not in known:
                known.add(path)
                queue.append(path)
    return other in known
