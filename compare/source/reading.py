"""What all units share while a program is read: its symbols, what is known so far, and what was noted."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.source.tables import VARIABLE, Key, Tables
from compare.source.values import CLASS, NOTHING, Value, Values

if TYPE_CHECKING:
    from compare.source.files import Names
    from compare.source.symbols import Class, Function, Symbols

_PROPERTIES = {"property", "cached_property", "hybrid_property", "abstractproperty", "reify"}
_STATIC = {"staticmethod"}
_CLASS = {
    "classmethod",
    "validates",
    "declared_attr",
    "validator",
    "root_validator",
    "field_validator",
    "model_validator",
}
_CONTEXTS = {"contextmanager", "asynccontextmanager"}
_MAPPED_BASES = {"sqlalchemy.orm.DeclarativeBase", "sqlmodel.SQLModel"}


@dataclass(frozen=True, eq=False)
class Call:
    """A place where something is called.

    Attributes:
        node: The call; or what stands for one: an attribute that is a property, a loop over a query.
        unit: The function or module it is in.
        target: What is called: a function of the program by id, a library's by name.
        value: The same as a value: of a method, with the object it is called on.
        how: Empty for a plain call; else `property`, `construct`, `thread`, `background`, `bridge`,
            `iterated` where a generator that a function made is gone through,
            `lent` where a library's function is given a session or connection (the target says so too), `handed to …`
            for a function that is given to a library.
        args: Of a library's function, what it is given.
    """

    node: ast.AST
    unit: str
    target: str
    value: Value
    how: str = ""
    args: tuple[Values, ...] = ()

    @property
    def on(self) -> Values:
        """The object that a method is called on."""
        return self.value.args[0] if self.value.args else NOTHING


@dataclass(eq=False)
class Reading:
    """The state of a program's reading.

    Attributes:
        recording: While it is not None, what each expression may be is kept here, and calls are.
        backrefs: Attributes that a relationship elsewhere puts on a class: class, name.
    """

    symbols: Symbols
    names: Names
    tables: Tables = field(default_factory=Tables)
    recording: dict[ast.AST, Values] | None = None
    calls: dict[tuple[int, str, str, str], Call] = field(default_factory=dict)
    backrefs: set[tuple[str, str]] = field(default_factory=set)
    fixtures: dict[str, list[Function]] = field(default_factory=dict)
    _decorated: dict[str, set[str]] = field(default_factory=dict)
    _mapped: dict[str, bool] = field(default_factory=dict)
    _by_name: dict[str, list[Class]] = field(default_factory=dict)

    def called(self, call: Call) -> None:
        """Keep a call, while what is found is recorded."""
        if self.recording is not None:
            self.calls.setdefault((id(call.node), call.unit, call.target, call.how), call)

    def decorators(self, function: Function) -> set[str]:
        """Return the last parts of a function's decorators' names, as written."""
        found = self._decorated.get(function.id)
        if found is None:
            found = {_last(node) for node in function.decorators}
            self._decorated[function.id] = found
        return found

    def is_property(self, function: Function) -> bool:
        """Whether getting it calls it."""
        return function.owner is not None and bool(self.decorators(function) & _PROPERTIES)

    def is_static(self, function: Function) -> bool:
        """Whether it is given no object."""
        return bool(self.decorators(function) & _STATIC)

    def is_class_method(self, function: Function) -> bool:
        """Whether it is given its class."""
        return bool(self.decorators(function) & _CLASS)

    def is_context(self, function: Function) -> bool:
        """Whether calling it makes a context manager."""
        return bool(self.decorators(function) & _CONTEXTS)

    def is_fixture(self, function: Function) -> bool:
        """Whether pytest calls it for whoever names it."""
        return bool(self.decorators(function) & {"fixture", "yield_fixture"})

    def fixture(self, name: str, asking: Function) -> Function | None:
        """Return the fixture of this name that a test or fixture is given: the nearest above it."""
        folder = asking.module.path.parent.parts
        reachable = [
            one_
            for one_ in self.fixtures.get(name, ())
            if one_ is not asking
            and (
                one_.module is asking.module
                or folder[: len(one_.module.path.parent.parts)] == one_.module.path.parent.parts
            )
        ] or [one_ for one_ in self.fixtures.get(name, ()) if one_ is not asking]
        return max(
            reachable, key=lambda one_: (one_.module is asking.module, len(one_.module.path.parent.parts)), default=None
        )

    def bases(self, klass: Class) -> list[Values]:
        """Return what each base of a class is known to be."""
        return [
            self.tables.values.get(Key(VARIABLE, klass.id, f"<base {place}>"), NOTHING)
            for place in range(len(klass.node.bases))
        ]

    def ancestors(self, name: str) -> list[str]:
        """Return a class of the program and all that it derives from, libraries' included, nearest first."""
        found, waiting = [], [name]
        while waiting:
            current = waiting.pop(0)
            if current in found:
                continue
            found.append(current)
            klass = self.symbols.classes.get(current)
            if klass is not None:
                waiting += [value.name for base in self.bases(klass) for value in sorted(base) if value.kind == CLASS]
        return found

    def is_mapped(self, name: str) -> bool:
        """Whether a class of the program stands for a table."""
        klass = self.symbols.classes.get(name)
        if klass is None:
            return False
        if any("mapped" in _last(node) for node in klass.node.decorator_list):
            return True
        return bool(_MAPPED_BASES & set(self.ancestors(name)))

    def mapped_by_name(self, name: str) -> Values:
        """Return the classes of this name: the mapped ones, where there are such."""
        if not self._by_name:
            for klass in self.symbols.classes.values():
                self._by_name.setdefault(klass.name, []).append(klass)
        found = self._by_name.get(name, [])
        chosen = [klass for klass in found if self.is_mapped(klass.id)] or found
        return frozenset(Value(CLASS, klass.id) for klass in chosen)


def _last(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
