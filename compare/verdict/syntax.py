"""What sqlglot reads in a statement: its tables, what each bind is for, which functions it calls.

Where it cannot read one, the words alone have to say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from compare.verdict.lexis import WRITING, Token, Tokens, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARSED = frozenset({"select", "with", "insert", "update", "delete", "merge", "truncate", "values", "table"})
TABLE = re.compile(r"\b(from|join|into|update|table|truncate) (?:only )?((?:[\w$]+ \. )?[\w$]+)(?! \()")


@dataclass(frozen=True)
class Call:
    """A call of a function that is none of SQL's own; of its first argument the bind's number from 1, or the text."""

    name: str
    bind: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Facts:
    """What a statement does. `purposes` says of each bind, by its number from 1, what it is for: a column, `limit`."""

    verb: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    limited: bool = False
    ordered: bool = False
    counted: bool = False
    purposes: Mapping[int, str] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()


def facts_of(tokens: Tokens, verb: str) -> Facts:
    """Read the tokens of a statement that begins with this word."""
    tree = _parsed(tokens) if verb in PARSED else None
    return _read(tree, verb) if tree is not None else _guessed(written(tokens), verb)


def _parsed(tokens: Tokens) -> exp.Expr | None:
    numbers = iter(range(1, len(tokens) + 1))
    text = written(Token("bind", f"${next(numbers)}") if token.kind == "bind" else token for token in tokens)
    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
    except (SqlglotError, RecursionError):
        return None
    return None if isinstance(tree, exp.Command) else tree


def _read(tree: exp.Expr, verb: str) -> Facts:
    inner = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    tables = {_table_name(table) for table in tree.find_all(exp.Table)} - inner - {""}
    writes = frozenset(_written(tree))
    kind = type(tree).__name__.lower().removesuffix("table")
    if isinstance(tree, exp.Insert) and tree.find(exp.OnConflict):
        kind = "upsert"
    orders = (order for order in tree.find_all(exp.Order) if not isinstance(order.parent, (exp.Window, exp.AggFunc)))
    return Facts(
        verb=kind if kind in WRITING else "select" if isinstance(tree, exp.Query) else verb,
        reads=frozenset(tables) - writes,
        writes=writes,
        limited=tree.find(exp.Limit, exp.Fetch) is not None,
        ordered=next(orders, None) is not None,
        counted=tree.find(exp.AggFunc, exp.Exists) is not None,
        purposes={int(bind.name): _purpose(bind) for bind in tree.find_all(exp.Parameter) if bind.name.isdecimal()},
        calls=tuple(map(_call, tree.find_all(exp.Anonymous))),
    )


def _written(tree: exp.Expr) -> Iterator[str]:
    """The tables that are written, in a WITH too."""
    for node in tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable):
        targets = node.expressions if isinstance(node, exp.TruncateTable) else [node.this]
        for target in targets:
            table = target if isinstance(target, exp.Table) else target.find(exp.Table) if target else None
            if table is not None:
                yield _table_name(table)


def _table_name(table: exp.Table) -> str:
    """As `str(Table)` has it; '' for a function that stands where a table could."""
    schema = table.db.lower()
    name = table.name.lower() if isinstance(table.this, exp.Identifier) else ""
    return f"{schema}.{name}" if schema not in {"", "public"} and name else name


def _purpose(bind: exp.Expr) -> str:
    """What a bind is for: the nearest thing around it that has a name."""
    inner, outer = bind, bind.parent
    while outer is not None:
        if isinstance(outer, (exp.Limit, exp.Offset)):
            return type(outer).__name__.lower()
        if isinstance(outer, exp.Tuple) and isinstance(outer.parent, exp.Values):
            return _inserted(outer, inner)
        if isinstance(outer, (exp.Binary, exp.In, exp.Between)) and (column := outer.find(exp.Column)):
            return str(column.name)
        if isinstance(outer, exp.Anonymous):
            return str(outer.name)
        inner, outer = outer, outer.parent
    return "value"


def _inserted(row: exp.Tuple, value: exp.Expr) -> str:
    """The column that this value of an INSERT is for."""
    insert = row.find_ancestor(exp.Insert)
    columns = insert.this.expressions if insert is not None and isinstance(insert.this, exp.Schema) else []
    at = next((at for at, item in enumerate(row.expressions) if item is value), len(columns))
    return str(columns[at].name) if at < len(columns) else "value"


def _call(call: exp.Anonymous) -> Call:
    first = call.expressions[0] if call.expressions else None
    if isinstance(first, exp.Parameter) and first.name.isdecimal():
        return Call(call.name.lower(), bind=int(first.name))
    return Call(call.name.lower(), text=first.name.lower() if first is not None else "")


def _guessed(text: str, verb: str) -> Facts:
    """What the words say where the text could not be parsed."""
    tables = {(kind, name.replace(" ", "").removeprefix("public.")) for kind, name in TABLE.findall(text)}
    writing = "upsert" if verb == "insert" and " on conflict " in text else verb
    targets = frozenset(name for kind, name in tables if kind in {"into", "update", "truncate"} or verb == "delete")
    writes = targets if writing in WRITING else frozenset()
    return Facts(
        writing,
        frozenset(name for _, name in tables) - writes,
        writes,
        limited=" limit " in text,
        ordered=" order by " in text,
        counted="count (" in text,
    )
