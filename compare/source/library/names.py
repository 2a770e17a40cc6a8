"""The names of libraries' classes and functions: one for each, however many paths lead to it.

`sqlalchemy.orm.Session`, `sqlalchemy.orm.session.Session` and `sqlmodel.Session` are one: `canonical` says which.
"""

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
STATEMENTS = {"insert", "update", "delete", "text", "union", "union_all", "exists", "values", "lambda_stmt"}
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
        if last in STATEMENTS:
            return f"sqlalchemy.{last}"
        if last == "SQLModel":
            return "sqlmodel.SQLModel"
        return name
    return _ELSEWHERE.get(name, name)
