"""What calling something gives, and what flows into what is called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.outside import is_expression
from compare.source.reading import Call
from compare.source.tables import MEMBER, RETURNED, VARIABLE, YIELDED, Key
from compare.source.values import CLASS, FUNCTION, NOTHING, OBJECT, Value, Values, held, list_of, objects, one, union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.source.evaluate import Evaluator
    from compare.source.symbols import Function

_DRIVING = {"close", "send", "throw", "__next__"}
_LENT = {library.SESSION, library.CONNECTION}


class Calls:
    """Follows the calls of one unit."""

    def __init__(self, asked: Evaluator) -> None:
        self.asked = asked

    def apply(self, value: Value, args: list[Values], named: dict[str, Values], node: ast.AST) -> Values:  # noqa: PLR0911 - one answer for each kind of value
        """Return what calling a value may give."""
        if value.own:
            return self.apply_own(value, args, named, node)
        self.asked.reading.called(Call(node, self.asked.unit, value.name, value, "", args=tuple(args)))
        through = library.THROUGH.get(value.name)
        if through is None and value.kind == FUNCTION and value.args:
            through = library.THROUGH_METHODS.get(value.name.rpartition(".")[2])
        if through is not None:
            found = self._through(through, value, args, named, node)
            if found is not None:
                return found
        self.escape(value, args, named, node)
        self._gone_through(value, args, node)
        if value.kind == CLASS:
            return self._construct_library(value, args, named)
        if value.kind == OBJECT:
            return self._method(value, "__call__", args)
        if value.kind == FUNCTION and value.args:
            method = value.name.rpartition(".")[2]
            if method in {"get", "get_one"} and named.get("options") and args:
                marked = library.with_loaded(
                    Value(OBJECT, library.SELECT, (library.entity(args[0]),)), [library.items(named["options"])]
                )
                return marked.args[0]
            return union(self._method(me, method, args) for me in value.args[0])
        return self._library_function(value, args, named)

    def _library_function(self, value: Value, args: list[Values], named: dict[str, Values]) -> Values:
        if value.name == "fastapi.Depends":
            given = args[0] if args else named.get("dependency", NOTHING)
            return one(OBJECT, "fastapi.Depends", self.injected(given))
        if value.name == library.RELATIONSHIP:
            return NOTHING  # made where its class is at hand: `relationship`
        if value.name == library.COLUMN:
            return one(OBJECT, library.COLUMN)
        giver = library.FUNCTIONS.get(value.name)
        if giver:
            return giver(value, args)
        return one(OBJECT, library.EXPRESSION) if is_expression(value.name) else NOTHING

    def _construct_library(self, value: Value, args: list[Values], named: dict[str, Values]) -> Values:
        if value.name == "fastapi.Depends":
            given = args[0] if args else named.get("dependency", NOTHING)
            return one(OBJECT, "fastapi.Depends", self.injected(given))
        if value.name in {library.FACTORY, library.ASYNC_FACTORY}:
            return one(OBJECT, value.name, objects(named.get("class_", NOTHING)))
        if value.name == library.COLUMN:
            return one(OBJECT, library.COLUMN)
        if value.name == library.QUERY:
            return one(OBJECT, library.QUERY, *(library.entity(each) for each in args[:1]))
        if value.name == "typing.TypeVar":
            return one(OBJECT, "typing.TypeVar", objects(named.get("bound", NOTHING) | union(args[1:])))
        return one(OBJECT, value.name)

    def _method(self, me: Value, method: str, args: Sequence[Values]) -> Values:
        if me.name in {library.FACTORY, library.ASYNC_FACTORY} and method == "__call__" and held(frozenset((me,))):
            return me.args[0]
        if me.name == "callable" and method == "__call__":
            return held(frozenset((me,)))
        giver = library.IO.get(me.name, {}).get(method) or library.METHODS.get(me.name, {}).get(method)
        if giver:
            return giver(me, args)
        if method == "options" and me.name in library.FLUENT:
            return frozenset((library.with_loaded(me, args),))
        return frozenset((me,)) if me.name in library.FLUENT else NOTHING

    def escape(self, value: Value, args: list[Values], named: dict[str, Values], node: ast.AST) -> None:
        """Note the functions of the program that are handed to a library's, and the connections that are lent to it."""
        for given in (*args, *named.values()):
            for one_ in given:
                if one_.kind == OBJECT and one_.name in _LENT:
                    self.asked.reading.called(Call(node, self.asked.unit, f"lent to {value.name}", value, library.LENT))
                for origin in library.generators(frozenset((one_,))) if not _is_plain(value) else ():
                    self.asked.reading.called(
                        Call(node, self.asked.unit, origin, Value(FUNCTION, origin), f"handed to {value.name}")
                    )
                if one_.kind == FUNCTION and one_.own:
                    self.asked.reading.called(Call(node, self.asked.unit, one_.name, one_, f"handed to {value.name}"))
                    function = self.asked.reading.symbols.functions.get(one_.name)
                    if function and isinstance(function.node, ast.Lambda) and args:
                        item = library.items(args[0] if given is not args[0] else union(args[1:2]))
                        self.bind(function, NOTHING, [item], {})

    def _gone_through(self, value: Value, args: list[Values], node: ast.AST) -> None:
        """Note the generators that a call goes through: `next(lines)`, `sorted(lines)`, `lines.close()`."""
        if _is_plain(value):
            for given in args:
                self.asked.iterating(given, node)
        elif value.kind == FUNCTION and value.args and value.name.rpartition(".")[2] in _DRIVING:
            self.asked.iterating(value.args[0], node)

    def _through(
        self, through: tuple[int | str, str], value: Value, args: list[Values], named: dict[str, Values], node: ast.AST
    ) -> Values | None:
        """A function that is given to a library, to be called with the arguments that follow."""
        place, how = through
        if isinstance(place, str):
            callee = named.get(place, NOTHING)
            handed = [*held_parts(named.get("args", NOTHING))]
            rest = dict[str, Values]()
        else:
            if len(args) <= place:
                return None
            callee, handed, rest = args[place], list(args[place + 1 :]), named
        if how == library.BRIDGE:
            first = (
                library.CONNECTION
                if any(me.name in {library.ASYNC_ENGINE, library.ASYNC_CONNECTION} for me in held(frozenset((value,))))
                else library.SESSION
            )
            handed = [one(OBJECT, first), *handed]
        found = [
            self.apply_own(one_, handed, rest, node, how)
            for one_ in callee
            if one_.own and one_.kind in {FUNCTION, CLASS, OBJECT}
        ]
        for one_ in callee:
            if not one_.own and one_.kind == FUNCTION and one_.args:
                self.asked.reading.called(Call(node, self.asked.unit, one_.name, one_, how, tuple(handed)))
                found += [self._method(me, one_.name.rpartition(".")[2], handed) for me in one_.args[0]]
        if how == library.PLAIN:
            return one(OBJECT, "callable", union(found))
        if how in {library.THREAD, library.BRIDGE} and not isinstance(place, str):
            return one(OBJECT, library.COROUTINE, union(found))
        return NOTHING

    def apply_own(
        self, value: Value, args: list[Values], named: dict[str, Values], node: ast.AST, how: str = ""
    ) -> Values:
        """Return what calling a function, class or object of the program may give."""
        if value.kind == FUNCTION:
            function = self.asked.reading.symbols.functions.get(value.name)
            if function is None:
                return NOTHING
            return self.call_function(function, value.args[0] if value.args else NOTHING, args, named, node, how)
        if value.kind == CLASS:
            return self._construct(value, args, named, node)
        if value.kind == OBJECT:
            called = self.asked.members.of(value, "__call__")
            return union(
                self.apply_own(bound, args, named, node, how) if bound.own else self._method(value, "__call__", args)
                for found in called
                for bound in self.asked.got(found, value, node)
            )
        return NOTHING

    def _construct(self, value: Value, args: list[Values], named: dict[str, Values], node: ast.AST) -> Values:
        me = value._replace(kind=OBJECT)
        starts = [one_ for one_ in self.asked.members.of(value, "__init__") if one_.own and one_.kind == FUNCTION]
        for one_ in starts:
            function = self.asked.reading.symbols.functions.get(one_.name)
            if function:
                self.call_function(function, frozenset((me,)), args, named, node, "construct")
        if not starts:
            fields = self.asked.members.fields(value.name) if args else []
            for name, given in [*zip(fields, args, strict=False), *named.items()]:
                self.asked.reading.tables.write(Key(MEMBER, value.name, name), given)
        return frozenset((me,))

    def call_function(  # noqa: PLR0913, PLR0917 - what is called, with what, and where
        self,
        function: Function,
        bound: Values,
        args: Sequence[Values],
        named: dict[str, Values],
        node: ast.AST,
        how: str = "",
    ) -> Values:
        """Follow a call into a function of the program, and return what comes back."""
        if isinstance(node, ast.Call) and not how:
            self.asked.added(function, node, bound=bool(bound))
        self.asked.reading.called(
            Call(node, self.asked.unit, function.id, Value(FUNCTION, function.id, (bound,) if bound else ()), how)
        )
        self.bind(function, bound, args, named)
        return _passed_through(self.result(function), [*args, *named.values()])

    def bind(self, function: Function, bound: Values, args: Sequence[Values], named: dict[str, Values]) -> None:
        """Let arguments flow into a function's parameters."""
        arguments = function.node.args
        places = [one_.arg for one_ in (*arguments.posonlyargs, *arguments.args)]
        given = list(args)
        if function.owner is not None and not self.asked.reading.is_static(function) and bound:
            given = [bound, *given]
        write = self.asked.reading.tables.write
        for name, values in zip(places, given, strict=False):
            write(Key(VARIABLE, function.id, name), values)
        if arguments.vararg and len(given) > len(places):
            write(Key(VARIABLE, function.id, arguments.vararg.arg), list_of(union(given[len(places) :])))
        known = {*places, *(one_.arg for one_ in arguments.kwonlyargs)}
        for name, values in named.items():
            if name in known:
                write(Key(VARIABLE, function.id, name), values)
            elif arguments.kwarg:
                write(Key(VARIABLE, function.id, arguments.kwarg.arg), one(OBJECT, "dict", values))

    def result(self, function: Function) -> Values:
        """Return what calling a function gives."""
        if function.generator:
            yielded = self.asked.read(Key(YIELDED, function.id))
            if self.asked.reading.is_context(function):
                return one(OBJECT, library.CONTEXT, yielded)
            return one(OBJECT, library.GENERATOR, yielded, one(FUNCTION, function.id))
        returned = self.asked.read(Key(RETURNED, function.id))
        if self.asked.reading.is_context(function):
            return one(OBJECT, library.CONTEXT, held(returned))
        return one(OBJECT, library.COROUTINE, returned) if function.is_async else returned

    def injected(self, given: Values) -> Values:
        """Return what a dependency or fixture gives to whoever asks for it."""
        found = []
        for value in given:
            if not value.own:
                if value.kind == CLASS:
                    found.append(objects(frozenset((value,))))
                elif value.kind in {OBJECT, FUNCTION}:
                    found.append(unwrapped(self._injected_library(value)))
                continue
            if value.kind == CLASS:
                found.append(frozenset((value._replace(kind=OBJECT),)))
            elif value.kind == FUNCTION and (function := self.asked.reading.symbols.functions.get(value.name)):
                if value.args:
                    self.bind(function, value.args[0], [], {})
                found.append(unwrapped(self.result(function)))
            elif value.kind == OBJECT:
                called = self.asked.members.of(value, "__call__")
                found += [self.injected(self.asked.got(each, value, ast.Pass())) for each in called]
        return union(found)

    def _injected_library(self, value: Value) -> Values:
        if value.kind == OBJECT:
            return self._method(value, "__call__", [])
        if value.args:
            return union(self._method(me, value.name.rpartition(".")[2], []) for me in value.args[0])
        return NOTHING


def _is_plain(value: Value) -> bool:
    """Whether this is a function of Python's own, which goes through what it is given: `sorted`, `str.join`."""
    return "." not in value.name or value.name == "str.join"


def _passed_through(result: Values, given: list[Values]) -> Values:
    """What a function gives that it was given: the query or object of this call, not those of other calls."""
    by_name: dict[str, int] = {}
    for value in result:
        if value.kind == OBJECT:
            by_name[value.name] = by_name.get(value.name, 0) + 1
    several = {name for name, count in by_name.items() if count > 1}
    if not several:
        return result
    handed = frozenset(value for values in given for value in values if value.name in several and value in result)
    names = {value.name for value in handed}
    return frozenset(value for value in result if value.name not in names) | handed


def held_parts(values: Values) -> list[Values]:
    """Return what a tuple or list holds, by position where that is known."""
    for value in values:
        if value.name == "tuple":
            return list(value.args)
    return [library.items(values)] if values else []


def unwrapped(values: Values) -> Values:
    """Return what is in a generator, coroutine or context: what FastAPI and pytest hand out."""
    found = []
    for value in values:
        wrapped = value.kind == OBJECT and value.name in {library.GENERATOR, library.COROUTINE, library.CONTEXT}
        found.append(held(frozenset((value,))) if wrapped else frozenset((value,)))
    return union(found)
