"""What the methods and attributes of libraries' objects give, and which methods ask the database."""

from __future__ import annotations

from compare.source.library.givers import (
    Giver,
    awaited,
    entity_list,
    entity_one,
    exec_,
    executed,
    executed_scalar,
    executed_scalars,
    got,
    merged,
    new_query,
    nothing,
    of,
    query_all,
    query_one,
    result_row,
    result_rows,
    same,
    scalars,
)
from compare.source.library.names import (
    ASYNC_CONNECTION,
    ASYNC_ENGINE,
    ASYNC_FACTORY,
    ASYNC_RESULT,
    ASYNC_SESSION,
    CLIENT,
    COLUMN,
    CONNECTION,
    CONTEXT,
    CURSOR,
    ENGINE,
    EXPRESSION,
    FACTORY,
    QUERY,
    RAW_CONNECTION,
    RESULT,
    SCALARS,
    SCOPED,
    SELECT,
    SESSION,
    STATE,
    STATEMENT,
    SUBQUERY,
    TRANSACTION,
)
from compare.source.values import NOTHING, OBJECT, Values, held, list_of, one, tuple_of

# Of MetaData, given an engine: it asks through that.
TABLES_MADE = ("create_all", "drop_all", "reflect")
# Methods that ask the database, by the class they belong to: these are awaited in the async twin.
_SESSION_IO: dict[str, Giver] = {
    "execute": executed,
    "exec": exec_,
    "scalars": executed_scalars,
    "scalar": executed_scalar,
    "get": got,
    "get_one": got,
    "commit": nothing,
    "rollback": nothing,
    "flush": nothing,
    "close": nothing,
    "close_all": nothing,
    "refresh": nothing,
    "delete": nothing,
    "delete_all": nothing,
    "merge": merged,
    "merge_all": merged,
    "connection": of(CONNECTION),
    "invalidate": nothing,
    "reset": nothing,
    "begin": of(TRANSACTION),
    "begin_nested": of(TRANSACTION),
    "bulk_save_objects": nothing,
    "bulk_insert_mappings": nothing,
    "bulk_update_mappings": nothing,
    "prepare": nothing,
}
_QUERY_IO: dict[str, Giver] = {
    "all": query_all,
    "first": query_one,
    "one": query_one,
    "one_or_none": query_one,
    "scalar": entity_one,
    "get": entity_one,
    "count": nothing,
    "delete": nothing,
    "update": nothing,
    "__iter__": query_all,
}
_CONNECTION_IO: dict[str, Giver] = {
    "execute": executed,
    "scalar": executed_scalar,
    "scalars": executed_scalars,
    "exec_driver_sql": executed,
    "begin": of(TRANSACTION),
    "begin_nested": of(TRANSACTION),
    "commit": nothing,
    "rollback": nothing,
    "close": nothing,
    "invalidate": nothing,
}
IO: dict[str, dict[str, Giver]] = {
    SESSION: _SESSION_IO,
    SCOPED: {**_SESSION_IO, "remove": nothing},
    QUERY: _QUERY_IO,
    CONNECTION: _CONNECTION_IO,
    TRANSACTION: {"commit": nothing, "rollback": nothing, "close": nothing},
    ENGINE: {
        "dispose": nothing,
        "raw_connection": of(RAW_CONNECTION),
        "execute": executed,
        "connect": of(CONNECTION),
        **dict.fromkeys(TABLES_MADE, nothing),
    },
}
# What `with` asks the database for: to begin, to commit, to give the connection back.
ENTERED = {SESSION, SCOPED, CONNECTION, TRANSACTION}
for _entered in ENTERED:
    IO[_entered]["__enter__"] = same
ENTERED.add(CLIENT)  # begins an app's lifespan
_RESULT_METHODS: dict[str, Giver] = {
    "all": result_rows,
    "fetchall": result_rows,
    "fetchmany": result_rows,
    "first": result_row,
    "one": result_row,
    "one_or_none": result_row,
    "fetchone": result_row,
    "scalars": scalars,
    "scalar": entity_one,
    "scalar_one": entity_one,
    "scalar_one_or_none": entity_one,
    "partitions": result_rows,
    "mappings": nothing,
    "tuples": same,
    "unique": same,
    "yield_per": same,
    "columns": same,
    "__iter__": result_rows,
}
_SCALARS_METHODS: dict[str, Giver] = {
    "all": entity_list,
    "fetchall": entity_list,
    "fetchmany": entity_list,
    "first": entity_one,
    "one": entity_one,
    "one_or_none": entity_one,
    "unique": same,
    "yield_per": same,
    "partitions": lambda me, args: list_of(entity_list(me, args)),
    "__iter__": entity_list,
}
# Methods that ask nobody.
_TABLES: dict[str, Giver] = {
    **dict.fromkeys(("subquery", "cte", "alias", "lateral"), of(SUBQUERY)),
    **dict.fromkeys(("exists", "scalar_subquery", "as_scalar", "label"), of(EXPRESSION)),
}
METHODS: dict[str, dict[str, Giver]] = {
    QUERY: _TABLES,
    SELECT: _TABLES,
    SESSION: {
        "query": new_query,
        "get_bind": of(ENGINE),
        "add": nothing,
    },
    SCOPED: {
        "query": new_query,
        "__call__": of(SESSION),
    },
    FACTORY: {
        "__call__": of(SESSION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, SESSION)),
        "configure": nothing,
    },
    ENGINE: {
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, CONNECTION)),
        "execution_options": same,
    },
    CONNECTION: {
        "execution_options": same,
    },
    RESULT: _RESULT_METHODS,
    SCALARS: _SCALARS_METHODS,
    RAW_CONNECTION: {"cursor": of(CURSOR), "__enter__": same},
    CURSOR: {"__enter__": same},
    ASYNC_SESSION: {
        **{name: awaited(giver) for name, giver in _SESSION_IO.items()},
        "stream": awaited(of(ASYNC_RESULT)),
        "stream_scalars": awaited(of(ASYNC_RESULT)),
        "begin": of(TRANSACTION),
        "begin_nested": of(TRANSACTION),
        "__enter__": same,
    },
    ASYNC_FACTORY: {
        "__call__": of(ASYNC_SESSION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, ASYNC_SESSION)),
    },
    ASYNC_ENGINE: {
        "connect": of(ASYNC_CONNECTION),
        "begin": lambda _me, _args: one(OBJECT, CONTEXT, one(OBJECT, ASYNC_CONNECTION)),
        "dispose": awaited(nothing),
    },
    ASYNC_CONNECTION: {
        **{name: awaited(giver) for name, giver in _CONNECTION_IO.items()},
        "begin": of(TRANSACTION),
        "begin_nested": of(TRANSACTION),
        "__enter__": same,
    },
    "list": {
        "copy": same,
        "pop": lambda me, _args: held(frozenset((me,))),
        "__getitem__": lambda me, _args: held(frozenset((me,))),
        "__iter__": same,
    },
    "dict": {
        "get": lambda me, _args: held(frozenset((me,))),
        "pop": lambda me, _args: held(frozenset((me,))),
        "setdefault": lambda me, _args: held(frozenset((me,))),
        "values": lambda me, _args: list_of(held(frozenset((me,)))),
        "items": lambda me, _args: list_of(tuple_of(NOTHING, held(frozenset((me,))))),
        "copy": same,
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
