"""Loads that nobody wrote: the attribute, the line that touched it, and the query that its parent came by.

Kinds: `lazy` (a relationship), `expired` (after a commit, rollback or `expire`), `onupdate` (made by the database in a
flush), `deferred`, `polymorphic` (a subclass's column). What a session loads inside a call that is awaited in the async
twin (flush, delete, merge, …) runs in SQLAlchemy's greenlet there: such loads are told as `inside`.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import TYPE_CHECKING, Any

from . import answers, places, writing

if TYPE_CHECKING:
    from types import FrameType

_ORIGIN = "compare_trace"
_HELD = "compare_trace_held"
_AWAITED = {
    "flush", "_flush", "commit", "_prepare_impl", "delete", "_delete_impl", "merge", "_merge", "refresh", "rollback",
    "execute", "scalars", "scalar", "get", "get_one", "_execute_internal", "_autoflush", "close", "begin_nested",
    "delete_all", "merge_all",
}  # fmt: skip
_TOUCHED = ("attributes.py", "collections.py", "state.py", "strategies.py", "loading.py", "dynamic.py")
_last = threading.local()


def install(orm: Any) -> None:
    """Follow the sessions of this process's ORM."""
    from sqlalchemy import event  # noqa: PLC0415 - the app has imported it

    event.listen(orm.Mapper, "load", loaded, raw=True)  # with the state, which saves asking it for its object
    event.listen(orm.Session, "after_commit", committed)
    event.listen(orm.Session, "after_rollback", rolled_back)
    refresh, expire, expire_all = orm.Session.refresh, orm.Session.expire, orm.Session.expire_all

    @functools.wraps(refresh)
    def refreshing(self: Any, *args: Any, **options: Any) -> Any:
        _last.refreshing = getattr(_last, "refreshing", 0) + 1
        try:
            return refresh(self, *args, **options)
        finally:
            _last.refreshing -= 1

    @functools.wraps(expire)
    def expiring(self: Any, instance: Any, *args: Any, **options: Any) -> Any:
        expire(self, instance, *args, **options)
        instance._sa_instance_state.info.pop(_HELD, None)  # noqa: SLF001 - where SQLAlchemy keeps what it knows of it

    @functools.wraps(expire_all)
    def expiring_all(self: Any) -> None:
        expire_all(self)
        _let_go(self)

    orm.Session.refresh, orm.Session.expire, orm.Session.expire_all = refreshing, expiring, expiring_all


def committed(session: Any) -> None:
    """SQLAlchemy's `after_commit`, before it expires objects: what they hold is what `expire_on_commit=False` keeps."""
    session.info[_ORIGIN] = "commit"
    if session.expire_on_commit:
        for state in session.identity_map.all_states():
            state.info[_HELD] = state.info.get(_HELD, frozenset()) | state.dict.keys()


def rolled_back(session: Any) -> None:
    """SQLAlchemy's `after_rollback`: it expires everything, whatever the session is told to keep."""
    session.info[_ORIGIN] = "rollback"
    _let_go(session)


def _let_go(session: Any) -> None:
    for state in session.identity_map.all_states():
        state.info.pop(_HELD, None)


def loaded(state: Any, context: Any) -> None:
    """SQLAlchemy's `load`: remember by which query an object came."""
    if getattr(_last, "run", None) != context.runid:  # by its number: a reference would keep the session alive
        _last.run = context.runid
        _last.origin = _origin(context)
    origin = _last.origin
    if origin[0] is not None:
        way = state.load_path
        state.info[_ORIGIN] = origin if way is None or not len(way) else (origin[0], _whole(way, origin[1]))


def _origin(context: Any) -> tuple[Any, tuple[str, ...]]:
    """The place of the query that an object came by, and the way from what it asked for to the object."""
    parent = getattr(getattr(context, "load_options", None), "_lazy_loaded_from", None)
    if parent is not None:
        known = parent.info.get(_ORIGIN)
        if known is not None:
            return known[0], (*known[1], _attribute(context))
    frame = places.innermost(sys._getframe(2))  # noqa: SLF001 - no public way to the stack is as cheap
    way = _current_path(context)
    return frame, _path(way) if way is not None and len(way) else ()


def _current_path(context: Any) -> Any:
    return getattr(_compile_options(context), "_current_path", None)


def _compile_options(context: Any) -> Any:
    """How a query was compiled; of a query's own context, or of its compiled form."""
    return getattr(getattr(context, "compile_state", None), "compile_options", None)


def _attribute(context: Any) -> str:
    path = _path(_current_path(context))
    return path[-1] if path else "?"


def _path(path: Any) -> tuple[str, ...]:
    """The attributes on a loader's path: `Order.lines`, `OrderLine.item`."""
    found = []
    for part in path or ():
        key, parent = getattr(part, "key", None), getattr(part, "parent", None)
        if key and parent is not None and hasattr(parent, "class_"):
            found.append(f"{_class(parent.class_)}.{key}")
    return tuple(found)


def _whole(way: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """The way to an object that came with another one: that of the query, and what an eager loader added."""
    path = _path(way)
    return path if path[: len(known)] == known else known


def _class(klass: Any) -> str:
    return f"{klass.__module__}.{klass.__qualname__}"


def executed(frame: FrameType | None, context: Any, options: Any) -> None:
    """Note a load that nobody wrote.

    Args:
        frame: From which the statement is executed.
        context: Its execution context.
        options: SQLAlchemy's `load_options` of it.
    """
    found = _implicit(context, options)
    if found is None:
        return
    kind, owner, name = found
    frames = places.stack(frame, answers.served)  # a test that calls the app on its own loop does not touch the object
    inside = _inside(frame)
    root, path = owner.info.get(_ORIGIN, (None, ()))
    key = (
        kind,
        owner.mapper.class_,
        name,
        inside,
        _cause(kind, owner, name),
        tuple((id(each.code), each.at) for each in frames[:2]),
        (id(root.code), root.at) if root is not None else None,  # one line may touch objects of several queries
        path,
    )
    if writing.seen("loads", key):
        return
    where = _where(frame, own=bool(frames))
    writing.keep(
        "loads",
        key,
        {
            "kind": kind,
            "owner": _class(owner.mapper.class_),
            "name": name,
            "inside": inside,
            "cause": _cause(kind, owner, name),
            "at": places.told(frames[0]) if frames else None,
            "stack": [places.told(each) for each in frames[:12]],
            "root": places.told(root) if root is not None else None,
            "path": list(path),
            **where,
        },
    )


def _implicit(context: Any, options: Any) -> tuple[str, Any, str] | None:
    """What kind of load this is, of which object, of which attribute; None for what somebody asked for."""
    path = _current_path(context.compiled)
    if path is not None and len(path):
        owner = options._lazy_loaded_from  # noqa: SLF001 - what `ORMExecuteState.lazy_loaded_from` returns
        return None if owner is None else ("lazy", owner, getattr(path[-1], "key", "?"))
    owner = options._refresh_state  # noqa: SLF001 - that there is one is what `is_column_load` says
    if owner is None or _last.__dict__.get("refreshing"):
        return None
    chosen = sorted(getattr(_compile_options(context.compiled), "_only_load_props", None) or ())
    return _column_kind(owner, chosen), owner, chosen[0] if len(chosen) == 1 else "*"


def _column_kind(owner: Any, names: list[str]) -> str:
    properties = [owner.mapper.attrs[name] for name in names if name in owner.mapper.attrs]
    if owner.expired or not properties:
        return "expired"
    if any(getattr(each, "deferred", False) for each in properties):
        return "deferred"
    columns = [column for each in properties for column in getattr(each, "columns", ())]
    if owner.mapper.inherits is not None and any(
        column.table is not owner.mapper.base_mapper.local_table for column in columns if hasattr(column, "table")
    ):
        return "polymorphic"
    made = ("onupdate", "server_onupdate", "server_default", "computed")
    if any(getattr(column, name, None) is not None for column in columns for name in made):
        return "onupdate"
    return "expired"


def _cause(kind: str, owner: Any, name: str) -> str:
    """What expired an object, or a relationship that it held: the end of a transaction, or somebody who asked."""
    if kind == "lazy":
        return "commit" if name in owner.info.get(_HELD, ()) else ""
    if kind != "expired":
        return ""
    session = owner.session
    return str(session.info.get(_ORIGIN, "expire")) if session is not None else "expire"


def _inside(frame: FrameType | None) -> bool:
    """Whether this load happens within a call of a session's that is awaited in async."""
    touched = False
    while frame is not None:
        code = frame.f_code
        path = code.co_filename
        if "sqlalchemy" in path:
            name = path.replace("\\", "/").rpartition("/")[2]
            if touched and name in {"session.py", "query.py", "scoping.py"} and code.co_name in _AWAITED:
                return True
            touched = (
                touched
                or name in {"attributes.py", "collections.py"}
                or (name == "state.py" and code.co_name == "_load_expired")
            )
        frame = frame.f_back
    return False


def _where(frame: FrameType | None, *, own: bool) -> dict[str, str]:
    """What goes on around a load: an answer that is made, a template that is rendered; and the route it is for.

    A sync route's answer is serialised in a thread, where neither the route nor FastAPI's caller is on the stack.
    """
    route, during = answers.route(), ""
    if route and not own:
        during = "answer"
    while frame is not None and not during:
        name, path = frame.f_code.co_name, frame.f_code.co_filename
        if name == "serialize_response":
            during = "answer"
        elif "jinja2" in path:
            during = "template"
        frame = frame.f_back
    return {"during": during, "route": route}
