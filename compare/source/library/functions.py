"""What the functions of libraries give, and which of them call what they are given."""

from __future__ import annotations

from compare.source.library.givers import Giver, argument, entities, items, of
from compare.source.library.names import (
    ASYNC_ENGINE,
    ASYNC_SESSION,
    ENGINE,
    RAW_CONNECTION,
    SELECT,
    STATEMENT,
    STATEMENTS,
)
from compare.source.values import CLASS, NOTHING, OBJECT, list_of, one, tuple_of, union

# What calling a function of a library gives.
FUNCTIONS: dict[str, Giver] = {
    "sqlalchemy.create_engine": of(ENGINE),
    "sqlalchemy.engine_from_config": of(ENGINE),
    "sqlmodel.create_engine": of(ENGINE),
    "sqlalchemy.ext.asyncio.create_async_engine": of(ASYNC_ENGINE),
    "sqlalchemy.ext.asyncio.async_session": of(ASYNC_SESSION),
    "sqlalchemy.select": lambda _me, args: one(OBJECT, SELECT, *entities(args)),
    **{f"sqlalchemy.{name}": of(STATEMENT) for name in STATEMENTS},
    "sqlalchemy.orm.declarative_base": lambda _me, _args: one(CLASS, "sqlalchemy.orm.DeclarativeBase"),
    "sqlalchemy.orm.aliased": lambda _me, args: frozenset(v for v in argument(args) if v.kind == CLASS),
    "sqlalchemy.orm.with_polymorphic": lambda _me, args: frozenset(v for v in argument(args) if v.kind == CLASS),
    "psycopg2.connect": of(RAW_CONNECTION),
    "pytest.param": lambda _me, args: args[0] if len(args) == 1 else tuple_of(*args),
    "list": lambda _me, args: list_of(items(argument(args))),
    "sorted": lambda _me, args: list_of(items(argument(args))),
    "tuple": lambda _me, args: list_of(items(argument(args))),
    "set": lambda _me, args: list_of(items(argument(args))),
    "frozenset": lambda _me, args: list_of(items(argument(args))),
    "reversed": lambda _me, args: list_of(items(argument(args))),
    "iter": lambda _me, args: list_of(items(argument(args))),
    "next": lambda _me, args: items(argument(args)),
    "max": lambda _me, args: items(argument(args)),
    "min": lambda _me, args: items(argument(args)),
    "enumerate": lambda _me, args: list_of(tuple_of(NOTHING, items(argument(args)))),
    "zip": lambda _me, args: list_of(tuple_of(*(items(one_) for one_ in args))),
    "filter": lambda _me, args: list_of(items(argument(args, 1))),
    "typing.cast": lambda _me, args: union(
        (argument(args, 1), frozenset(v._replace(kind=OBJECT) for v in argument(args) if v.kind == CLASS))
    ),
    "copy.copy": lambda _me, args: argument(args),
    "copy.deepcopy": lambda _me, args: argument(args),
}
# Classes whose methods take functions, as decorators or not, and await those that are coroutines.
FRAMEWORK = {
    "fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette", "starlette.routing.Router",
    "starlette.background.BackgroundTasks", "fastapi.testclient.TestClient",
}  # fmt: skip
# Functions of libraries that call what they are given: name → (place or name of the callable, how it is run, whether
# a sync session comes first).
THREAD, BACKGROUND, BRIDGE, PLAIN, LENT, ITERATED = "thread", "background", "bridge", "plain", "lent", "iterated"
THROUGH: dict[str, tuple[int | str, str]] = {
    "starlette.concurrency.run_in_threadpool": (0, THREAD),
    "asyncio.to_thread": (0, THREAD),
    "anyio.to_thread.run_sync": (0, THREAD),
    "asgiref.sync.sync_to_async": (0, THREAD),
    "functools.partial": (0, PLAIN),
    "threading.Thread": ("target", THREAD),
    "multiprocessing.Process": ("target", THREAD),
    "atexit.register": (0, PLAIN),
}
THROUGH_METHODS: dict[str, tuple[int | str, str]] = {  # by the method's name, whatever it is called on
    "run_in_executor": (1, THREAD),
    "submit": (0, THREAD),
    "add_task": (0, BACKGROUND),
    "run_sync": (0, BRIDGE),
    "add_job": (0, BACKGROUND),
    "call_soon": (0, PLAIN),
    "call_soon_threadsafe": (0, PLAIN),
    "call_later": (1, PLAIN),
}
