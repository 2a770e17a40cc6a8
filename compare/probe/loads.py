"""SELECTs that nobody wrote: attributes that SQLAlchemy loads when they are touched."""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from typing import Any

from .current import note
from .raised import chain

_refreshing: ContextVar[bool] = ContextVar("compare_refreshing", default=False)
REFUSAL = "sqlalchemy.exc.MissingGreenlet"


def install(orm: Any) -> None:
    """Follow loads of this process's ORM; called with the module `sqlalchemy.orm`."""
    from sqlalchemy import event  # noqa: PLC0415 - the app has imported it

    event.listen(orm.Session, "do_orm_execute", _executed)
    _follow_refresh(orm.Session)
    _follow_raiseload()


def _follow_refresh(session: Any) -> None:
    """Session.refresh looks like the load of an expired attribute, but somebody wrote it."""
    original = session.refresh

    @wraps(original)
    def refresh(self: Any, *args: Any, **options: Any) -> Any:
        token = _refreshing.set(True)
        try:
            return original(self, *args, **options)
        finally:
            _refreshing.reset(token)

    session.refresh = refresh


def _executed(state: Any) -> Any:
    """SQLAlchemy's `do_orm_execute`: the load is run here, so that its refusal is seen."""
    found = _implicit(state)
    if found is None:
        return None
    kind, name = found
    try:
        result = state.invoke_statement()
    except Exception as error:
        if REFUSAL in chain(error):
            note("ImplicitLoad", kind=kind, name=name, refused=True)
        raise
    note("ImplicitLoad", kind=kind, name=name)
    return result


def _implicit(state: Any) -> tuple[str, str] | None:
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        owner = state.lazy_loaded_from.mapper.class_.__name__
        path = state.loader_strategy_path
        key = getattr(path[-1], "key", "?") if path is not None else "?"
        return "lazy", f"{owner}.{key}"
    if state.is_column_load and not _refreshing.get():
        loaded = getattr(state.load_options, "_refresh_state", None)
        owner = loaded.mapper.class_.__name__ if loaded is not None else "?"
        names = getattr(getattr(state.statement, "_compile_options", None), "_only_load_props", None) or ()
        return "column", f"{owner}.{next(iter(names)) if len(names) == 1 else '*'}"  # all that expired, or one
    return None


def _follow_raiseload() -> None:
    """An attribute under raiseload raises before anything is executed, so there is no event for it."""
    from sqlalchemy.orm import strategies  # noqa: PLC0415 - the app has imported it

    for name, kind in (("LazyLoader", "lazy"), ("DeferredColumnLoader", "column")):
        loader: Any = getattr(strategies, f"_{name}", None) or getattr(strategies, name, None)  # 2.1, or before
        original = getattr(loader, "_invoke_raise_load", None)
        if original is not None:
            loader._invoke_raise_load = _refusing(original, kind)  # noqa: SLF001 - there is no public way


def _refusing(original: Any, kind: str) -> Any:
    def refused(self: Any, state: Any, *args: Any) -> Any:
        note("ImplicitLoad", kind=kind, name=f"{state.mapper.class_.__name__}.{self.key}", refused=True)
        return original(self, state, *args)

    return refused
