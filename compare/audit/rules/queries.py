"""What is asked in a way that AsyncSession, or asyncpg, does not know: T10, T19, T20, T42, T44, T45, T51."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from compare.audit.site import Site, site
from compare.source import Program, library
from compare.source.values import OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.reading import Call

_BULK = {"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}
_NULL = re.compile(r"(?<![:\w]):(\w+)\s+IS\s+(NOT\s+)?NULL|%\((\w+)\)s\s+IS\s+NULL", re.IGNORECASE)
_INTERVAL = re.compile(r"\binterval\s+(:\w+|%\(\w+\)s)", re.IGNORECASE)
_IN = re.compile(r"\bIN\s+:\w+", re.IGNORECASE)
_LIMIT = re.compile(r"\b(LIMIT|OFFSET)\s+'\d+'", re.IGNORECASE)
_LOCK = re.compile(r"\bpg_(try_)?advisory_(un)?lock\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%s|%\(\w+\)s")


def query_api(program: Program) -> Iterator[Site]:
    """T10: `session.query(…)`, the bulk calls, `Model.query`."""
    for call in program.calls:
        if not isinstance(call.node, ast.Call):
            continue
        owner, _, method = call.target.rpartition(".")
        module = program.scope(call.unit).module
        if owner in {library.SESSION, library.SCOPED} and method == "query":
            yield site(module, call.node, "T10", "`query()` is not there on an AsyncSession")
        elif owner in {library.SESSION, library.SCOPED} and method in _BULK:
            yield site(module, call.node, "T10", f"`{method}()` is not there on an AsyncSession")


def texts(program: Program) -> Iterator[Site]:
    """T19, T20, T45, T51: what `text("…")` says."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or call.target != "sqlalchemy.text" or not node.args:
            continue
        sql = _constant(node.args[0])
        module = program.scope(call.unit).module
        if _NULL.search(sql):
            yield site(
                module, node, "T19", "a parameter that is only compared with NULL has no type that asyncpg could know"
            )
        if _INTERVAL.search(sql) or _IN.search(sql) or _LIMIT.search(sql):
            yield site(module, node, "T20", "this leans on how psycopg2 quotes values into the text")
        if len([part for part in sql.split(";") if part.strip()]) > 1 and "$$" not in sql and "'" not in sql:
            yield site(module, node, "T45", "several statements in one text")
        if _LOCK.search(sql):
            yield site(module, node, "T51", "this advisory lock belongs to the connection, not to the transaction")


def locks(program: Program) -> Iterator[Site]:
    """T51: `func.pg_advisory_lock(…)`."""
    for call in program.calls:
        if isinstance(call.node, ast.Call) and _LOCK.search(call.target.rpartition(".")[2]) and "func" in call.target:
            yield site(
                program.scope(call.unit).module,
                call.node,
                "T51",
                "this advisory lock belongs to the connection, not to the transaction",
            )


def placeholders(program: Program) -> Iterator[Site]:
    """T44: `connection.exec_driver_sql("… %s")`."""
    for call in program.calls:
        if not isinstance(call.node, ast.Call) or not call.target.endswith(".exec_driver_sql") or not call.node.args:
            continue
        if _PLACEHOLDER.search(_constant(call.node.args[0])):
            yield site(program.scope(call.unit).module, call.node, "T44", "`%s` is psycopg2's way to write a parameter")


_STREAMING = {"stream", "stream_scalars"}


def streamed(program: Program) -> Iterator[Site]:
    """T42: `yield_per`, where it is not streamed yet."""
    streamed_already = {
        inner
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STREAMING
        for given in node.args
        for inner in ast.walk(given)
    }
    for call in program.calls:
        if not isinstance(call.node, ast.Call):
            continue
        owner, _, method = call.target.rpartition(".")
        known = owner in {library.QUERY, library.SELECT, library.RESULT, library.SCALARS}
        option = method == "execution_options" and any(
            each.arg in {"yield_per", "stream_results"} for each in call.node.keywords
        )
        if known and (method == "yield_per" or option) and call.node not in streamed_already:
            yield site(program.scope(call.unit).module, call.node, "T42", "rows that come piece by piece")


def _constant(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
        )
    return ""


def asks(call: Call) -> bool:
    """Whether a call has a library's object that speaks to the database."""
    return any(value.kind == OBJECT for value in call.on)


RULES = (query_api, texts, locks, placeholders, streamed)
