"""Which queries are changed together: all the places that one query passes through, or none of them.

A query that is begun in one function, narrowed in a second and run in a third is one family. If one place cannot be
changed, none is: the program is never half of each.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from compare.source import Class, Function, Module, Program, Values, library
from compare.source.tables import MEMBER, RETURNED, Key
from compare.source.values import OBJECT
from compare.steps.convert.types import imported_as
from compare.steps.rewrite import Edits, parents
from compare.steps.select import methods
from compare.steps.select.bulk import STATEMENTS, bulk
from compare.steps.select.place import Left, Place, Selecting
from compare.steps.select.repeats import may_repeat
from compare.steps.select.sessions import handed_over, is_session, root_of, session_for
from compare.steps.select.shapes import lists_all, shape
from compare.steps.walking import scoped_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping


def selected(
    program: Program, refused: Mapping[ast.expr, str] = MappingProxyType({})
) -> tuple[dict[str, Edits], list[Left]]:
    """Return the edits of each module, by its name, that turn the query API into `select()`, and what is left.

    Args:
        program: As it was read.
        refused: Expressions that are left as they are, each with the reason.
    """
    work = Selecting(program)
    for module in program.modules.values():
        work.above[module.name] = parents(module.tree)
        for node, unit in scoped_nodes(program, module):
            if node in refused and isinstance(node, ast.expr):
                work.places.append(Place(node, unit, module, problem=refused[node]))
            elif isinstance(node, ast.expr):
                _look(work, module, unit, node)
    for module in program.modules.values():
        work.places += handed_over(work, module)
    _flows(work)
    families: dict[str, list[Place]] = defaultdict(list)
    for place in work.places:
        families[work.root(place.unit)].append(place)
    edits: dict[str, Edits] = {}
    left: list[Left] = []
    for places in families.values():
        problems = [place for place in places if place.problem]
        if problems:
            left += _kept(places, problems)
            continue
        for place in places:
            _done(program, edits, place)
    return edits, sorted(left, key=lambda one: (one.path, one.line))


def _kept(places: list[Place], problems: list[Place]) -> list[Left]:
    found = [Left(place.module.path, place.node.lineno, place.problem) for place in problems]
    first = problems[0]
    where = f"{first.module.path}:{first.node.lineno}"
    rest = [place for place in places if not place.problem and place.what]
    return found + [
        Left(place.module.path, place.node.lineno, f"stays with {where}, which the same query passes through")
        for place in rest
        if place.unit != first.unit
    ]


def _done(program: Program, edits: dict[str, Edits], place: Place) -> None:
    if place.edit is None:
        return
    found = edits.setdefault(place.module.name, Edits(place.module))
    if place.line is not None:
        found.change_line(place.line, place.edit, place.what)  # type: ignore[arg-type] # made by `bulk`
    else:
        found.change(place.node, place.edit, place.what)  # type: ignore[arg-type] # made by `methods`
    names = _names(program, place.module)
    for module, name in place.wants:
        found.want(module, name, names.get(name, ""))
    for bound in ("Query",):
        source, name = imported_as(place.module, bound)
        if source:
            found.drop(source, name)


def is_query(program: Program, values: Values) -> bool:
    """Whether this may be a `Query`, SQLAlchemy's or of a class that derives from it."""
    return any(
        value.kind == OBJECT and (value.name == library.QUERY or _derived(program, value.name)) for value in values
    )


def _derived(program: Program, name: str) -> bool:
    return ":" in name and library.QUERY in program.reading.ancestors(name)


def _look(work: Selecting, module: Module, unit: str, node: ast.expr) -> None:
    program = work.program
    place = Place(node, unit, module)
    loop = Place(node, unit, module)
    _iterated(work, loop)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        on = program.of(node.func.value)
        if is_query(program, on):
            _method(work, place, node, node.func.attr, on)
        elif node.func.attr in {"bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings"} and is_session(on):
            _bulk(work, place, node, node.func.attr)
        elif is_query(program, program.of(node)):
            _begin(work, place, node, on)
    elif isinstance(node, ast.Subscript) and is_query(program, program.of(node.value)):
        _slice(work, place, node)
    elif isinstance(node, ast.Attribute) and is_query(program, program.of(node.value)):
        if isinstance(work.above[module.name].get(node), ast.Call):
            return
        place.problem = f"`.{node.attr}` of a query is not there on a statement"
    work.places += [one for one in (place, loop) if one.edit is not None or one.problem]


def _begin(work: Selecting, place: Place, node: ast.Call, on: Values) -> None:
    if not any(value.name in {library.SESSION, library.SCOPED} or ":" in value.name for value in on):
        place.problem = "where this query begins is not known"
        return
    if isinstance(node.func, ast.Attribute) and node.func.attr != "query":
        return  # a function of the program that returns a query
    if any(isinstance(each, ast.Starred) for each in node.args):
        place.problem = "the columns of this query are known while it runs alone"
        return
    names = _names(work.program, place.module)
    place.edit, place.what = methods.begun(names.get("select", "select")), "query() → select()"
    place.wants = (("sqlalchemy", "select"),)


def _method(work: Selecting, place: Place, node: ast.Call, name: str, on: Values) -> None:
    if name in methods.SAME:
        if name in {"join", "outerjoin"} and any(isinstance(each, ast.Constant) for each in node.args):
            place.problem = "a join by the name of a relationship went with SQLAlchemy 1.4"
        return
    if name in methods.RENAMED:
        place.edit, place.what = methods.renamed(methods.RENAMED[name]), f".{name}() → .{methods.RENAMED[name]}()"
    elif name in methods.OPTIONS:
        place.edit, place.what = methods.as_option(*methods.OPTIONS[name]), f".{name}() → .execution_options()"
    elif name in methods.ENDING:
        _ending(work, place, node, name, on)
    else:
        place.problem = f"there is no rule for `Query.{name}`"


def _ending(work: Selecting, place: Place, node: ast.Call, name: str, on: Values) -> None:
    query = _query(work, place, node, node.func.value if isinstance(node.func, ast.Attribute) else node, on)
    if query is None:
        return
    if name == "get" and not _begins_here(node):
        place.problem = "`get` of a query that begins elsewhere"
        return
    if name in {"delete", "update"} and not _begins_here(node):
        place.problem = f"`{name}` of a query that begins elsewhere: what it changes has to be named first"
        return
    place.edit, place.what = (
        methods.ended(name, query),
        f".{name}() → session.{'scalars' if query.entity else 'execute'}()",
    )
    if name == "count":
        place.wants = (("sqlalchemy", "func"), ("sqlalchemy", "select"))
    elif name in {"delete", "update"}:
        place.wants = (("sqlalchemy", name),)


def _begins_here(node: ast.expr) -> bool:
    return root_of(node) is not None


def _query(work: Selecting, place: Place, node: ast.expr, chain: ast.expr, on: Values) -> methods.Query | None:
    session = session_for(work, place, chain)
    if not session:
        place.problem = "the session that this query belongs to is not at hand here"
        return None
    queries = [value for value in on if value.name == library.QUERY or ":" in value.name]
    told = [value for value in queries if value.args] or queries  # an annotation `Query` adds nothing to what flows
    shapes = {shape(work.program, value.args) for value in told}
    repeats = may_repeat(work, place, chain, on)
    entities = {one.entity for one in shapes if one}
    mapped = {one.mapped for one in shapes if one}
    mixed = len(entities) > 1
    counted = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".count")
    known = bool(shapes) and None not in shapes and not (repeats and (None in mapped or len(mapped) > 1))
    if not counted and (not known or (mixed and not lists_all(node, told))):
        place.problem = "whether this query gives objects or rows is not known"
        return None
    above = work.above[place.module.name]
    return methods.Query(
        session,
        entity=entities == {True},
        mixed=mixed,
        unique=repeats and mapped == {True},
        listed=_listed(work, place, node),
        used=not isinstance(above.get(node), ast.Expr),
        names=_names(work.program, place.module),
    )


def _names(program: Program, module: Module) -> dict[str, str]:
    """What SQLAlchemy's functions are called in a file that means something else by their names."""
    found = {}
    for name in ("select", "func", "delete", "update", "insert"):
        source, original = imported_as(module, name)
        if source.partition(".")[0] in {"sqlalchemy", "sqlmodel"} and original == name:
            continue
        bound = [scope for scope in program.symbols.scopes.values() if scope.module is module and name in scope.names]
        if any(not isinstance(scope, Class) for scope in bound):
            found[name] = f"sql_{name}"
    return found


def _listed(work: Selecting, place: Place, node: ast.expr) -> bool:
    """Whether what a function returns is said to be a list."""
    function = work.program.functions.get(place.unit)
    if not isinstance(work.above[place.module.name].get(node), ast.Return) or function is None:
        return False
    returns = function.node.returns if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) else None
    return isinstance(returns, ast.Subscript) and ast.unparse(returns.value) in {
        "list",
        "List",
        "typing.List",
        "t.List",
    }


def _slice(work: Selecting, place: Place, node: ast.Subscript) -> None:
    if not isinstance(node.slice, ast.Slice) or node.slice.step is not None:
        place.problem = "one row of a query by its number"
        return
    query = _query(work, place, node, node.value, work.program.of(node.value))
    if query is not None:
        place.edit, place.what = methods.sliced(query), "query[a:b] → .slice(a, b)"


# What goes through what it is given.
_GOING_THROUGH = {
    "list", "set", "tuple", "frozenset", "sorted", "iter", "enumerate", "dict", "map", "filter", "zip", "sum", "any",
    "all", "max", "min", "reversed",
}  # fmt: skip


def _iterated(work: Selecting, place: Place) -> None:
    """A query that is gone through, or handed to something that may do so."""
    node = place.node
    if not is_query(work.program, work.program.of(node)):
        return
    above = work.above[place.module.name].get(node)
    if isinstance(above, ast.For | ast.comprehension) and above.iter is node:
        goes = True
    elif _is_asked(above, node):
        goes, place.problem = False, "a statement is neither true nor false: ask `is not None`"
    elif isinstance(above, ast.Call) and above.func is not node:
        goes = _goes_through(work, place, above)
    else:
        goes = isinstance(above, ast.Starred)
    query = _query(work, place, node, node, work.program.of(node)) if goes else None
    if query is not None:
        place.edit, place.what = methods.iterated(query), "for … in query → in session.scalars()"


def _is_asked(above: ast.AST | None, node: ast.expr) -> bool:
    """Whether a query is asked whether it is true: every `Query` is, a statement refuses to say."""
    if isinstance(above, ast.If | ast.While | ast.IfExp | ast.Assert):
        return above.test is node
    return isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not))


def _goes_through(work: Selecting, place: Place, call: ast.Call) -> bool:
    """Whether a call goes through the query that it is given; a call that nobody knows keeps the query as it is."""
    written = ast.unparse(call.func)
    values = work.program.of(call.func)
    if written in _GOING_THROUGH or any(value.name.startswith("itertools.") for value in values):
        return True
    known = [value for value in values if value.own or value.name.partition(".")[0] in {"sqlalchemy", "sqlmodel"}]
    if not known or len(known) != len(values):
        place.problem = f"what `{written}` does with this query is not known"
    return False


def _bulk(work: Selecting, place: Place, node: ast.Call, name: str) -> None:
    above = work.above[place.module.name].get(node)
    function = work.program.functions.get(place.unit)
    taken = {
        each.id for each in ast.walk(function.node if function else place.module.tree) if isinstance(each, ast.Name)
    }
    taken |= {each.arg for each in function.parameters} if function else set()
    found = bulk(node, name, above, taken)
    place.problem = found.problem
    if found.edit is not None and isinstance(above, ast.Expr):
        statement = STATEMENTS[name]
        called = _names(work.program, place.module).get(statement, "") or statement
        place.line, place.edit, place.what = above, found.edit(called), f"{name}() → execute()"
        place.wants = (("sqlalchemy", statement),)


def _flows(work: Selecting) -> None:
    """Join the units that one query passes through: as an argument, as a result, as an attribute."""
    program, tables = work.program, work.program.reading.tables
    for function in program.functions.values():
        if is_query(program, tables.values.get(Key(RETURNED, function.id), frozenset())):
            for call in program.calls_to.get(function.id, ()):
                work.join(call.unit, function.id)
        if any(is_query(program, program.of(one)) for one in function.parameters):
            for call in program.calls_to.get(function.id, ()):
                work.join(call.unit, function.id)
        _nested(work, function)
    held = {key.name for key, values in tables.values.items() if key.kind == MEMBER and is_query(program, values)}
    if held:
        for module in program.modules.values():
            for node, unit in scoped_nodes(program, module):
                if isinstance(node, ast.Attribute) and node.attr in held and is_query(program, program.of(node)):
                    work.join(unit, "held in an attribute")


def _nested(work: Selecting, function: Function) -> None:
    """A function inside another one sees its queries."""
    parent = function.parent
    if isinstance(parent, Function):
        work.join(function.id, parent.id)
