"""What an expression may be, from what is known so far.

Flow is followed within a function (a name holds what was assigned last), calls are followed into functions of the
program without telling their callers apart.
"""

from __future__ import annotations

import ast

from compare.source import library
from compare.source.annotate import annotation
from compare.source.calls import Calls
from compare.source.library import canonical
from compare.source.members import Members
from compare.source.outside import builtin, expression_of, library_value
from compare.source.reading import Call, Reading
from compare.source.symbols import Class, Function, Scope
from compare.source.tables import ADDED, MEMBER, VARIABLE, YIELDED, Key
from compare.source.values import (
    ALIAS,
    CLASS,
    FUNCTION,
    MODULE,
    NOTHING,
    OBJECT,
    Value,
    Values,
    held,
    list_of,
    one,
    tuple_of,
    union,
)

_CONTEXTS = {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
_PATCHING = {"setattr", "setitem", "object", "patch", "dict"}  # pytest's and unittest's: a stand-in, which nobody calls
_LIST_METHODS = {"append": 0, "add": 0, "insert": 1, "appendleft": 0}
_LIST_ADDERS = {"extend", "update"}


class Evaluator:
    """Evaluates the expressions of one unit.

    Attributes:
        scope: The scope that names are looked up from.
        local: What the names of the function hold at this point of its flow; None where flow has ended.
    """

    def __init__(self, reading: Reading, scope: Scope, unit: str) -> None:
        self.reading = reading
        self.scope = scope
        self.unit = unit
        self.local: dict[str, Values] | None = {}
        self.members = Members(reading, unit)
        self.calls = Calls(self)

    # -- names ---------------------------------------------------------------------------------------------------

    def read(self, key: Key) -> Values:
        """Return what a place holds; this unit is read again when that changes."""
        return self.reading.tables.read(key, self.unit)

    def name(self, name: str) -> Values:
        """Return what a name holds here."""
        if self.local and name in self.local:
            return self.local[name]
        scope: Scope | None = self.scope
        while scope is not None:
            visible = scope is self.scope or not isinstance(scope, Class)
            if visible and name in scope.names:
                return self.read(Key(VARIABLE, scope.id, name))
            scope = scope.parent
        for star in self.scope.module.stars:
            if star in self.reading.symbols.scopes:
                found = self.read(Key(VARIABLE, star, name))
            else:
                found = library_value(f"{star}.{name}") if f"{star}.{name}" != canonical(f"{star}.{name}") else NOTHING
            if found:
                return found
        return builtin(name)

    # -- expressions ---------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> Values:
        """Return what an expression may be."""
        found: Values = getattr(self, _HANDLERS.get(type(node), "_children"))(node)
        if found and self.reading.recording is not None:
            known = self.reading.recording.get(node)
            self.reading.recording[node] = found if known is None else known | found
        return found

    def _children(self, node: ast.AST) -> Values:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expr(child)
            elif isinstance(child, ast.comprehension):
                self.comprehension(child)
        return NOTHING

    def _name(self, node: ast.Name) -> Values:
        return self.name(node.id)

    def _constant(self, node: ast.Constant) -> Values:
        return one(OBJECT, type(node.value).__name__) if node.value is not None and node.value is not ... else NOTHING

    def _attribute(self, node: ast.Attribute) -> Values:
        place = _path(node)
        if place and self.local and place in self.local:
            return self.local[place]
        owner = self.expr(node.value)
        found = union(self.attribute(value, node.attr, node) for value in owner)
        if not found and isinstance(node.value, ast.Name) and not owner:
            return NOTHING
        return found

    def attribute(self, value: Value, name: str, node: ast.AST) -> Values:
        """Return what an attribute of a value may be."""
        if value.kind == MODULE:
            if not value.own:
                return library_value(f"{value.name}.{name}")
            return self.members.of_module(value.name[:-1], name)
        if value.own:
            found = self.members.of(value, name) or self._inherited(value, name)
            return union(self.got(one_, value, node) for one_ in found)
        if value.kind == CLASS and value.name == "sqlalchemy.orm.DeclarativeBase" and name == "metadata":
            return one(OBJECT, "sqlalchemy.MetaData")
        if value.kind in {CLASS, FUNCTION}:
            return library_value(f"{value.name}.{name}")
        return self._library_member(value, name)

    def _inherited(self, value: Value, name: str) -> Values:
        """What an object of the program's own takes over from the framework: `class UserRouter(APIRouter)`."""
        if value.kind != OBJECT:
            return NOTHING
        above = next((each for each in self.reading.ancestors(value.name) if each in library.FRAMEWORK), "")
        return self._library_member(Value(OBJECT, above), name) if above else NOTHING

    def got(self, found: Value, owner: Value, node: ast.AST) -> Values:  # noqa: PLR0911 - one answer for each thing that a class may hold
        """What it means to get a class's attribute through an object: methods are bound, properties called."""
        if owner.kind != OBJECT:
            return self._of_class(found, owner)
        marks = library.marks_of(owner)
        if found.kind == OBJECT and found.name == library.RELATIONSHIP:
            leads = found.args[0] if found.args else NOTHING
            name = node.attr if isinstance(node, ast.Attribute) else ""
            return library.beneath(leads, marks, name) if marks else leads
        owner = owner._replace(args=owner.args if marks else ())  # `super()` is the same object
        if found.kind == OBJECT and found.name == library.COLUMN:
            return NOTHING
        if found.kind != FUNCTION or not found.own:
            return frozenset((found,))
        function = self.reading.symbols.functions.get(found.name)
        if function is None or found.args:
            return frozenset((found,))
        if self.reading.is_property(function):
            return self.calls.call_function(function, frozenset((owner,)), [], {}, node, "property")
        if function.owner is None:  # a function that was stored on an object or class: only a class's are bound
            return frozenset((found,))
        return frozenset((found._replace(args=(frozenset((owner,)),)),))

    def _of_class(self, found: Value, owner: Value) -> Values:
        function = self.reading.symbols.functions.get(found.name) if found.kind == FUNCTION and found.own else None
        if owner.kind == CLASS and function and not found.args and self.reading.is_class_method(function):
            return frozenset((found._replace(args=(frozenset((owner,)),)),))
        return frozenset((found,))

    def _library_member(self, value: Value, name: str) -> Values:
        led = library.ATTRIBUTES.get((value.name, name))
        if led:
            return led
        stored = self.read(Key(MEMBER, value.name, name))
        known = name in library.IO.get(value.name, ()) or name in library.METHODS.get(value.name, ())
        if known or not stored:
            return one(FUNCTION, f"{value.name}.{name}", frozenset((value,)))
        return stored

    def _call(self, node: ast.Call) -> Values:
        callee = self.expr(node.func)
        args = [self.expr(one_.value if isinstance(one_, ast.Starred) else one_) for one_ in node.args]
        if any(isinstance(one_, ast.Starred) for one_ in node.args):
            args = args[: next(place for place, one_ in enumerate(node.args) if isinstance(one_, ast.Starred))]
        named = {one_.arg: self.expr(one_.value) for one_ in node.keywords if one_.arg}
        for one_ in node.keywords:
            if one_.arg is None:
                self.expr(one_.value)
        if (
            isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and not node.args
            and "super" not in self.scope.names
        ):
            return self._super()
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and "getattr" not in self.scope.names:
            return self._got_by_name(node, args)
        self._into_list(node, args)
        if any(library.is_loader(value.name) for value in callee):
            return self._loader(node, args)
        self._made_through_engine(node, callee, [*args[:1], named.get("bind", NOTHING)])
        if not callee:
            self._to_nobody_knows(node, args)
        return union(self.calls.apply(value, args, named, node) for value in callee)

    def _got_by_name(self, node: ast.Call, args: list[Values]) -> Values:
        """`getattr(session, "sync_session", session)`: the attribute, or what stands for it where it is not there."""
        name = node.args[1] if len(node.args) > 1 else None
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return NOTHING
        return union(self.attribute(value, name.value, node) for value in args[0]) or union(args[2:])

    def _made_through_engine(self, node: ast.Call, callee: Values, given: list[Values]) -> None:
        """Note an engine that makes tables, whatever the metadata belongs to: `Base.metadata.create_all(engine)`."""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in library.TABLES_MADE and not any(value.own for value in callee):
            target = f"{library.ENGINE}.{method}"
            if any(value.kind == OBJECT and value.name == library.ENGINE for value in union(given)):
                self.reading.called(Call(node, self.unit, target, Value(FUNCTION, target)))

    def _to_nobody_knows(self, node: ast.Call, args: list[Values]) -> None:
        """Note the generators and functions that are given to something that is not known."""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        how = f"handed to {self._named_base(node.func) or ast.unparse(node.func)}"
        for given in args:
            if method == "join":
                self.iterating(given, node)
                continue
            functions = (
                [] if method in _PATCHING else [one_.name for one_ in given if one_.kind == FUNCTION and one_.own]
            )
            for origin in (*library.generators(given), *functions):
                self.reading.called(Call(node, self.unit, origin, Value(FUNCTION, origin), how))

    def _named_base(self, node: ast.expr) -> str:
        """The library's class whose method `super().method` is."""
        on = node.value if isinstance(node, ast.Attribute) else None
        if not isinstance(on, ast.Call) or ast.unparse(on.func) != "super":
            return ""
        owners = [value.name for value in self.expr(on) if value.own]
        return next((base for owner in owners for base in self.reading.ancestors(owner) if ":" not in base), "")

    def _loader(self, node: ast.Call, args: list[Values]) -> Values:
        """`selectinload(Order.lines).joinedload(OrderLine.item)`: the paths that are loaded."""
        on = node.func.value if isinstance(node.func, ast.Attribute) else None
        chained = self.expr(on) if on is not None else NOTHING
        before = {
            mark.name for option in chained if option.name == library.LOADER for held_ in option.args for mark in held_
        }
        prefix = max(before, key=len, default="")
        if isinstance(node.func, ast.Attribute) and node.func.attr == "options":
            inner = {mark.name for values in args for option in values for held_ in option.args for mark in held_}
        else:
            target = node.args[0] if node.args else None
            inner = {target.attr if isinstance(target, ast.Attribute) else "*"}
        paths = before | {f"{prefix}.{each}" if prefix else each for each in inner}
        return one(OBJECT, library.LOADER, frozenset(Value(library.LOADED, each) for each in paths))

    def _super(self) -> Values:
        function = self.scope if isinstance(self.scope, Function) else None
        while function is not None and function.owner is None and isinstance(function.parent, Function):
            function = function.parent
        if function is None or function.owner is None:
            return NOTHING
        return one(OBJECT, f"{function.owner.id}", one(OBJECT, "super"))

    def _into_list(self, node: ast.Call, args: list[Values]) -> None:
        """`rows.append(order)`: what a list holds is told by what is put into it."""
        if not isinstance(node.func, ast.Attribute) or not args:
            return
        method, holder = node.func.attr, node.func.value
        if method in _LIST_METHODS and len(args) > _LIST_METHODS[method]:
            held_now = args[_LIST_METHODS[method]]
        elif method in _LIST_ADDERS:
            held_now = library.items(args[0])
        else:
            return
        if held_now:
            self._put(holder, held_now)

    def _put(self, holder: ast.expr, held_now: Values) -> None:
        """Note what is put into the list that an expression names."""
        if not isinstance(holder, ast.Name | ast.Attribute):
            return
        known = self.expr(holder)
        function = self.scope if isinstance(self.scope, Function) else None
        if function and isinstance(holder, ast.Name) and any(each.arg == holder.id for each in function.parameters):
            self.reading.tables.write(Key(ADDED, function.id, holder.id), held_now)
        if not any(value.name == "list" for value in known):
            return
        if isinstance(holder, ast.Name):
            self.assign_name(holder.id, known | list_of(held_now))
            return
        for owner in self.expr(holder.value):
            if owner.own and owner.kind in {OBJECT, CLASS}:
                kind = MEMBER if owner.kind == OBJECT else VARIABLE
                self.reading.tables.write(Key(kind, owner.name, holder.attr), list_of(held_now))

    def added(self, function: Function, node: ast.Call, *, bound: bool) -> None:
        """`register(jobs, work)`: what a function puts into a list that it is given is in it for whoever gave it."""
        names = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
        is_method = bound and function.owner is not None and not self.reading.is_static(function)
        given = [*zip(names[is_method:], node.args, strict=False), *((one_.arg, one_.value) for one_ in node.keywords)]
        for name, argument in given:
            values = self.read(Key(ADDED, function.id, name)) if name else NOTHING
            if values:
                self._put(argument, values)

    def _await(self, node: ast.Await) -> Values:
        return union(
            value.args[0] if value.name == library.COROUTINE and value.args else frozenset((value,))
            for value in self.expr(node.value)
            if value.name != library.COROUTINE or value.args
        )

    def _yield(self, node: ast.Yield) -> Values:
        if node.value is not None:
            values = self.expr(node.value)
            if isinstance(self.scope, Function):
                self.reading.tables.write(Key(YIELDED, self.scope.id), values)
        return NOTHING

    def _yield_from(self, node: ast.YieldFrom) -> Values:
        values = self.iterated(self.expr(node.value), node.value)
        if isinstance(self.scope, Function):
            self.reading.tables.write(Key(YIELDED, self.scope.id), values)
        return NOTHING

    def _compared(self, node: ast.Compare) -> Values:
        values = [self.expr(each) for each in (node.left, *node.comparators)]
        return expression_of(values)

    def _calculated(self, node: ast.BinOp) -> Values:
        return expression_of([self.expr(node.left), self.expr(node.right)])

    def _bool_op(self, node: ast.BoolOp) -> Values:
        return union([self.expr(value) for value in node.values])

    def _if_exp(self, node: ast.IfExp) -> Values:
        self.expr(node.test)
        return self.expr(node.body) | self.expr(node.orelse)

    def _named(self, node: ast.NamedExpr) -> Values:
        values = self.expr(node.value)
        self.assign_name(node.target.id, values)
        return values

    def _tuple(self, node: ast.Tuple) -> Values:
        return tuple_of(*(self.expr(each) for each in node.elts))

    def _list(self, node: ast.List | ast.Set) -> Values:
        return list_of(
            union(
                library.items(self.expr(each.value)) if isinstance(each, ast.Starred) else self.expr(each)
                for each in node.elts
            )
        )

    def _dict(self, node: ast.Dict) -> Values:
        for key in node.keys:
            if key is not None:
                self.expr(key)
        return one(OBJECT, "dict", union([self.expr(value) for value in node.values]))

    def comprehension(self, node: ast.comprehension) -> None:
        """Bind the names of one `for … in …`."""
        self.assign(node.target, self.iterated(self.expr(node.iter), node.iter))
        for test in node.ifs:
            self.expr(test)

    def _list_comp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        for generator in node.generators:
            self.comprehension(generator)
        return list_of(self.expr(node.elt))

    def _dict_comp(self, node: ast.DictComp) -> Values:
        for generator in node.generators:
            self.comprehension(generator)
        self.expr(node.key)
        return one(OBJECT, "dict", self.expr(node.value))

    def _lambda(self, node: ast.Lambda) -> Values:
        function = self.reading.symbols.by_node.get(node)
        for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each)):
            self.expr(default)
        if function is None:
            return NOTHING
        return one(FUNCTION, function.id)

    def _subscript(self, node: ast.Subscript) -> Values:
        base = self.expr(node.value)
        if any(value.kind in {CLASS, ALIAS} or (value.kind in {FUNCTION, MODULE} and not value.own) for value in base):
            generic = frozenset(value for value in base if value.kind == CLASS and value.own)
            return generic or one(ALIAS, "", annotation(self, node))
        self.expr(node.slice)
        if isinstance(node.slice, ast.Slice):
            return base
        found = []
        for value in base:
            if value.name == "tuple" and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                found.append(
                    value.args[node.slice.value] if -len(value.args) <= node.slice.value < len(value.args) else NOTHING
                )
            elif value.own:
                found += [
                    self.calls.apply_own(bound, [NOTHING], {}, node)
                    for each in self.members.of(value, "__getitem__")
                    for bound in self.got(each, value, node)
                ]
            elif value.name in {"dict", library.RELATIONSHIP}:
                found.append(held(frozenset((value,))))
            else:
                found.append(library.items(frozenset((value,))))
        return union(found)

    def iterated(self, values: Values, node: ast.AST) -> Values:
        """Return what one gets by going through any of these."""
        own = [
            library.items(self.calls.apply_own(bound, [], {}, node))
            for value in values
            if value.kind == OBJECT and value.own
            for each in self.members.of(value, "__iter__")
            for bound in self.got(each, value, node)
        ]
        for value in values:
            if value.kind == OBJECT and value.name == library.QUERY:
                self.reading.called(Call(node, self.unit, f"{library.QUERY}.__iter__", value, ""))
        self.iterating(values, node)
        return union([library.items(values), *own])

    def iterating(self, values: Values, node: ast.AST) -> None:
        """Note that generators of the program are gone through at a node."""
        for origin in library.generators(values):
            self.reading.called(Call(node, self.unit, origin, Value(FUNCTION, origin), library.ITERATED))

    # -- assignments ---------------------------------------------------------------------------------------------

    def assign(self, target: ast.expr, values: Values) -> None:
        """Let a target hold these values."""
        if isinstance(target, ast.Name):
            self.assign_name(target.id, values)
            if values and self.reading.recording is not None:
                self.reading.recording[target] = values
        elif isinstance(target, ast.Attribute):
            self._assign_member(target, values)
        elif isinstance(target, ast.Tuple | ast.List):
            for place, each in enumerate(target.elts):
                if isinstance(each, ast.Starred):
                    self.assign(each.value, list_of(library.items(values)))
                    continue
                parts = [
                    value.args[place] if len(value.args) > place else NOTHING
                    for value in values
                    if value.name == "tuple"
                ]
                lists = library.items(frozenset(value for value in values if value.name != "tuple"))
                self.assign(each, union([*parts, lists]))
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, values)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, values)

    def _assign_item(self, target: ast.Subscript, values: Values) -> None:
        holder = self.expr(target.value)
        self.expr(target.slice)
        if isinstance(target.value, ast.Name) and values and any(value.name == "dict" for value in holder):
            self.assign_name(target.value.id, holder | one(OBJECT, "dict", values))
        elif all(value.kind == FUNCTION and not value.own for value in holder):  # an attribute that nobody stored
            self._lend(target, values)

    def _lend(self, target: ast.Subscript, values: Values) -> None:
        """Note a session or connection that is put where a library finds it: `config.attributes["connection"] = …`."""
        for value in values:
            if value.kind == OBJECT and value.name in {library.SESSION, library.CONNECTION}:
                written = ast.unparse(target.value)
                self.reading.called(Call(target, self.unit, f"lent to {written}", value, library.LENT))

    def _assign_member(self, target: ast.Attribute, values: Values) -> None:
        owners = self.expr(target.value)
        for value in owners:
            if value.kind == MODULE and value.own:
                self.reading.tables.write(Key(VARIABLE, value.name[:-1], target.attr), values)
            elif value.kind in {OBJECT, CLASS} and (value.own or value.name == library.STATE or not value.args):
                self.reading.tables.write(Key(MEMBER, value.name, target.attr), values)
        place = _path(target)
        if place and self.local is not None and values:
            self.local[place] = values
        if self.reading.recording is not None and (
            found := union(self.attribute(v, target.attr, target) for v in owners)
        ):
            self.reading.recording[target] = found

    def assign_name(self, name: str, values: Values) -> None:
        """Let a name hold these values from here on."""
        scope: Scope = self.scope
        if name in scope.outer:
            above: Scope | None = scope.parent
            while above is not None and name not in above.names:
                above = above.parent
            while above is None and scope.parent is not None:
                scope = scope.parent
            self.reading.tables.write(Key(VARIABLE, (above or scope).id, name), values)
            return
        if self.local is not None and not isinstance(scope, Class):
            for path in [path for path in self.local if path.startswith(f"{name}.")]:
                del self.local[path]
            if isinstance(scope, Function):
                self.local[name] = values
        self.reading.tables.write(Key(VARIABLE, scope.id, name), values)


def _path(node: ast.Attribute) -> str:
    """`self.session`: an attribute of a plain name, whose last assignment flow follows."""
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""


_HANDLERS: dict[type[ast.expr], str] = {
    ast.Name: "_name",
    ast.Constant: "_constant",
    ast.Attribute: "_attribute",
    ast.Call: "_call",
    ast.Await: "_await",
    ast.Yield: "_yield",
    ast.YieldFrom: "_yield_from",
    ast.BoolOp: "_bool_op",
    ast.Compare: "_compared",
    ast.BinOp: "_calculated",
    ast.IfExp: "_if_exp",
    ast.NamedExpr: "_named",
    ast.Tuple: "_tuple",
    ast.List: "_list",
    ast.Set: "_list",
    ast.Dict: "_dict",
    ast.ListComp: "_list_comp",
    ast.SetComp: "_list_comp",
    ast.GeneratorExp: "_list_comp",
    ast.DictComp: "_dict_comp",
    ast.Lambda: "_lambda",
    ast.Subscript: "_subscript",
}
