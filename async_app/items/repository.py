"""Statements on items and categories."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from shared_models.models import AuditEntry, Category, Item
from shared_models.schemas.items import ItemFilter


async def count(session: AsyncSession, filters: ItemFilter) -> int:
    """Return how many items match."""
    return (await session.scalars(select(func.count(Item.id)).where(*_matching(filters)))).one()


async def search(session: AsyncSession, filters: ItemFilter) -> list[Item]:
    """Return one page of the items that match, by name, with their categories."""
    query = select(Item).where(*_matching(filters)).options(selectinload(Item.categories))
    return list(await session.scalars(query.order_by(Item.name, Item.id).limit(filters.limit).offset(filters.offset)))


async def find(session: AsyncSession, sku: str) -> Item | None:
    """Return an item that is not deleted."""
    query = select(Item).filter_by(sku=sku, deleted_at=None).options(joinedload(Item.categories))
    return (await session.scalars(query)).unique().one_or_none()


async def find_categories(session: AsyncSession, slugs: Collection[str]) -> list[Category]:
    """Return the categories of these names, by name."""
    return list(await session.scalars(select(Category).where(Category.slug.in_(slugs)).order_by(Category.slug)))


async def find_roots(session: AsyncSession) -> list[Category]:
    """Return the categories at the top of the tree, by name, with everything below them."""
    categories = list(await session.scalars(select(Category).order_by(Category.slug)))
    children: dict[int | None, list[Category]] = defaultdict(list)
    for category in categories:
        children[category.parent_id].append(category)
    for category in categories:  # one statement and no lazy load, however deep the tree is (T01)
        set_committed_value(category, "children", children[category.id])
    return children[None]


async def find_taken(session: AsyncSession, skus: Collection[str]) -> list[str]:
    """Return those of the SKUs that exist, on deleted items too."""
    known = literal(list(skus), ARRAY(Text))  # one parameter, where IN would need one for each SKU (T46)
    return list(await session.scalars(select(Item.sku).where(Item.sku == any_(known))))


async def insert_all(session: AsyncSession, rows: list[dict[str, Any]], trail: list[dict[str, Any]]) -> None:
    """Insert items and their audit entries, past the unit of work."""
    if rows:
        await session.execute(insert(Item).execution_options(render_nulls=True), rows)
    if trail:
        await session.execute(insert(AuditEntry), trail)


def _matching(filters: ItemFilter) -> list[ColumnElement[bool]]:
    """Return the predicates of the filters that are set: `:x IS NULL OR` leaves PostgreSQL without a type (T19)."""
    predicates: list[ColumnElement[bool]] = [Item.deleted_at.is_(None)]
    if filters.tag is not None:
        predicates.append(literal(filters.tag) == any_(Item.tags))
    if filters.min_price is not None:
        predicates.append(Item.price >= filters.min_price)
    if filters.max_price is not None:
        predicates.append(Item.price <= filters.max_price)
    if filters.in_stock is not None:
        predicates.append((Item.stock > 0) == filters.in_stock)
    if filters.name is not None:
        predicates.append(Item.name.icontains(filters.name, autoescape=True))
    if filters.category is not None:
        predicates.append(Item.categories.any(Category.slug == filters.category))
    return predicates
