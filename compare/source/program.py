"""A program that was read: what every expression may be, and who calls whom."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from compare.source.evaluate import Evaluator
from compare.source.files import Names, dotted, packages_above, python_files
from compare.source.members import Members
from compare.source.reading import Call, Reading
from compare.source.statements import Walker
from compare.source.symbols import Class, Function, Scope, Symbols
from compare.source.syntax import Broken, Module, parsed
from compare.source.values import NOTHING, Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROUNDS = 40  # times that one unit is read at most; what has not settled by then, nobody would understand either


@dataclass(frozen=True, eq=False)
class Program:
    """All that was read.

    Attributes:
        root: Its folder.
        modules: Its files, by dotted path.
        broken: The files that could not be read as Python.
        values: What expressions, parameters and targets may be; those of which nothing is known are not in it.
        calls: Every call that leads somewhere known.
        reading: The ground under all this.
    """

    root: Path
    modules: dict[str, Module]
    broken: tuple[Broken, ...]
    values: dict[ast.AST, Values]
    calls: tuple[Call, ...]
    reading: Reading

    @property
    def symbols(self) -> Symbols:
        """What it defines."""
        return self.reading.symbols

    @property
    def functions(self) -> dict[str, Function]:
        """Its functions, by id."""
        return self.reading.symbols.functions

    @property
    def classes(self) -> dict[str, Class]:
        """Its classes, by id."""
        return self.reading.symbols.classes

    @cached_property
    def members(self) -> Members:
        """Looks up what attributes of modules, classes and objects hold."""
        return Members(self.reading, "")

    def of(self, node: ast.AST) -> Values:
        """Return what an expression may be."""
        return self.values.get(node, NOTHING)

    def scope(self, unit: str) -> Scope:
        """Return the function or module that a unit is."""
        return self.reading.symbols.scopes[unit]

    @cached_property
    def calls_from(self) -> dict[str, list[Call]]:
        """The calls in each unit."""
        found: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            found[call.unit].append(call)
        return found

    @cached_property
    def calls_at(self) -> dict[ast.AST, list[Call]]:
        """The calls that each node may be."""
        found: dict[ast.AST, list[Call]] = defaultdict(list)
        for call in self.calls:
            found[call.node].append(call)
        return found

    @cached_property
    def calls_to(self) -> dict[str, list[Call]]:
        """The calls of each function of the program, or of a library's."""
        found: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            found[call.target].append(call)
        return found


def read(root: Path, paths: Sequence[str] = (), texts: Mapping[Path, str | None] = MappingProxyType({})) -> Program:
    """Read the program in a folder, or in one file.

    Nothing of it is imported or run.

    Args:
        root: The folder or file.
        paths: What of the folder belongs to the program; all of it, unless it is given.
        texts: What is read in place of files, as they are to be; None for one that is to go.
    """
    files = python_files(root)
    if paths:
        chosen = [Path(path) for path in paths]
        files = [file for file in files if any(path == file or path in file.parents for path in chosen)]
    folder = root.parent if root.is_file() else root
    files = [file for file in files if texts.get(file, "") is not None]
    found = [parsed(folder, path, dotted(path), texts.get(path)) for path in files]
    modules = [one for one in found if isinstance(one, Module)]
    symbols = Symbols()
    for module in modules:
        symbols.add(module)
    reading = Reading(symbols, Names([module.path for module in modules], packages_above(folder)))
    for function in symbols.functions.values():
        if reading.is_fixture(function):
            reading.fixtures.setdefault(_fixture_name(function), []).append(function)
    for module in modules:
        module.stars.extend(_stars(module, reading.names))
    _settle(reading)
    reading.recording = {}
    for unit in _units(symbols):
        _read_unit(reading, unit)
    values, calls = reading.recording, tuple(reading.calls.values())
    reading.recording = None
    broken = tuple(one for one in found if isinstance(one, Broken))
    return Program(folder, symbols.modules, broken, values, calls, reading)


def _stars(module: Module, names: Names) -> Iterator[str]:
    """The modules whose names a module takes over: `from x import *`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            base = node.module or ""
            path = names.relative(node.level, base, module.path) if node.level else names.find(base, module.path)
            if path is not None or base:
                yield dotted(path) if path is not None else base


def _units(symbols: Symbols) -> list[str]:
    return [*symbols.modules, *symbols.functions]


def _settle(reading: Reading) -> None:
    rounds: dict[str, int] = defaultdict(int)
    for each in _units(reading.symbols):
        reading.tables.enqueue(each)
    while (unit := reading.tables.next()) is not None:
        rounds[unit] += 1
        if rounds[unit] <= ROUNDS:
            _read_unit(reading, unit)


def _read_unit(reading: Reading, unit: str) -> None:
    Walker(Evaluator(reading, reading.symbols.scopes[unit], unit)).unit()


def _fixture_name(function: Function) -> str:
    for decorator in function.decorators:
        if isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return function.name
