"""What each method of a `Query` is in 2.0 style.

Source: SQLAlchemy's "2.0 Migration - ORM Usage", and `Query`'s own code for what it does by itself: it takes
duplicates of an object out of its rows, `first()` asks for one row, `scalar()` refuses several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from compare.steps.rewrite import keyword_arg

if TYPE_CHECKING:
    from compare.steps.rewrite import Edit

Ending = Callable[["Query", cst.BaseExpression, cst.Call], cst.BaseExpression]

SAME = {
    "filter_by", "order_by", "join", "outerjoin", "group_by", "having", "limit", "offset", "distinct", "options",
    "with_for_update", "execution_options", "select_from", "params", "where", "subquery", "cte", "slice", "correlate",
    "add_columns", "prefix_with", "suffix_with", "with_hint", "with_statement_hint", "set_label_style", "label",
    "scalar_subquery",
}  # fmt: skip
RENAMED = {
    "filter": "where",
    "with_entities": "with_only_columns",
    "as_scalar": "scalar_subquery",
    "add_column": "add_columns",
}
OPTIONS = {  # methods that are execution options of a statement: name, the value without an argument
    "populate_existing": ("populate_existing", "True"),
    "yield_per": ("yield_per", ""),
    "autoflush": ("autoflush", ""),
}
ENDING = {"all", "first", "one", "one_or_none", "scalar", "count", "get", "delete", "update"}
_NO_COMMA = cst.MaybeSentinel.DEFAULT


@dataclass(frozen=True)
class Query:
    """What is known of the query that a method ends.

    Attributes:
        session: The session that runs it, as an expression.
        entity: Whether its rows are objects of one mapped class.
        mixed: Whether it may be one of several queries, of which some give objects and some rows of several columns.
        unique: Whether duplicates may come that `Query` would have taken out.
        listed: Whether a list is asked for, not just any sequence.
        used: Whether something is done with what the method gives.
        names: What SQLAlchemy's names are called in this file, where they are called otherwise.
    """

    session: str
    entity: bool
    mixed: bool = False
    unique: bool = False
    listed: bool = False
    used: bool = True
    names: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """How a name of SQLAlchemy's is written in this file: another way where the file means something else by it."""
        return self.names.get(name, name)


def call(on: cst.BaseExpression, method: str, *args: cst.Arg) -> cst.Call:
    """Return `on.method(args)`."""
    return cst.Call(cst.Attribute(on, cst.Name(method)), list(args))


def run(query: Query, statement: cst.BaseExpression) -> cst.Call:
    """Return what runs a statement: `session.scalars(…)`, or `session.execute(…)` for rows of several columns."""
    inner = statement.with_changes(lpar=(), rpar=()) if isinstance(statement, cst.Call) else statement
    ran = call(cst.parse_expression(query.session), "scalars" if query.entity else "execute", cst.Arg(inner))
    return call(ran, "unique") if query.unique else ran


def ended(method: str, query: Query) -> Edit:
    """Return the edit of a call that asks the database: `query.all()` as `session.scalars(query).all()`."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.Call)
        statement = cst.ensure_type(whole.func, cst.Attribute).value
        found = _ENDINGS[method](query, statement, whole)
        return found.with_changes(lpar=whole.lpar, rpar=whole.rpar)

    return edit


def _all(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.BaseExpression:
    if query.mixed:
        each = cst.parse_expression("row[0] if len(row) == 1 else row")
        return cst.ListComp(each, cst.CompFor(cst.Name("row"), run(query, statement)))
    if query.listed and query.entity:
        return cst.Call(cst.Name("list"), [cst.Arg(run(query, statement))])
    return call(run(query, statement), "all")


def _first(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.Call:
    return call(run(query, call(statement, "limit", cst.Arg(cst.Integer("1")))), "first")


def _one(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.Call:
    return call(run(query, statement), "one")


def _one_or_none(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.Call:
    return call(run(query, statement), "one_or_none")


def _scalar(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.Call:
    return call(run(Query(query.session, entity=True, unique=query.unique), statement), "one_or_none")


def _count(query: Query, statement: cst.BaseExpression, _whole: cst.Call) -> cst.Call:
    head = f"{query.named('select')}({query.named('func')}.count())"
    counted = call(cst.parse_expression(head), "select_from", cst.Arg(call(statement, "subquery")))
    return call(run(Query(query.session, entity=True), counted), "one")


def _get(query: Query, statement: cst.BaseExpression, whole: cst.Call) -> cst.Call:
    root, options = statement, list[cst.Arg]()
    while isinstance(root, cst.Call) and isinstance(root.func, cst.Attribute):
        if root.func.attr.value == "options":
            options = [*root.args, *options]
        root = root.func.value
    entity = cst.ensure_type(root, cst.Call).args[0].with_changes(comma=_NO_COMMA)
    args = [entity, *(each.with_changes(comma=_NO_COMMA) for each in whole.args[:1])]
    if options:
        listed = cst.List([cst.Element(each.value) for each in options])
        args.append(keyword_arg("options", listed))
    return call(cst.parse_expression(query.session), "get", *args)


def _changed(name: str) -> Ending:
    def made(query: Query, statement: cst.BaseExpression, whole: cst.Call) -> cst.BaseExpression:
        changed = _retargeted(statement, query.named(name))
        sync = [each for each in whole.args if each.keyword and each.keyword.value == "synchronize_session"]
        values = [each for each in whole.args if not each.keyword or each.keyword.value == "values"]
        if name == "update":
            given = values[:1] if values else []
            changed = call(changed, "values", *(each.with_changes(keyword=None, comma=_NO_COMMA) for each in given))
        elif values and not sync:
            sync = [keyword_arg("synchronize_session", values[0].value)]
        if sync:
            changed = call(changed, "execution_options", sync[0].with_changes(comma=_NO_COMMA))
        ran = call(cst.parse_expression(query.session), "execute", cst.Arg(changed))
        return cst.Attribute(ran, cst.Name("rowcount")) if query.used else ran

    return made


def _retargeted(statement: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """`select(A).where(…)` as `delete(A).where(…)`."""
    if isinstance(statement, cst.Call) and isinstance(statement.func, cst.Attribute):
        return statement.with_changes(
            func=statement.func.with_changes(value=_retargeted(statement.func.value, name)), lpar=(), rpar=()
        )
    return cst.ensure_type(statement, cst.Call).with_changes(func=cst.Name(name))


_ENDINGS: dict[str, Ending] = {
    "all": _all,
    "first": _first,
    "one": _one,
    "one_or_none": _one_or_none,
    "scalar": _scalar,
    "count": _count,
    "get": _get,
    "delete": _changed("delete"),
    "update": _changed("update"),
}


def begun(name: str) -> Edit:
    """Return the edit of `session.query(…)`: `select(…)`, by the name that `select` has in the file."""
    return lambda node: cst.ensure_type(node, cst.Call).with_changes(func=cst.Name(name))


def renamed(to: str) -> Edit:
    """Return the edit that gives the method of a call another name."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.Call)
        return whole.with_changes(func=cst.ensure_type(whole.func, cst.Attribute).with_changes(attr=cst.Name(to)))

    return edit


def as_option(option: str, value: str) -> Edit:
    """Return the edit of `query.populate_existing()`: `query.execution_options(populate_existing=True)`."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.Call)
        given = whole.args[0].value if whole.args else cst.parse_expression(value)
        args = [keyword_arg(option, given)]
        func = cst.ensure_type(whole.func, cst.Attribute).with_changes(attr=cst.Name("execution_options"))
        return whole.with_changes(func=func, args=args)

    return edit


def iterated(query: Query) -> Edit:
    """Return the edit of what a loop goes through: the query is run."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        if not isinstance(node, cst.BaseExpression):
            return node
        return run(query, node)

    return edit


def sliced(query: Query) -> Edit:
    """Return the edit of `query[a:b]`: the rows from a to b."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.Subscript)
        piece = cst.ensure_type(whole.slice[0].slice, cst.Slice)
        none = cst.Name("None")
        part = call(whole.value, "slice", cst.Arg(piece.lower or none), cst.Arg(piece.upper or none))
        return _all(query, part, cst.Call(none))

    return edit


def given_first(node: cst.CSTNode) -> cst.CSTNode:
    """The edit of a function that runs a query and has no session: it takes one first."""
    function = cst.ensure_type(node, cst.FunctionDef)
    first = cst.Param(cst.Name("session"), annotation=cst.Annotation(cst.Name("Session")))
    rest = list(function.params.params)
    if rest and isinstance(rest[0].comma, cst.Comma):
        first = first.with_changes(comma=rest[0].comma)
    return function.with_changes(params=function.params.with_changes(params=[first, *rest]))


def handed_first(session: str) -> Edit:
    """Return the edit of a call of such a function: it is handed the caller's session."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = cst.ensure_type(node, cst.Call)
        first = cst.Arg(cst.parse_expression(session))
        if whole.args and isinstance(whole.args[0].comma, cst.Comma):
            first = first.with_changes(comma=whole.args[0].comma)
        return whole.with_changes(args=[first, *whole.args])

    return edit
