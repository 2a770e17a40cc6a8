"""What statements do to what is known: the walk through one unit, in the order in which it runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.annotate import annotation
from compare.source.evaluate import Evaluator
from compare.source.files import dotted
from compare.source.outside import library_value
from compare.source.reading import Call
from compare.source.relate import relationship
from compare.source.symbols import Class, Function
from compare.source.tables import RETURNED, VARIABLE, Key
from compare.source.values import (
    CLASS,
    FUNCTION,
    MODULE,
    NOTHING,
    OBJECT,
    Value,
    Values,
    held,
    list_of,
    objects,
    one,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TEST_NAMES = ("test", "Test")


class Walker:
    """Walks through a unit's statements, and has its expressions evaluated."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.reading = evaluator.reading

    # -- units ---------------------------------------------------------------------------------------------------

    def unit(self) -> None:
        """Read the whole unit."""
        scope = self.evaluator.scope
        if isinstance(scope, Function):
            self._function(scope)
        else:
            self.body(scope.module.tree.body)

    def _function(self, function: Function) -> None:
        self._parameters(function)
        if isinstance(function.node, ast.Lambda):
            self.reading.tables.write(Key(RETURNED, function.id), self.evaluator.expr(function.node.body))
            return
        told = annotation(self.evaluator, function.node.returns)
        if function.generator:
            told = held(frozenset(each for each in told if each.name in {library.GENERATOR, "list"}))
            self.reading.tables.write(Key("yielded", function.id), told)
        else:
            self.reading.tables.write(
                Key(RETURNED, function.id), frozenset(each for each in told if each.name != "object")
            )
        self.body(function.node.body)

    def _parameters(self, function: Function) -> None:
        asked = self.evaluator
        arguments, local = function.node.args, asked.local
        if local is None:
            return
        defaults = function.defaults
        first = (arguments.posonlyargs + arguments.args)[:1]
        for parameter in function.parameters:
            values = [asked.read(Key(VARIABLE, function.id, parameter.arg)), annotation(asked, parameter.annotation)]
            if parameter.arg in defaults:
                values.append(self._default(defaults[parameter.arg], values[1]))
            if first and parameter is first[0] and function.owner and not self.reading.is_static(function):
                kind = CLASS if self.reading.is_class_method(function) else OBJECT
                values.append(one(kind, function.owner.id))
            elif not values[1]:
                values += self._unannotated(function, parameter.arg)
            local[parameter.arg] = union(values)
            self.reading.tables.write(Key(VARIABLE, function.id, parameter.arg), local[parameter.arg])
            if self.reading.recording is not None and local[parameter.arg]:
                self.reading.recording[parameter] = local[parameter.arg]
        for extra in (arguments.vararg, arguments.kwarg):
            if extra:
                told = annotation(asked, extra.annotation)
                local[extra.arg] = asked.read(Key(VARIABLE, function.id, extra.arg)) | (
                    list_of(told) if told else NOTHING
                )

    def _default(self, node: ast.expr, told: Values) -> Values:
        """What a parameter's default gives: a dependency is called, by FastAPI; `Depends()` means the annotation."""
        found = []
        for value in self.evaluator.expr(node):
            if value.name != "fastapi.Depends":
                found.append(frozenset((value,)))
            elif value.args and value.args[0]:
                found.append(value.args[0])
            else:
                found.append(told)
        return union(found)

    def _unannotated(self, function: Function, name: str) -> list[Values]:
        """What a parameter without annotation holds: what the method that this one stands for says, or a fixture."""
        found = [self.evaluator.read(Key(VARIABLE, above, name)) for above in self._overridden(function)]
        if name in self.reading.fixtures and self._is_given(function):
            fixture = self.reading.fixture(name, function)
            if fixture is not None:
                found.append(self.evaluator.calls.injected(one(FUNCTION, fixture.id)))
        return found

    def _overridden(self, function: Function) -> list[str]:
        """The methods that one stands for: what they say of a parameter holds for it as well."""
        above = self.reading.ancestors(function.owner.id)[1:] if function.owner else []
        classes = [self.reading.symbols.classes.get(name) for name in above]
        return [
            one.functions[function.name].id for one in classes if one is not None and function.name in one.functions
        ]

    def _is_given(self, function: Function) -> bool:
        """Whether pytest calls it: a test, or a fixture."""
        return self.reading.is_fixture(function) or function.name.startswith(_TEST_NAMES)

    # -- statements ----------------------------------------------------------------------------------------------

    def body(self, statements: list[ast.stmt]) -> None:
        """Read statements one after the other."""
        for statement in statements:
            getattr(self, _HANDLERS.get(type(statement), "_other"))(statement)

    def _other(self, statement: ast.stmt) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.evaluator.expr(child)

    def _import(self, statement: ast.Import) -> None:
        asking = self.evaluator.scope.module.path
        for alias in statement.names:
            path = self.reading.names.find(alias.name, asking)
            if alias.asname:
                found = one(MODULE, f"{dotted(path)}:") if path else one(MODULE, alias.name)
                self._bind(alias.asname, found)
            else:
                top = alias.name.partition(".")[0]
                above = self.reading.names.find(top, asking)
                self._bind(top, one(MODULE, f"{dotted(above)}:") if above else self._namespace(top, path, alias.name))

    def _namespace(self, top: str, path: object, name: str) -> Values:
        """`import a.b` where `a` has no `__init__.py`: the folder stands for a module."""
        return (
            one(MODULE, f"{name}:") if path is not None and name in self.reading.symbols.modules else one(MODULE, top)
        )

    def _import_from(self, statement: ast.ImportFrom) -> None:
        asking, names = self.evaluator.scope.module, self.reading.names
        base = statement.module or ""
        path = names.relative(statement.level, base, asking.path) if statement.level else names.find(base, asking.path)
        for alias in statement.names:
            if alias.name == "*":
                continue  # `stars`, which are known before anything is read
            self._bind(alias.asname or alias.name, self._imported(statement, base, path, alias.name))

    def _imported(self, statement: ast.ImportFrom, base: str, path: Path | None, name: str) -> Values:
        asking, names = self.evaluator.scope.module.path, self.reading.names
        found = NOTHING
        if path is not None:
            found = self.evaluator.members.of_module(dotted(path), name)
        if found:
            return found
        below = f"{base}.{name}" if base else name
        inside = names.relative(statement.level, below, asking) if statement.level else names.find(below, asking)
        if (inside is not None and "." in below) or (inside is not None and statement.level):
            return one(MODULE, f"{dotted(inside)}:")
        if path is not None or statement.level:
            return NOTHING
        return library_value(below)

    def _bind(self, name: str, values: Values) -> None:
        self.evaluator.assign_name(name, values)

    def _def(self, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = self.reading.symbols.by_node.get(statement)
        if not isinstance(function, Function):
            return
        for default in (*statement.args.defaults, *(each for each in statement.args.kw_defaults if each)):
            self.evaluator.expr(default)
        values = one(FUNCTION, function.id)
        for decorator in statement.decorator_list:
            self._parametrised(function, decorator)
        for decorator in reversed(statement.decorator_list):
            given = self.evaluator.expr(decorator)
            for value in given:
                if value.own:
                    values |= self.evaluator.calls.apply(value, [values], {}, decorator)
                else:
                    self.evaluator.calls.escape(value, [values], {}, decorator)
        self._bind(statement.name, values)

    def _parametrised(self, function: Function, decorator: ast.expr) -> None:
        """What pytest hands a test, of the values that it is parametrised with."""
        if not isinstance(decorator, ast.Call) or len(decorator.args) < 2:  # noqa: PLR2004 - names and values
            return
        if not ast.unparse(decorator.func).endswith("parametrize"):
            return
        names = _texts(decorator.args[0])
        items = library.items(self.evaluator.expr(decorator.args[1]))
        for place, name in enumerate(names):
            tuples = frozenset(value for value in items if value.name == "tuple")
            given = items if len(names) == 1 else held(tuples, place)
            self.reading.tables.write(Key(VARIABLE, function.id, name), given)

    def _class(self, statement: ast.ClassDef) -> None:
        klass = self.reading.symbols.by_node.get(statement)
        if not isinstance(klass, Class):
            return
        for place, base in enumerate(statement.bases):
            self.reading.tables.write(Key(VARIABLE, klass.id, f"<base {place}>"), self._base(base))
        for keyword in statement.keywords:
            self.evaluator.expr(keyword.value)
        for decorator in statement.decorator_list:
            self.evaluator.expr(decorator)
        inside = Evaluator(self.reading, klass, self.evaluator.unit)
        _ClassWalker(inside, klass).body(statement.body)
        self._bind(statement.name, one(CLASS, klass.id))

    def _base(self, node: ast.expr) -> Values:
        found = self.evaluator.expr(node)
        if isinstance(node, ast.Subscript):
            found |= self.evaluator.expr(node.value)
        return frozenset(value for value in found if value.kind == CLASS)

    def _assign(self, statement: ast.Assign) -> None:
        values = self.evaluator.expr(statement.value)
        for target in statement.targets:
            self.evaluator.assign(target, values)

    def _ann_assign(self, statement: ast.AnnAssign) -> None:
        told = annotation(self.evaluator, statement.annotation)
        values = self.evaluator.expr(statement.value) if statement.value else NOTHING
        self.evaluator.assign(statement.target, told | values)

    def _aug_assign(self, statement: ast.AugAssign) -> None:
        values = self.evaluator.expr(statement.value)
        if isinstance(statement.target, ast.Name):
            self.evaluator.assign_name(statement.target.id, self.evaluator.name(statement.target.id) | values)
        else:
            self.evaluator.assign(statement.target, values)

    def _return(self, statement: ast.Return) -> None:
        if statement.value is not None:
            values = self.evaluator.expr(statement.value)
            if isinstance(self.evaluator.scope, Function):
                self.reading.tables.write(Key(RETURNED, self.evaluator.scope.id), values)
        self.evaluator.local = None

    def _raise(self, statement: ast.Raise) -> None:
        self._other(statement)
        self.evaluator.local = None

    def _branches(self, bodies: list[tuple[list[ast.stmt], dict[str, Values]]]) -> None:
        """Read branches one beside the other; what a name holds behind them is what one of them left in it."""
        before = self.evaluator.local
        ends: list[dict[str, Values] | None] = []
        for body, narrowed in bodies:
            self.evaluator.local = None if before is None else {**before, **narrowed}
            self.body(body)
            ends.append(self.evaluator.local)
        self.evaluator.local = joined(ends)

    def _if(self, statement: ast.If) -> None:
        self.evaluator.expr(statement.test)
        self._branches([(statement.body, self._narrowed(statement.test)), (statement.orelse, {})])

    def _narrowed(self, test: ast.expr) -> dict[str, Values]:
        """What `isinstance(name, Class)` says about the name."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            found: dict[str, Values] = {}
            for each in test.values:
                found |= self._narrowed(each)
            return found
        if (
            isinstance(test, ast.Call)
            and isinstance(test.func, ast.Name)
            and test.func.id == "isinstance"
            and len(test.args) == 2  # noqa: PLR2004 - the object and the class
            and isinstance(test.args[0], ast.Name)
        ):
            classes = self.evaluator.expr(test.args[1])
            found_values = objects(classes | held_all(classes))
            return {test.args[0].id: found_values} if found_values else {}
        return {}

    def _for(self, statement: ast.For | ast.AsyncFor) -> None:
        items = self.evaluator.iterated(self.evaluator.expr(statement.iter), statement.iter)
        self._loop(statement.body, statement.orelse, lambda: self.evaluator.assign(statement.target, items))

    def _while(self, statement: ast.While) -> None:
        self._loop(statement.body, statement.orelse, lambda: self.evaluator.expr(statement.test))

    def _loop(self, body: list[ast.stmt], orelse: list[ast.stmt], begin: Callable[[], object]) -> None:
        before = self.evaluator.local
        for _ in range(2):  # what one round leaves behind meets the next one
            self.evaluator.local = joined([before, self.evaluator.local])
            begin()
            self.body(body)
        self.evaluator.local = joined([before, self.evaluator.local])
        self.body(orelse)

    def _with(self, statement: ast.With | ast.AsyncWith) -> None:
        for item in statement.items:
            values = self.evaluator.expr(item.context_expr)
            entered = union([self._entered(value, item.context_expr) for value in values])
            if item.optional_vars is not None:
                self.evaluator.assign(item.optional_vars, entered)
        self.body(statement.body)

    def _entered(self, value: Value, node: ast.expr) -> Values:
        if value.kind == OBJECT:
            self._entering(value, node)
        if value.name in {library.CONTEXT, library.GENERATOR}:
            return held(frozenset((value,)))
        if value.own and value.kind == OBJECT:
            found = self.evaluator.members
            entering = [found.of(value, name) for name in ("__enter__", "__aenter__")]
            for leave in ("__exit__", "__aexit__"):
                for each in found.of(value, leave):
                    if each.own:
                        self.evaluator.calls.apply(each._replace(args=(frozenset((value,)),)), [], {}, node)
            returned = [
                self.evaluator.calls.apply(
                    each._replace(args=(frozenset((value,)),)) if each.own else each, [], {}, node
                )
                for values in entering
                for each in values
            ]
            # `Session.__enter__` gives the very object, whatever its class.
            above = set(self.reading.ancestors(value.name))
            flat = frozenset(value if each.name in above else each for each in union(returned))
            return union(
                [held(frozenset((each,))) if each.name == library.COROUTINE else frozenset((each,)) for each in flat]
            ) or frozenset((value,))
        return frozenset((value,))

    def _entering(self, value: Value, node: ast.expr) -> None:
        """Entering and leaving a session, connection or transaction asks the database."""
        inside = {value.name}
        if value.own:
            inside = set(self.reading.ancestors(value.name))
        elif value.name == library.CONTEXT and isinstance(node, ast.Call):
            called = self.evaluator.expr(node.func)
            if any(each.own for each in called):
                return  # a function of the program: what it asks for is in its body
            inside = {each.name for each in held(frozenset((value,)))}
        for name in inside & library.ENTERED:
            self.reading.called(Call(node, self.evaluator.unit, f"{name}.__enter__", value))

    def _try(self, statement: ast.Try) -> None:
        before = self.evaluator.local
        self.body(statement.body)
        self.body(statement.orelse)
        after = self.evaluator.local
        ends = [after]
        for handler in statement.handlers:
            self.evaluator.local = joined([before, after])
            if handler.type is not None:
                caught = self.evaluator.expr(handler.type)
                if handler.name:
                    self.evaluator.assign_name(handler.name, objects(caught | held_all(caught)))
            self.body(handler.body)
            ends.append(self.evaluator.local)
        self.evaluator.local = joined(ends)
        if statement.finalbody:
            ended = self.evaluator.local is None
            if ended:
                self.evaluator.local = joined([before, after])
            self.body(statement.finalbody)
            if ended:
                self.evaluator.local = None

    def _match(self, statement: ast.Match) -> None:
        self.evaluator.expr(statement.subject)
        self._branches([(case.body, {}) for case in statement.cases] + [([], {})])


class _ClassWalker(Walker):
    """Walks through a class body: annotations tell what objects hold, relationships where they lead."""

    def __init__(self, evaluator: Evaluator, klass: Class) -> None:
        super().__init__(evaluator)
        self.klass = klass

    def _assign(self, statement: ast.Assign) -> None:
        values = self._declared(statement.value, None) or self.evaluator.expr(statement.value)
        for target in statement.targets:
            self.evaluator.assign(target, values)

    def _ann_assign(self, statement: ast.AnnAssign) -> None:
        told = annotation(self.evaluator, statement.annotation)
        values = NOTHING
        if statement.value is not None:
            values = self._declared(statement.value, statement.annotation) or self.evaluator.expr(statement.value)
        if not isinstance(statement.target, ast.Name):
            return
        related = any(value.name in {library.RELATIONSHIP, library.COLUMN} for value in values)
        self.evaluator.assign(statement.target, values)
        if not related:
            self.reading.tables.write(Key(VARIABLE, self.klass.id, f"{statement.target.id}:"), told)

    def _declared(self, node: ast.expr, note: ast.expr | None) -> Values:
        if not isinstance(node, ast.Call):
            return NOTHING
        if any(value.name == library.RELATIONSHIP for value in self.evaluator.expr(node.func)):
            for each in (*node.args, *(keyword.value for keyword in node.keywords)):
                self.evaluator.expr(each)
            return relationship(self.evaluator, node, self.klass, note)
        return NOTHING


def _texts(node: ast.expr) -> list[str]:
    """The names in `"a, b"` or `["a", "b"]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [name.strip() for name in node.value.split(",") if name.strip()]
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def held_all(values: Values) -> Values:
    """Return the parts of these tuples: several classes for one `isinstance` or `except`."""
    return union([union(value.args) for value in values if value.name == "tuple"])


def joined(ends: list[dict[str, Values] | None]) -> dict[str, Values] | None:
    """Return what names hold where several ways meet; None where none of them arrives."""
    arriving = [end for end in ends if end is not None]
    if not arriving:
        return None
    if len(arriving) == 1:
        return dict(arriving[0])
    names = {name for end in arriving for name in end}
    return {
        name: union([end.get(name, NOTHING) for end in arriving])
        for name in names
        if all(name in end for end in arriving) or "." not in name
    }


_HANDLERS: dict[type[ast.stmt], str] = {
    ast.Import: "_import",
    ast.ImportFrom: "_import_from",
    ast.FunctionDef: "_def",
    ast.AsyncFunctionDef: "_def",
    ast.ClassDef: "_class",
    ast.Assign: "_assign",
    ast.AnnAssign: "_ann_assign",
    ast.AugAssign: "_aug_assign",
    ast.Return: "_return",
    ast.Raise: "_raise",
    ast.If: "_if",
    ast.For: "_for",
    ast.AsyncFor: "_for",
    ast.While: "_while",
    ast.With: "_with",
    ast.AsyncWith: "_with",
    ast.Try: "_try",
    ast.TryStar: "_try",
    ast.Match: "_match",
}
