"""Threads, pools, poolers, time-outs and the processor: T31, T33, T35, T41, T54."""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING

from compare.audit.rules.answers import routes
from compare.audit.site import Site, site
from compare.source import Function, Program, library
from compare.source.files import is_test
from compare.source.values import CLASS, OBJECT
from compare.source.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.source.reading import Call

_ENGINES = {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"}
_POOLERS = ("pgbouncer", ":6432")
_CONNECTIONS = {library.CONNECTION, library.ASYNC_CONNECTION}
_SESSIONS = {library.SESSION, library.ASYNC_SESSION}
_MAKERS = {library.SESSION, library.FACTORY, library.ASYNC_SESSION, library.ASYNC_FACTORY}
THREADS = 40  # AnyIO's own, for all `def` routes and dependencies together
POOL_SIZE, MAX_OVERFLOW = 5, 10  # QueuePool's defaults
# What computes for tens of milliseconds and more: hashes that are made to, pictures, documents.
_HEAVY = (
    "bcrypt.hashpw", "bcrypt.checkpw", "passlib.", "argon2.", "pwdlib.", "hashlib.pbkdf2_hmac", "hashlib.scrypt",
    "werkzeug.security.", "PIL.Image.", "reportlab.", "weasyprint.", "pandas.read_", "openpyxl.",
)  # fmt: skip
_COMPUTING = {"hash", "verify", "verify_and_update", "hash_password", "check_password_hash", "generate_password_hash"}


def timed_out(program: Program) -> Iterator[Site]:
    """T31: a session that is used again after the time-out that cancelled its statement."""
    for function in program.functions.values():
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Try):
                continue
            limited = {each for statement in node.body for each in _limited(program, statement)}
            for handler in node.handlers:
                if limited and handler.type is not None and "TimeoutError" in ast.unparse(handler.type):
                    yield from _used_again(function, handler, limited)


def _limited(program: Program, statement: ast.stmt) -> Iterator[str]:
    """The sessions, as they are written, whose statements are under a time limit here."""
    for node in ast.walk(statement):
        under = (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("wait_for")) or (
            isinstance(node, ast.AsyncWith) and any("timeout" in ast.unparse(item.context_expr) for item in node.items)
        )
        for each in ast.walk(node) if under else ():
            if isinstance(each, ast.Name | ast.Attribute) and _is(program, each, {library.ASYNC_SESSION}):
                yield ast.unparse(each)


def _used_again(function: Function, handler: ast.ExceptHandler, names: set[str]) -> Iterator[Site]:
    for statement in handler.body:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) in names
                and node.func.attr not in {"close", "invalidate"}
            ):
                what = f"`{ast.unparse(node.func.value)}` is used after its statement was cancelled"
                yield site(function.module, node, "T31", what)


def _is(program: Program, node: ast.expr, names: set[str]) -> bool:
    return any(value.kind == OBJECT and value.name in names for value in program.of(node))


def pooled(program: Program) -> Iterator[Site]:
    """T33: an engine behind PgBouncer that keeps prepared statements."""
    for call, node in _made(program, _ENGINES):
        written = ast.unparse(node)
        first = node.args[0] if node.args else None
        url = ast.unparse(first) if isinstance(first, ast.Constant | ast.JoinedStr) else ""
        if any(each in url for each in _POOLERS) and "prepared_statement_name_func" not in written:
            yield site(program.scope(call.unit).module, node, "T33", "PgBouncer stands in between")


def _made(program: Program, targets: set[str]) -> Iterator[tuple[Call, ast.Call]]:
    for call in program.calls:
        if call.target in targets and isinstance(call.node, ast.Call):
            yield call, call.node


def joined(program: Program) -> Iterator[Site]:
    """T35: a session on a connection whose transaction somebody else rolls back, as fixtures have it."""
    for call, node in _made(program, _MAKERS):
        if call.value.kind != CLASS or any(keyword.arg == "join_transaction_mode" for keyword in node.keywords):
            continue
        unit = program.functions.get(call.unit)
        if unit is None or not (is_test(unit.module.path) or _is_fixture(unit)):
            continue  # a listener's session on the connection that it was given is no fixture's
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "bind")]
        if any(_is(program, each, _CONNECTIONS) for each in given):
            what = "the session joins a transaction that began outside of it"
            yield site(program.scope(call.unit).module, node, "T35", what)


def _is_fixture(function: Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorators)


def threads(program: Program) -> Iterator[Site]:
    """T41: more threads that serve requests than connections."""
    if any(
        isinstance(node, ast.Attribute) and node.attr == "total_tokens"
        for module in program.modules.values()
        for node in ast.walk(module.tree)
    ):
        return
    waits = waiting(program).functions
    if not any(not function.is_async and function.id in waits for function, _ in routes(program)):
        return
    for call, node in _made(program, {"sqlalchemy.create_engine"}):
        told = {keyword.arg: keyword.value for keyword in node.keywords}
        sizes = [told.get("pool_size", ast.Constant(POOL_SIZE)), told.get("max_overflow", ast.Constant(MAX_OVERFLOW))]
        known = [each.value for each in sizes if isinstance(each, ast.Constant) and isinstance(each.value, int)]
        postgres = not node.args or "sqlite" not in ast.unparse(node.args[0])
        if None in told or "poolclass" in told or len(known) < len(sizes) or not postgres or min(known) < 0:
            continue
        if sum(known) < THREADS:
            what = f"{sum(known)} connections at most for {THREADS} threads that serve requests"
            yield site(program.scope(call.unit).module, node, "T41", what)


def computing(program: Program) -> Iterator[Site]:
    """T54: what computes for long, in a function that will be awaited."""
    waits = waiting(program).functions
    looped = {function.id for function in program.functions.values() if function.is_async} | waits.keys()
    heavy = {call.unit for call in program.calls if _computes(call)} - looped
    queue = deque(heavy)
    while queue:  # helpers that wait for nothing carry it up to whoever does
        for call in program.calls_to.get(queue.popleft(), ()):
            if not call.how and call.unit in program.functions and call.unit not in looped | heavy:
                heavy.add(call.unit)
                queue.append(call.unit)
    for call in program.calls:
        if call.unit not in looped or call.unit not in program.functions or call.how:
            continue
        if is_test(program.functions[call.unit].module.path):  # it serves nobody
            continue
        if (_computes(call) or call.target in heavy) and isinstance(call.node, ast.Call):
            name = ast.unparse(call.node.func)
            yield site(program.scope(call.unit).module, call.node, "T54", f"`{name}` computes for long")


def _computes(call: Call) -> bool:
    if call.how or not call.target.startswith(_HEAVY):
        return False
    library_class = call.target.startswith(("passlib.", "argon2.", "pwdlib."))
    return not library_class or call.target.rpartition(".")[2] in _COMPUTING


RULES = (timed_out, pooled, joined, threads, computing)
