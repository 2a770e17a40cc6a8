"""Which lines of the project ran: a mark before each statement, put in as a module is compiled.

It costs some 30 ns a statement, and other people's code nothing; a tracer is called for every function there is. Test
modules are pytest's to compile, and are left alone.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

from . import places

if TYPE_CHECKING:
    from types import CodeType

_MARKS = "__compare_trace_marks__"
_modules: dict[str, tuple[bytearray, list[int]]] = {}


def install() -> None:
    """Compile the project's modules with marks from now on."""
    original = SourceFileLoader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        own = places.relative(path)
        if not own or type(self) is not SourceFileLoader or _is_test(own):
            return original(self, fullname)
        try:
            return marked(self.get_data(path), path, own)
        except (SyntaxError, ValueError, OSError, RecursionError):
            return original(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign] # every import of a source file comes by here


def _is_test(own: str) -> bool:
    """Whether pytest would compile it; a process that a test starts may import it as well."""
    name = own.rpartition(os.sep)[2]
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def marked(source: bytes, path: str, own: str) -> CodeType:
    """Compile a module with a mark before each statement."""
    tree = ast.parse(source)
    numbers: list[int] = []
    for node in list(ast.walk(tree)):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                setattr(node, name, _with_marks(body, numbers, top=isinstance(node, ast.Module)))
    marks = bytearray(len(numbers))
    _modules[own] = (marks, numbers)
    sys.modules.setdefault(_MARKS, _Marks()).__dict__[own] = marks  # type: ignore[arg-type] # a place that lives as long
    start = [] if not numbers else _start(own)
    place = _after_future(tree.body)
    tree.body[place:place] = start
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


class _Marks:
    """Holds the marks of every module."""


def _start(own: str) -> list[ast.stmt]:
    code = f"{_MARKS} = __import__('sys').modules[{_MARKS!r}].__dict__[{own!r}]"
    return list(ast.parse(code).body)


def _after_future(body: list[ast.stmt]) -> int:
    place = 0
    for number, statement in enumerate(body):
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and number == 0
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if documents or future:
            place = number + 1
    return place


def _with_marks(body: list[ast.stmt], numbers: list[int], *, top: bool) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for number, statement in enumerate(body):
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and number == 0
        silent = isinstance(statement, ast.Global | ast.Nonlocal) or top or documents
        if not silent:
            mark: Any = ast.parse(f"{_MARKS}[{len(numbers)}] = 1").body[0]
            for node in ast.walk(mark):
                ast.copy_location(node, statement)
            numbers.append(statement.lineno)
            found.append(mark)
        found.append(statement)
    return found


def told() -> dict[str, dict[str, list[int]]]:
    """Return the lines of each file of the project's that ran, and those that did not."""
    found = {}
    for path, (marks, numbers) in _modules.items():
        ran = {line for mark, line in zip(marks, numbers, strict=True) if mark}
        found[path] = {"ran": sorted(ran), "missed": sorted(set(numbers) - ran)}
    return found
