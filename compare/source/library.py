"""What the libraries' classes and functions give: SQLAlchemy 1.4 to 2.1, SQLModel, FastAPI, Starlette.

A name of a library is known by many paths (`sqlalchemy.orm.Session`, `sqlalchemy.orm.session.Session`,
`sqlmodel.Session`): `canonical` brings them to one. What a method gives is told by a `Giver`: a function from the
object it is called on and its arguments to what comes out. Source: the API documentation of SQLAlchemy 1.4 to 2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from compare.source.values import (
    CLASS,
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

Giver = Callable[[Value, Sequence[Values]], Values]

SESSION = "sqlalchemy.orm.Session"
FACTORY = "sqlalchemy.orm.sessionmaker"
SCOPED = "sqlalchemy.orm.scoped_session"
QUERY = "sqlalchemy.orm.Query"
ENGINE = "sqlalchemy.Engine"
CONNECTION = "sqlalchemy.Connection"
TRANSACTION = "sqlalchemy.Transaction"
SELECT = "sqlalchemy.Select"
STATEMENT = "sqlalchemy.Statement"
RESULT = "sqlalchemy.Result"
SCALARS = "sqlalchemy.ScalarResult"
RELATIONSHIP = "sqlalchemy.orm.relationship"
COLUMN = "sqlalchemy.Column"
EXPRESSION = "sqlalchemy.ColumnElement"
SUBQUERY = "sqlalchemy.Subquery"
PLAIN_VALUE = "value of a column"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
ASYNC_FACTORY = "sqlalchemy.ext.asyncio.async_sessionmaker"
ASYNC_SCOPED = "sqlalchemy.ext.asyncio.async_scoped_session"
ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
ASYNC_CONNECTION = "sqlalchemy.ext.asyncio.AsyncConnection"
ASYNC_RESULT = "sqlalchemy.ext.asyncio.AsyncResult"
RAW_CONNECTION = "dbapi.connection"
CURSOR = "dbapi.cursor"
CLIENT = "starlette.testclient.TestClient"
STATE = "starlette.datastructures.State"
COROUTINE = "coroutine"
GENERATOR = "generator"
CONTEXT = "contextmanager"

_PLACES = {  # the last part of a name → where it is known from here; for anything below `sqlalchemy` and `sqlmodel`
    **dict.fromkeys(("Session",), SESSION),
    **dict.fromkeys(("sessionmaker",), FACTORY),
    **dict.fromkeys(("scoped_session",), SCOPED),
    "Query": QUERY,
    "Engine": ENGINE,
    "Connection": CONNECTION,
    "Transaction": TRANSACTION,
    "NestedTransaction": TRANSACTION,
    "SessionTransaction": TRANSACTION,
    "Select": SELECT,
    "SelectOfScalar": SELECT,
    "Result": RESULT,
    "CursorResult": RESULT,
    "TupleResult": RESULT,
    "ScalarResult": SCALARS,
    "relationship": RELATIONSHIP,
    "Relationship": RELATIONSHIP,
    "dynamic_loader": RELATIONSHIP,
    "relation": RELATIONSHIP,
    "Column": COLUMN,
    "mapped_column": COLUMN,
    "deferred": "sqlalchemy.orm.deferred",
    "column_property": COLUMN,
    "create_engine": "sqlalchemy.create_engine",
    "engine_from_config": "sqlalchemy.engine_from_config",
    "declarative_base": "sqlalchemy.orm.declarative_base",
    "DeclarativeBase": "sqlalchemy.orm.DeclarativeBase",
    "DeclarativeBaseNoMeta": "sqlalchemy.orm.DeclarativeBase",
    "MappedAsDataclass": "sqlalchemy.orm.MappedAsDataclass",
    "Mapped": "sqlalchemy.orm.Mapped",
    "WriteOnlyMapped": "sqlalchemy.orm.WriteOnlyMapped",
    "DynamicMapped": "sqlalchemy.orm.DynamicMapped",
    "backref": "sqlalchemy.orm.backref",
    "aliased": "sqlalchemy.orm.aliased",
    "with_polymorphic": "sqlalchemy.orm.with_polymorphic",
}
_STATEMENTS = {"insert", "update", "delete", "text", "union", "union_all", "exists", "values", "lambda_stmt"}
_ASYNC = {
    "AsyncSession": ASYNC_SESSION,
    "async_sessionmaker": ASYNC_FACTORY,
    "async_scoped_session": ASYNC_SCOPED,
    "AsyncEngine": ASYNC_ENGINE,
    "AsyncConnection": ASYNC_CONNECTION,
    "create_async_engine": "sqlalchemy.ext.asyncio.create_async_engine",
    "async_engine_from_config": "sqlalchemy.ext.asyncio.create_async_engine",
    "async_session": "sqlalchemy.ext.asyncio.async_session",
    "AsyncResult": ASYNC_RESULT,
    "AsyncScalarResult": ASYNC_RESULT,
    "AsyncAttrs": "sqlalchemy.ext.asyncio.AsyncAttrs",
}
_ELSEWHERE = {
    "fastapi.params.Depends": "fastapi.Depends",
    "fastapi.param_functions.Depends": "fastapi.Depends",
    "fastapi.Security": "fastapi.Depends",
    "fastapi.applications.FastAPI": "fastapi.FastAPI",
    "fastapi.routing.APIRouter": "fastapi.APIRouter",
    "fastapi.requests.Request": "starlette.requests.Request",
    "fastapi.Request": "starlette.requests.Request",
    "fastapi.background.BackgroundTasks": "starlette.background.BackgroundTasks",
    "fastapi.BackgroundTasks": "starlette.background.BackgroundTasks",
    "fastapi.concurrency.run_in_threadpool": "starlette.concurrency.run_in_threadpool",
    "fastapi.testclient.TestClient": "starlette.testclient.TestClient",
    "typing_extensions.Annotated": "typing.Annotated",
    "psycopg2.extensions.connection": RAW_CONNECTION,
    "psycopg2.extensions.cursor": CURSOR,
    "sqlmodel.ext.asyncio.session.AsyncSession": ASYNC_SESSION,
    "asyncio.threads.to_thread": "asyncio.to_thread",
}


def canonical(name: str) -> str:  # noqa: PLR0911 - one answer for each library
    """Return the one name that a library's class or function is known by here."""
    top, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if top in {"sqlalchemy", "sqlmodel"}:
        if last in _ASYNC:
            return _ASYNC[last]
        if last in _PLACES:
            return _PLACES[last]
        if last == "select":
            return "sqlalchemy.select"
        if last in _STATEMENTS:
            return f"sqlalchemy.{last}"
        if last == "SQLModel":
            return "sqlmodel.SQLModel"
        return name
    return _ELSEWHERE.get(name, name)


def _same(me: Value, _args: Sequence[Values]) -> Values:
    return frozenset((me,))


def _nothing(_me: Value, _args: Sequence[Values]) -> Values:
    return NOTHING


def _entities(args: Sequence[Values]) -> tuple[Values, ...]:
    """What the columns of `select(…)` or `query(…)` hold: objects of a class; of other columns nobody knows what."""
    return tuple(entity(values) for values in args)


def entity(values: Values) -> Values:
    """Return what a column of a query holds: objects of a class, or plain values."""
    found = {Value(OBJECT, value.name, (QUERIED,) if value.own else ()) for value in values if value.kind == CLASS}
    if any(value.kind == OBJECT and value.name in {COLUMN, EXPRESSION} for value in values):
        found.add(Value(OBJECT, PLAIN_VALUE))
    return frozenset(found)


def _row(me: Value) -> Values:
    """A row of a `Query`: the object itself for one entity, a tuple else."""
    return me.args[0] if len(me.args) == 1 else tuple_of(*me.args)


def _query_one(me: Value, _args: Sequence[Values]) -> Values:
    return _row(me)


def _query_all(me: Value, _args: Sequence[Values]) -> Values:
    return list_of(_row(me))


def _entity_list(me: Value, _args: Sequence[Values]) -> Values:
    return list_of(me.args[0] if me.args else NOTHING)


def _entity_one(me: Value, _args: Sequence[Values]) -> Values:
    return me.args[0] if me.args else NOTHING


def _result_row(me: Value, _args: Sequence[Values]) -> Values:
    return tuple_of(*me.args)


def _result_rows(me: Value, _args: Sequence[Values]) -> Values:
    return list_of(tuple_of(*me.args))


def _scalars(me: Value, _args: Sequence[Values]) -> Values:
    return one(OBJECT, SCALARS, me.args[0] if me.args else NOTHING)


# What is known of how an object came, kept in its value: that it was loaded, and with which of its relationships.
LOADED = "loaded"
QUERIED: Values = frozenset((Value(LOADED, ""),))
LOADER = "loader option"
_LOADERS = {
    "joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "defaultload", "undefer",
    "lazyload", "noload", "raiseload", "selectin_polymorphic",
}  # fmt: skip


def is_loader(name: str) -> bool:
    """Whether a function of SQLAlchemy's makes a loader option, or a method of one another."""
    if name.startswith(f"{LOADER}."):
        return True
    return name.rpartition(".")[2] in _LOADERS and name.partition(".")[0] in {"sqlalchemy", "sqlmodel"}


def with_loaded(value: Value, options: Sequence[Values]) -> Value:
    """Return a statement whose objects come with what its loader options load."""
    marks = union(option.args[0] for values in options for option in values if option.name == LOADER and option.args)
    if not marks or not value.args:
        return value
    first = frozenset(
        each._replace(args=((each.args[0] if each.args else NOTHING) | marks,)) if each.own else each
        for each in value.args[0]
    )
    return value._replace(args=(first, *value.args[1:]))


def marks_of(value: Value) -> frozenset[str]:
    """Return the relationships, as paths, that an object was loaded with; "" says that it was loaded at all."""
    return frozenset(mark.name for args in value.args[:1] for mark in args if mark.kind == LOADED)


def beneath(leads: Values, marks: frozenset[str], name: str) -> Values:
    """Return the objects that a loaded relationship leads to, with what was loaded of them in turn."""
    inner = {mark[len(name) + 1 :] for mark in marks if mark.startswith(f"{name}.")} | {""}
    told: Values = frozenset(Value(LOADED, mark) for mark in inner)

    def marked(value: Value) -> Value:
        if value.own and value.kind == OBJECT:
            return value._replace(args=(told,))
        return value._replace(args=tuple(frozenset(marked(each) for each in args) for args in value.args))

    return frozenset(marked(value) for value in leads)


def selected(values: Values) -> tuple[Values, ...]:
    """Return what the columns of this statement hold."""
    found = [value.args for value in values if value.kind == OBJECT and value.name in {SELECT, QUERY, STATEMENT}]
    width = max((len(args) for args in found), default=0)
    return tuple(union(args[place] for args in found if len(args) > place) for place in range(width))


def _argument(args: Sequence[Values], place: int = 0) -> Values:
    return args[place] if len(args) > place else NOTHING


def _executed(_me: Value, args: Sequence[Values]) -> Values:
    return one(OBJECT, RESULT, *selected(_argument(args)))


def _executed_scalars(_me: Value, args: Sequence[Values]) -> Values:
    return one(OBJECT, SCALARS, *selected(_argument(args))[:1])


def _exec(_me: Value, args: Sequence[Values]) -> Values:
    """SQLModel's: a result of scalars for one entity, of rows for several."""
    columns = selected(_argument(args))
    return one(OBJECT, SCALARS if len(columns) == 1 else RESULT, *columns)


def _executed_scalar(_me: Value, args: Sequence[Values]) -> Values:
    return held(frozenset((Value(OBJECT, SELECT, selected(_argument(args))[:1]),)))


def _got(_me: Value, args: Sequence[Values]) -> Values:
    return entity(_argument(args))


def _merged(_me: Value, args: Sequence[Values]) -> Values:
    return _argument(args)


def _new_query(_me: Value, args: Sequence[Values]) -> Values:
    return one(OBJECT, QUERY, *_entities(args))


def _of(name: str) -> Giver:
    return lambda _me, _args: one(OBJECT, name)


def _awaited(giver: Giver) -> Giver:
    return lambda me, args: one(OBJECT, COROUTINE, giver(me, args))


# Of MetaData, given an engine: it asks through that.
TABLES_MADE = ("create_all", "drop_all", "reflect")
# Methods that ask the database, by the class they belong to: these are awaited in the async twin.
_SESSION_IO: dict[str, Giver] = {
    "execute": _executed,
    "exec": _exec,
    "scalars": _executed_scalars,
    "scalar": _executed_scalar,
    "get": _got,
    "get_one": _got,
    "commit": _nothing,
    "rollback": _nothing,
    "flush": _nothing,
    "close": _nothing,
    "close_all": _nothing,
    "refresh": _nothing,
    "delete": _nothing,
    "delete_all": _nothing,
    "merge": _merged,
    "merge_all": _merged,
    "connection": _of(CONNECTION),
    "invalidate": _nothing,
    "reset": _nothing,
    "begin": _of(TRANSACTION),
    "begin_nested": _of(TRANSACTION),
    "bulk_save_objects": _nothing,
    "bulk_insert_mappings": _nothing,
    "bulk_update_mappings": _nothing,
    "prepare": _nothing,
}
_QUERY_IO: dict[str, Giver] = {
    "all": _query_all,
    "first": _query_one,
    "one": _query_one,
    "one_or_none": _query_one,
    "scalar": _entity_one,
    "get": _entity_one,
    "count": _nothing,
    "delete": _nothing,
    "update": _nothing,
    "__iter__": _query_all,
}
_CONNECTION_IO: dict[str, Giver] = {
    "execute": _executed,
    "scalar": _executed_scalar,
    "scalars": _executed_scalars,
    "exec_driver_sql": _executed,
    "begin": _of(TRANSACTION),
    "begin_nested": _of(TRANSACTION),
    "commit": _nothing,
    "rollback": _nothing,
    "close": _nothing,
    "invalidate": _nothing,
}
IO: dict[str, dict[str, Giver]] = {
    SESSION: _SESSION_IO,
    SCOPED: {**_SESSION_IO, "remove": _nothing},
    QUERY: _QUERY_IO,
    CONNECTION: _CONNECTION_IO,
    TRANSACTION: {"commit": _nothing, "rollback": _nothing, "close": _nothing},
    ENGINE: {
        "dispose": _nothing,
        "raw_connection": _of(RAW_CONNECTION),
        "execute": _executed,
        "connect": _of(CONNECTION),
        **dict.fromkeys(TABLES_MADE, _nothing),
    },
}
# What `with` asks the database for: to begin, to commit, to give the connection back.
ENTERED = {SESSION, SCOPED, CONNECTION, TRANSACTION}
for _entered in ENTERED:
    IO[_entered]["__enter__"] = _same
ENTERED.add(CLIENT)  # begins an app's lifespan
_RESULT_METHODS: dict[str, Giver] = {
    "all": _result_rows,
    "fetchall": _result_rows,
    "fetchmany": _result_rows,
    "first": _result_row,
    "one": _result_row,
    "one_or_none": _result_row,
    "fetchone": _result_row,
    "scalars": _scalars,
    "scalar": _entity_one,
    "scalar_one": _entity_one,
    "scalar_one_or_none": _entity_one,
    "partitions": _result_rows,
    "mappings": _nothing,
    "tuples": _same,
    "unique": _same,
    "yield_per": _same,
    "columns": _same,
    "__iter__": _result_rows,
}
_SCALARS_METHODS: dict[str, Giver] = {
    "all": _entity_list,
    "fetchall": _entity_list,
    "fetchmany": _entity_list,
    "first": _entity_one,
    "one": _entity_one,
    "one_or_none": _entity_one,
    "unique": _same,
    "yield_per": _same,
    "partitions": lambda me, args: list_of(_entity_list(me, args)),
    "__iter__": _entity_list,
}
# Methods that ask nobody.
_TABLES: dict[str, Giver] = {
    **dict.fromkeys(("subquery", "cte", "alias", "lateral"), _of(SUBQUERY)),
    **dict.fromkeys(("exists", "scalar_subquery", "as_scalar", "label"), _of(EXPRESSION)),
}
METHODS: dict[str, dict[str, Giver]] = {
    QUERY: _TABLES,
    SELECT: _TABLES,
    SESSION: {
        "query": _new_query,
        "get_bind": _of(ENGINE),
        "add": _nothing,
    },
    SCOPED: {
        "query": _new_query,
        "__call__": _of(SESSION),
    },
    FACTORY: {
        "__call__": _of(SESSION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, SESSION)),
        "configure": _nothing,
    },
    ENGINE: {
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, CONNECTION)),
        "execution_options": _same,
    },
    CONNECTION: {
        "execution_options": _same,
    },
    RESULT: _RESULT_METHODS,
    SCALARS: _SCALARS_METHODS,
    RAW_CONNECTION: {"cursor": _of(CURSOR), "__enter__": _same},
    CURSOR: {"__enter__": _same},
    ASYNC_SESSION: {
        **{name: _awaited(giver) for name, giver in _SESSION_IO.items()},
        "stream": _awaited(_of(ASYNC_RESULT)),
        "stream_scalars": _awaited(_of(ASYNC_RESULT)),
        "begin": _of(TRANSACTION),
        "begin_nested": _of(TRANSACTION),
        "__enter__": _same,
    },
    ASYNC_FACTORY: {
        "__call__": _of(ASYNC_SESSION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, ASYNC_SESSION)),
    },
    ASYNC_ENGINE: {
        "connect": _of(ASYNC_CONNECTION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, ASYNC_CONNECTION)),
        "dispose": _awaited(_nothing),
    },
    ASYNC_CONNECTION: {
        **{name: _awaited(giver) for name, giver in _CONNECTION_IO.items()},
        "begin": _of(TRANSACTION),
        "begin_nested": _of(TRANSACTION),
        "__enter__": _same,
    },
    "list": {
        "copy": _same,
        "pop": lambda me, _args: held(frozenset((me,))),
        "__getitem__": lambda me, _args: held(frozenset((me,))),
        "__iter__": _same,
    },
    "dict": {
        "get": lambda me, _args: held(frozenset((me,))),
        "pop": lambda me, _args: held(frozenset((me,))),
        "setdefault": lambda me, _args: held(frozenset((me,))),
        "values": lambda me, _args: list_of(held(frozenset((me,)))),
        "items": lambda me, _args: list_of(tuple_of(NOTHING, held(frozenset((me,))))),
        "copy": _same,
    },
}
# Objects whose other methods give the object again, as a query's `filter` does.
FLUENT = {QUERY, SELECT, STATEMENT, COLUMN, EXPRESSION}
# Attributes of libraries' objects that lead somewhere.
ATTRIBUTES: dict[tuple[str, str], Values] = {
    ("starlette.requests.Request", "state"): one(OBJECT, STATE),
    ("starlette.requests.Request", "app"): one(OBJECT, "fastapi.FastAPI"),
    ("starlette.requests.HTTPConnection", "state"): one(OBJECT, STATE),
    ("fastapi.FastAPI", "state"): one(OBJECT, STATE),
    ("starlette.websockets.WebSocket", "state"): one(OBJECT, STATE),
    ("fastapi.WebSocket", "state"): one(OBJECT, STATE),
    (ASYNC_SESSION, "sync_session"): one(OBJECT, SESSION),
    (ASYNC_CONNECTION, "sync_connection"): one(OBJECT, CONNECTION),
    (ASYNC_ENGINE, "sync_engine"): one(OBJECT, ENGINE),
    (SESSION, "bind"): one(OBJECT, ENGINE),
    (SCOPED, "session_factory"): one(OBJECT, FACTORY),
    (CONNECTION, "engine"): one(OBJECT, ENGINE),
    (RAW_CONNECTION, "driver_connection"): one(OBJECT, RAW_CONNECTION),
}
# What calling a function of a library gives.
FUNCTIONS: dict[str, Giver] = {
    "sqlalchemy.create_engine": _of(ENGINE),
    "sqlalchemy.engine_from_config": _of(ENGINE),
    "sqlmodel.create_engine": _of(ENGINE),
    "sqlalchemy.ext.asyncio.create_async_engine": _of(ASYNC_ENGINE),
    "sqlalchemy.ext.asyncio.async_session": _of(ASYNC_SESSION),
    "sqlalchemy.select": lambda _me, args: one(OBJECT, SELECT, *_entities(args)),
    **{f"sqlalchemy.{name}": _of(STATEMENT) for name in _STATEMENTS},
    "sqlalchemy.orm.declarative_base": lambda _me, _args: one(CLASS, "sqlalchemy.orm.DeclarativeBase"),
    "sqlalchemy.orm.aliased": lambda _me, args: frozenset(v for v in _argument(args) if v.kind == CLASS),
    "sqlalchemy.orm.with_polymorphic": lambda _me, args: frozenset(v for v in _argument(args) if v.kind == CLASS),
    "psycopg2.connect": _of(RAW_CONNECTION),
    "pytest.param": lambda _me, args: args[0] if len(args) == 1 else tuple_of(*args),
    "list": lambda _me, args: list_of(items(_argument(args))),
    "sorted": lambda _me, args: list_of(items(_argument(args))),
    "tuple": lambda _me, args: list_of(items(_argument(args))),
    "set": lambda _me, args: list_of(items(_argument(args))),
    "frozenset": lambda _me, args: list_of(items(_argument(args))),
    "reversed": lambda _me, args: list_of(items(_argument(args))),
    "iter": lambda _me, args: list_of(items(_argument(args))),
    "next": lambda _me, args: items(_argument(args)),
    "max": lambda _me, args: items(_argument(args)),
    "min": lambda _me, args: items(_argument(args)),
    "enumerate": lambda _me, args: list_of(tuple_of(NOTHING, items(_argument(args)))),
    "zip": lambda _me, args: list_of(tuple_of(*(items(one_) for one_ in args))),
    "filter": lambda _me, args: list_of(items(_argument(args, 1))),
    "typing.cast": lambda _me, args: union(
        (_argument(args, 1), frozenset(v._replace(kind=OBJECT) for v in _argument(args) if v.kind == CLASS))
    ),
    "copy.copy": lambda _me, args: _argument(args),
    "copy.deepcopy": lambda _me, args: _argument(args),
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


def generators(values: Values) -> Iterator[str]:
    """Yield the functions of the program whose generators these may be, by id."""
    for value in values:
        if value.kind == OBJECT and value.name == GENERATOR and len(value.args) > 1:
            yield from (origin.name for origin in value.args[1])


def items(values: Values) -> Values:
    """Return what one gets by going through any of these."""
    found = []
    for value in values:
        if value.kind != OBJECT:
            continue
        if value.name == "tuple":
            found.append(union(value.args))
        elif value.name == QUERY:
            found.append(_row(value))
        elif value.name == RESULT:
            found.append(tuple_of(*value.args))
        elif value.name != "dict" and value.args and value.name not in {CONTEXT, COROUTINE}:
            found.append(value.args[0])
    return union(found)
