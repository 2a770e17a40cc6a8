"""Statements on items and categories."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Query, Session, selectinload

from shared_models.models import AuditEntry, Category, Item
from shared_models.schemas.items import ItemFilter


def count(session: Session, filters: ItemFilter) -> int:
    """Return how many items match."""
    return _matching(session, filters).count()


def search(session: Session, filters: ItemFilter) -> list[Item]:
    """Return one page of the items that match, by name, with their categories."""
    query = _matching(session, filters).options(selectinload(Item.categories))
    return query.order_by(Item.name, Item.id).limit(filters.limit).offset(filters.offset).all()


def find(session: Session, sku: str) -> Item | None:
    """Return an item that is not deleted."""
    return session.query(Item).filter_by(sku=sku, deleted_at=None).one_or_none()


def find_categories(session: Session, slugs: Collection[str]) -> list[Category]:
    """Return the categories of these names, by name."""
    return session.query(Category).filter(Category.slug.in_(slugs)).order_by(Category.slug).all()


def find_roots(session: Session) -> list[Category]:
    """Return the categories at the top of the tree, by name."""
    return session.query(Category).filter_by(parent_id=None).order_by(Category.slug).all()


def find_taken(session: Session, skus: Collection[str]) -> list[str]:
    """Return those of the SKUs that exist, on deleted items too."""
    return [sku for (sku,) in session.query(Item.sku).filter(Item.sku.in_(skus))]


def insert_all(session: Session, rows: list[dict[str, Any]], trail: list[dict[str, Any]]) -> None:
    """Insert items and their audit entries, past the unit of work."""
    session.bulk_insert_mappings(Item, rows, render_nulls=True)
    session.bulk_insert_mappings(AuditEntry, trail)


def _matching(session: Session, filters: ItemFilter) -> "Query[Item]":
    query = session.query(Item).filter(
        Item.deleted_at.is_(None),
        text("(:tag IS NULL OR :tag = ANY (items.tags))"),
        text("(:min_price IS NULL OR items.price >= :min_price)"),
        text("(:max_price IS NULL OR items.price <= :max_price)"),
        text("(:in_stock IS NULL OR (items.stock > 0) = :in_stock)"),
    )
    if filters.name is not None:
        query = query.filter(Item.name.icontains(filters.name, autoescape=True))
    if filters.category is not None:
        query = query.filter(Item.categories.any(Category.slug == filters.category))
    return query.params(filters.model_dump(include={"tag", "min_price", "max_price", "in_stock"}))
