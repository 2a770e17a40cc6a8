"""The twins are read side by side: same files, same public names in the same order, same signatures.

What may differ is listed with its reason; an entry that is no longer needed fails the build. The fast routes in
async_app/fast have no counterpart: they stand before the plain ones, and tests/twins/test_fast.py holds those together.
"""

import ast
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEGACY, ASYNC = ROOT / "legacy_app", ROOT / "async_app"
FAST = "fast/"

#: What a sync name is called on the other side; everything else has to be the same.
COUNTERPARTS = {
    "AsyncSession": "Session",
    "AsyncEngine": "Engine",
    "AsyncIterator": "Iterator",
    "async_sessionmaker": "sessionmaker",
    "AuditedSession": "Session",
    "async_app": "legacy_app",
}

#: file:name on one side or both → why it may differ.
ALLOWED = {
    "database.py:start": "only threads have to be tied to the connection pool",
    "database.py:retried": "a coroutine function returns an awaitable",
    "customers/repository.py:list_payment_methods": "a relationship that was loaded lazily has become a query (T01)",
    "middleware.py:RequestLog": "BaseHTTPMiddleware on one side, pure ASGI on the other (T32)",
}


def sources(app: Path) -> list[str]:
    """The files of an app, but for the fast routes of the async one."""
    names = sorted(path.relative_to(app).as_posix() for path in app.rglob("*.py"))
    return [name for name in names if app != ASYNC or not name.startswith(FAST)]


def surface(path: Path) -> dict[str, str]:
    """Every public name of a module with its signature, in order."""
    return dict(_surface(ast.parse(path.read_text()).body)) if path.exists() else {}


def _surface(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not node.name.startswith("_"):
                decorators = " ".join(f"@{ast.unparse(one)}" for one in node.decorator_list)
                returns = ast.unparse(node.returns) if node.returns else ""
                yield node.name, _counterpart(f"{decorators} {node.name}({ast.unparse(node.args)}) -> {returns}")
            case ast.ClassDef() if not node.name.startswith("_"):
                members = [f"{name}: {text}" for name, text in _surface(node.body)]
                bases = ", ".join(ast.unparse(base) for base in node.bases)
                yield node.name, _counterpart(f"class {node.name}({bases}): {'; '.join(members)}")
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield name, _counterpart(ast.unparse(node.annotation))
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                yield name, ""


def _counterpart(text: str) -> str:
    return re.sub(r"\w+", lambda word: COUNTERPARTS.get(word[0], word[0]), text)


def differences() -> Iterator[str]:
    for file in sorted({*sources(LEGACY), *sources(ASYNC)}):
        legacy, async_ = surface(LEGACY / file), surface(ASYNC / file)
        yield from (f"{file}:{name}" for name in {**legacy, **async_} if legacy.get(name) != async_.get(name))


def test_both_apps_have_the_same_files() -> None:
    assert sources(LEGACY) == sources(ASYNC)


def test_the_plain_twin_does_not_know_the_fast_routes() -> None:
    """It can be read without them."""
    for file in sources(ASYNC):
        assert "async_app.fast" not in (ASYNC / file).read_text(), file


def test_public_names_and_signatures_differ_only_where_a_reason_is_given() -> None:
    assert set(differences()) == set(ALLOWED), "left: what differs; right: what may, with a reason, in ALLOWED"


def test_public_names_stand_in_the_same_order() -> None:
    for file in sources(LEGACY):
        both = surface(LEGACY / file).keys() & surface(ASYNC / file).keys()
        orders = [[name for name in surface(app / file) if name in both] for app in (LEGACY, ASYNC)]
        for legacy, async_ in zip_longest(*orders):
            assert legacy == async_, f"{file}: {legacy} in legacy stands where {async_} is in async"
