"""The audit trail: every flush of an audited object leaves a row in the same transaction.

The listener sits on a session class, so a legacy session and the sync session inside an `AsyncSession` write the same
trail (T43). Statements that bypass the unit of work (imports) owe the trail a row themselves, see `entry`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import event, func, insert, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstanceState, Mapped, Session, UOWTransaction, mapped_column, object_mapper

from shared_models.base import Base, Key

#: The id of the request that is being served, set by each app's middleware; `None` outside a request.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class AuditEntry(Base):
    """Who changed what: `changes` maps each column to its old and its new value as text."""

    __tablename__ = "audit_entries"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    request_id: Mapped[str | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_key: Mapped[str] = mapped_column(index=True)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)


class AuditedSession(Session):
    """A session whose flushes are written down in `audit_entries`."""


def entry(action: str, entity: str, entity_key: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return one row of the trail, to be inserted in the transaction of the change itself."""
    return {
        "request_id": request_id.get(),
        "action": action,
        "entity": entity,
        "entity_key": entity_key,
        "changes": changes,
    }


@event.listens_for(AuditedSession, "after_flush")
def _write_trail(session: Session, _context: UOWTransaction) -> None:
    entries = [
        *(_entry_of("create", instance) for instance in _audited(session.new)),
        *(_entry_of("change", instance) for instance in _audited(session.dirty)),
        *(_entry_of("delete", instance) for instance in _audited(session.deleted)),
    ]
    written = [one for one in entries if one["changes"] or one["action"] == "delete"]
    if written:
        session.connection().execute(insert(AuditEntry), written)


def _audited(instances: Iterable[object]) -> list[object]:
    """Return the audited ones in the order of their keys: the session hands out sets, the trail wants one order."""
    audited = [instance for instance in instances if hasattr(type(instance), "audit_key")]
    return sorted(audited, key=lambda one: (type(one).__name__, object_mapper(one).primary_key_from_instance(one)))


def _entry_of(action: str, instance: Any) -> dict[str, Any]:  # noqa: ANN401 - any mapped class with an audit key
    key = str(getattr(instance, type(instance).audit_key))
    return entry(action, type(instance).__name__, key, _changes(inspect(instance)))


def _changes(state: InstanceState[Any]) -> dict[str, Any]:
    """Return the changed columns. History is read without loading: an audit must not cause a query of its own."""
    secrets: frozenset[str] = getattr(state.class_, "audit_secrets", frozenset())
    changes: dict[str, Any] = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            old, new = (_text(values) for values in (history.deleted, history.added))
            changes[column.key] = ["***", "***"] if column.key in secrets else [old, new]
    return changes


def _text(values: Any) -> str | None:  # noqa: ANN401 - a sequence of column values of any type
    return str(values[0]) if values and values[0] is not None else None
