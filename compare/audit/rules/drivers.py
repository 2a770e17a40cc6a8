"""What psycopg2 allows and asyncpg does not: T11, T12, T14, T15, T16, T17, T21, T22, T48, T49, T50, T53."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from compare.audit.rules.loading import declaration
from compare.audit.site import Site, site
from compare.source import Class, Function, Program, library
from compare.source.values import CLASS, OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBPQ = {
    "sslmode", "connect_timeout", "options", "application_name", "keepalives", "keepalives_idle", "keepalives_interval",
    "keepalives_count", "client_encoding", "sslrootcert", "sslcert", "sslkey", "target_session_attrs",
    "tcp_user_timeout",
}  # fmt: skip
_ENGINE = {
    "executemany_mode",
    "client_encoding",
    "use_batch_mode",
    "executemany_batch_page_size",
    "executemany_values_page_size",
    "server_side_cursors",
}
_URL = re.compile(r"^postgres(ql)?(\+\w+)?://[^?]*\?(.*)$", re.DOTALL)
_BARE = re.compile(r"^postgres(ql)?://")
_CURSOR = {"copy_expert", "copy_from", "copy_to", "mogrify", "callproc"}
_ORIG = {"diag", "pgerror"}  # `pgcode` is there on both
_TWO = 2  # arguments: of `get`, the class and the key; of `isinstance`, the object and the class
_TEXT, _NUMBER = "str", {"int", "float", "Decimal", "date", "datetime", "timedelta", "time"}


def engines(program: Program) -> Iterator[Site]:
    """T11, T12: what an engine is made with."""
    for call in program.calls:
        node = call.node
        if not isinstance(node, ast.Call) or call.target not in {
            "sqlalchemy.create_engine",
            "sqlalchemy.ext.asyncio.create_async_engine",
        }:
            continue
        module = program.scope(call.unit).module
        for keyword in node.keywords:
            if keyword.arg in _ENGINE:
                yield site(module, keyword.value, "T12", f"`{keyword.arg}` is an argument of psycopg2's dialect")
            elif keyword.arg == "poolclass" and ast.unparse(keyword.value).rpartition(".")[2] == "QueuePool":
                yield site(module, keyword.value, "T12", "QueuePool cannot be used with an async engine")
            elif keyword.arg == "connect_args" and isinstance(keyword.value, ast.Dict):
                for key in keyword.value.keys:
                    if isinstance(key, ast.Constant) and key.value in _LIBPQ:
                        yield site(module, key, "T11", f"`{key.value}` is an argument of libpq")


def urls(program: Program) -> Iterator[Site]:
    """T11, T53: what a URL says behind its question mark, and whether it names a driver."""
    for module in program.modules.values():
        parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        for node, above in parents.items():
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            found = _URL.match(node.value)
            whole = above if isinstance(above, ast.JoinedStr) else node
            if isinstance(above, ast.Compare | ast.Expr):
                continue
            names = [name for name in sorted(_LIBPQ) if found and f"{name}=" in found[3]]
            if names:
                yield site(module, whole, "T11", f"`{names[0]}` in the URL is an argument of libpq")
            called = parents.get(whole)
            methods = (
                isinstance(called, ast.Call)
                and isinstance(called.func, ast.Attribute)
                and called.func.attr in {"replace", "startswith", "removeprefix"}
            )
            if (
                _BARE.match(node.value)
                and (len(node.value) > len("postgresql://") or whole is not node)
                and not methods
            ):
                yield site(module, whole, "T53", "the URL names no driver")


def texts_for_types(program: Program) -> Iterator[Site]:
    """T14, T15: a text where the column has another type."""
    for function in program.functions.values():
        words = {
            one.arg
            for one in function.parameters
            if one.annotation is not None and ast.unparse(one.annotation) == _TEXT
        }
        for call in program.calls_from.get(function.id, ()):
            node = call.node
            if not isinstance(node, ast.Call) or not call.target.endswith("Session.get") or len(node.args) < _TWO:
                continue
            klass = _class_of(program, node.args[0])
            if klass is not None and _key_type(program, klass) in _NUMBER and _is_text(node.args[1], words):
                yield site(
                    function.module,
                    node.args[1],
                    "T14",
                    f"a text is asked for as the key of `{klass.name}`, which is no text",
                )
        yield from _compared(program, function, words)


def _compared(program: Program, function: Function, words: set[str]) -> Iterator[Site]:
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.left, ast.Attribute):
            continue
        klass = _class_of(program, node.left.value)
        if klass is not None and column_type(klass, node.left.attr) in _NUMBER and _is_text(node.comparators[0], words):
            yield site(
                function.module, node, "T15", f"`{klass.name}.{node.left.attr}` is compared with a text, and is none"
            )


def _is_text(node: ast.expr, words: set[str]) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.Name) and node.id in words


def _class_of(program: Program, node: ast.expr) -> Class | None:
    return next(
        (
            program.classes[value.name]
            for value in program.of(node)
            if value.kind == CLASS and value.name in program.classes
        ),
        None,
    )


_TYPES = {
    "Integer": "int", "BigInteger": "int", "SmallInteger": "int", "Float": "float", "Numeric": "Decimal",
    "DateTime": "datetime",
    "Date": "date", "Interval": "timedelta", "Time": "time", "String": "str", "Text": "str", "TIMESTAMP": "datetime",
    "INTEGER": "int", "BIGINT": "int",
}  # fmt: skip


def column_type(klass: Class, name: str) -> str:
    """Return the Python type of a column's values, as its class declares it; empty if it does not say."""
    found = declaration(klass, name)
    for node in found.args if found else ():
        base = node.func if isinstance(node, ast.Call) else node
        known = _TYPES.get(ast.unparse(base).rpartition(".")[2])
        if known:
            return known
    for statement in klass.node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id == name
        ):
            note = statement.annotation
            inner = (
                note.slice if isinstance(note, ast.Subscript) and ast.unparse(note.value).endswith("Mapped") else note
            )
            words = ast.unparse(inner).replace("Optional[", "").replace("]", "").split("|")
            return words[0].strip().rpartition(".")[2]
    return ""


def _key_type(program: Program, klass: Class) -> str:
    for above in program.reading.ancestors(klass.id):
        one = program.classes.get(above)
        for name in sorted(one.names) if one else ():
            found = declaration(one, name) if one else None
            if found and any(each.arg == "primary_key" for each in found.keywords) and one:
                return column_type(one, name)
    return ""


def times(program: Program) -> Iterator[Site]:
    """T16, T17: aware times for naive columns, and naive ones for aware columns."""
    for function in program.functions.values():
        for node in ast.walk(function.node):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Attribute):
                yield from _time(program, function, node.targets[0].value, node.targets[0].attr, node.value)
            elif isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg:
                        yield from _time(program, function, node.func, keyword.arg, keyword.value)


def _time(program: Program, function: Function, owner: ast.expr, name: str, value: ast.expr) -> Iterator[Site]:
    klass = next(
        (
            program.classes[one.name]
            for one in program.of(owner)
            if one.kind in {CLASS, OBJECT} and one.name in program.classes
        ),
        None,
    )
    if klass is None or not program.reading.is_mapped(klass.id) or column_type(klass, name) != "datetime":
        return
    found = declaration(klass, name)
    written = ast.unparse(found) if found else ""
    zoned = "timezone=True" in written or "TIMESTAMP(True" in written
    told = _zone(value)
    if told == "aware" and not zoned and "DateTime" in written:
        yield site(function.module, value, "T16", f"an aware time for `{klass.name}.{name}`, which keeps no zone")
    if told == "naive" and zoned:
        yield site(function.module, value, "T17", f"a time without a zone for `{klass.name}.{name}`, which keeps one")


def _zone(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    called = ast.unparse(node.func)
    if called.endswith("datetime.utcnow") or called == "utcnow":
        return "naive"
    if called.endswith("datetime.now"):
        return "aware" if node.args or node.keywords else "naive"
    return ""


def errors(program: Program) -> Iterator[Site]:
    """T21, T22: what is decided on a driver's errors."""
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                names = {value.name for value in program.of(node.type)}
                names |= {value.name for one in program.of(node.type) for args in one.args for value in args}
                if any(name.startswith("psycopg2") for name in names):
                    yield site(module, node.type, "T22", "an error of psycopg2's, which asyncpg does not raise")
                elif "sqlalchemy.exc.OperationalError" in names and not _only_raises(node):
                    yield site(module, node.type, "T21", "OperationalError is another class for a deadlock on asyncpg")
            elif (
                isinstance(node, ast.Attribute)
                and node.attr in _ORIG
                and isinstance(node.value, ast.Attribute)
                and node.value.attr == "orig"
            ):
                yield site(module, node, "T22", f"`orig.{node.attr}` is psycopg2's")
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "isinstance"
                and len(node.args) == _TWO
            ) and any(value.name.startswith("psycopg2") for value in program.of(node.args[1])):
                yield site(module, node, "T22", "an error of psycopg2's, which asyncpg does not raise")


def _only_raises(node: ast.ExceptHandler) -> bool:
    """Whether a handler decides nothing: it logs, and raises again."""
    last = node.body[-1]
    return isinstance(last, ast.Raise) and not any(
        isinstance(each, ast.If | ast.For | ast.While | ast.Continue) for each in ast.walk(node)
    )


def cursors(program: Program) -> Iterator[Site]:
    """T50: what a cursor of psycopg2's can do."""
    for call in program.calls:
        if not isinstance(call.node, ast.Call):
            continue
        owner, _, method = call.target.rpartition(".")
        if (owner == library.CURSOR and method in _CURSOR) or call.target.startswith("psycopg2.extras.execute_"):
            yield site(program.scope(call.unit).module, call.node, "T50", f"`{method}` is psycopg2's")


_ADDRESSES = {"INET", "CIDR"}
_SHORT = {"REAL", "FLOAT4"}
_SHORT_BITS = 24  # Float(24) and below is a float4


def columns(program: Program) -> Iterator[Site]:
    """T48, T49: columns whose values come back as other objects, or with other digits."""
    texts = any("native_inet_types" in module.text for module in program.modules.values())
    for klass in program.classes.values():
        if not program.reading.is_mapped(klass.id):
            continue
        for name in sorted(klass.names):
            found = declaration(klass, name)
            for node in found.args if found else ():
                base = node.func if isinstance(node, ast.Call) else node
                written = ast.unparse(base).rpartition(".")[2]
                if written in _ADDRESSES and not texts:
                    yield site(klass.module, node, "T48", f"`{klass.name}.{name}` is a text on psycopg2")
                elif written in _SHORT or (written.lower() == "float" and _bits(node) <= _SHORT_BITS):
                    yield site(klass.module, node, "T49", f"`{klass.name}.{name}` comes with other digits")


def _bits(node: ast.expr) -> int:
    given = (
        [*node.args[:1], *(each.value for each in node.keywords if each.arg == "precision")]
        if isinstance(node, ast.Call)
        else []
    )
    known = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, int)]
    return known[0] if known else _SHORT_BITS + 1


RULES = (columns, engines, urls, texts_for_types, times, errors, cursors)
