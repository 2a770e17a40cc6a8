"""What the attributes of modules, classes and objects hold."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard

from compare.source import library
from compare.source.tables import MEMBER, VARIABLE, Key
from compare.source.values import FUNCTION, MODULE, NOTHING, OBJECT, Value, Values, one, union

if TYPE_CHECKING:
    from compare.source.reading import Reading


class Members:
    """Looks attributes up, for one unit: it is read again when one of them changes."""

    def __init__(self, reading: Reading, unit: str) -> None:
        self.reading = reading
        self.unit = unit

    def of_module(self, module: str, name: str) -> Values:
        """Return what a name of a module of the program holds; a module below it counts as one."""
        scope = self.reading.symbols.scopes.get(module)
        if scope is None:
            return NOTHING
        if name in scope.names:
            return self._read(VARIABLE, module, name)
        below = f"{module}.{name}"
        if below in self.reading.symbols.modules:
            return one(MODULE, f"{below}:")
        return union(
            self.of_module(star, name)
            for star in scope.module.stars
            if star in self.reading.symbols.modules and star != module
        )

    def of(self, value: Value, name: str) -> Values:
        """Return what an attribute of a class of the program, or of an object of one, holds; methods not yet bound."""
        ancestors = self.reading.ancestors(value.name)
        for klass in ancestors:
            self._follow_bases(klass)
        if any(each.name == "super" for args in value.args for each in args):
            ancestors = ancestors[1:]
        stored = union([self._read(MEMBER, klass, name) for klass in ancestors]) if value.kind == OBJECT else NOTHING
        for klass in ancestors:
            known = self._of_class if ":" in klass else self._of_library
            found = known(klass, name, value)
            if found:
                return found | stored
        return stored

    def of_class(self, klass: str, name: str) -> Values:
        """Return what a class itself says about an attribute."""
        return self._of_class(klass, name, Value("class", klass)) if ":" in klass else NOTHING

    def _of_class(self, klass: str, name: str, value: Value) -> Values:
        scope = self.reading.symbols.classes.get(klass)
        if scope is None:
            return NOTHING
        found = NOTHING
        if name in scope.names or (klass, name) in self.reading.backrefs:
            found = self._read(VARIABLE, klass, name)
        if value.kind == OBJECT:
            found |= self._read(VARIABLE, klass, f"{name}:")  # what its annotation says that objects hold
        elif not found and name in scope.names and self.reading.is_mapped(value.name):
            return one(OBJECT, library.COLUMN)  # declared by its annotation, or by a field of SQLModel's
        return found

    def _of_library(self, klass: str, name: str, value: Value) -> Values:
        if name in library.IO.get(klass, ()) or name in library.METHODS.get(klass, ()):
            return one(FUNCTION, f"{klass}.{name}", one(OBJECT, klass) if value.kind == OBJECT else NOTHING)
        return library.ATTRIBUTES.get((klass, name), NOTHING)

    def fields(self, klass: str) -> list[str]:
        """Return the fields of a dataclass, named tuple or model in the order in which it takes them."""
        found: list[str] = []
        for name in reversed(self.reading.ancestors(klass)):
            scope = self.reading.symbols.classes.get(name)
            if scope is not None:
                annotated = [each.target.id for each in scope.node.body if _is_field(each)]
                found += [each for each in annotated if each not in found]
        return found

    def _follow_bases(self, klass: str) -> None:
        scope = self.reading.symbols.classes.get(klass)
        if scope is not None:
            for place in range(len(scope.node.bases)):
                self._read(VARIABLE, klass, f"<base {place}>")

    def _read(self, kind: str, where: str, name: str) -> Values:
        return self.reading.tables.read(Key(kind, where, name), self.unit)


def _is_field(statement: ast.stmt) -> TypeGuard[_Field]:
    return isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)


class _Field(ast.AnnAssign):
    target: ast.Name
