"""Use cases of items."""

from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from starlette.concurrency import run_in_threadpool

from async_app import errors
from async_app.database import retried
from async_app.items import repository
from shared_models.errors import DuplicateError, NotFoundError, StaleVersionError, UnprocessableError
from shared_models.models import Category, Item
from shared_models.rules import imports
from shared_models.schemas.items import (
    CategoryTree,
    ImportReport,
    ItemCreate,
    ItemFilter,
    ItemImport,
    ItemPage,
    ItemPatch,
    ItemRead,
)


async def search(session: AsyncSession, filters: ItemFilter) -> ItemPage:
    """Return one page of items, by name, and how many there are."""
    total = await repository.count(session, filters)
    items = await repository.search(session, filters)
    return ItemPage(items=[ItemRead.model_validate(item) for item in items], total=total)


async def create(session: AsyncSession, payload: ItemCreate) -> ItemRead:
    """Make an item in existing categories."""
    categories = await _categories(session, payload.categories)
    item = Item(**payload.model_dump(exclude={"categories"}), categories=categories)
    session.add(item)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if errors.constraint(error) == "uq_items_sku":
            raise DuplicateError(f"There is an item with the SKU {payload.sku}.") from error
        raise
    return ItemRead.model_validate(item)


@retried
async def import_all(session: AsyncSession, payload: ItemImport) -> ImportReport:
    """Insert the rows that are good, all in one transaction, and say what is wrong with the others."""
    accepted, rejections = await run_in_threadpool(imports.check, payload.rows)  # seconds of CPU at worst (T54)
    taken = await repository.find_taken(session, [row.sku for row in accepted.values()]) if accepted else []
    rows, rejections = imports.without_taken(accepted, rejections, taken)
    try:
        if rows:
            await repository.insert_all(session, rows, await run_in_threadpool(imports.trail, rows))
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if errors.constraint(error) == "uq_items_sku":
            raise DuplicateError("One of these SKUs was taken in the meantime. Nothing was imported.") from error
        raise
    return ImportReport(imported=len(rows), rejected=len(payload.rows) - len(rows), errors=rejections)


async def read(session: AsyncSession, sku: str) -> ItemRead:
    """Return an item."""
    return ItemRead.model_validate(await _found(session, sku))


async def change(session: AsyncSession, sku: str, payload: ItemPatch) -> ItemRead:
    """Change what the payload names, unless somebody else changed the item since the client read it."""
    item = await _found(session, sku)
    if item.version != payload.version:
        raise _stale(sku)
    # asyncpg hands out all digits of a float4; what the client sends back is no change, nor is it for the trail (T49).
    set_committed_value(item, "weight", ItemRead.model_validate(item).weight)
    for field, value in payload.model_dump(exclude={"version"}, exclude_none=True).items():
        setattr(item, field, value)
    await _flush(session, sku)
    await session.refresh(item, ["updated_at"])  # PostgreSQL set it, the object does not know it (T25)
    await session.commit()
    return ItemRead.model_validate(item)


async def delete(session: AsyncSession, sku: str) -> None:
    """Take an item out of the shop; orders keep it."""
    item = await _found(session, sku)
    item.deleted_at = datetime.now(UTC)
    await _flush(session, sku)
    await session.commit()


async def read_thumbnail(session: AsyncSession, sku: str) -> bytes:
    """Return the picture of an item."""
    item = await _found(session, sku)
    await session.refresh(item, ["thumbnail"])  # deferred: nothing loads it on a touch (T28)
    if item.thumbnail is None:
        raise NotFoundError("This item has no thumbnail.")
    return item.thumbnail


async def change_thumbnail(session: AsyncSession, sku: str, image: bytes) -> None:
    """Give an item a picture."""
    item = await _found(session, sku)
    item.thumbnail = image
    await _flush(session, sku)
    await session.commit()


async def list_categories(session: AsyncSession) -> list[CategoryTree]:
    """Return the tree of categories."""
    return [CategoryTree.model_validate(root) for root in await repository.find_roots(session)]


async def _found(session: AsyncSession, sku: str) -> Item:
    item = await repository.find(session, sku)
    if item is None:
        raise NotFoundError("There is no such item.")
    return item


async def _categories(session: AsyncSession, slugs: list[str]) -> list[Category]:
    categories = await repository.find_categories(session, slugs)
    known = {category.slug for category in categories}
    for slug in slugs:
        if slug not in known:
            raise UnprocessableError(f"There is no category {slug}.", category=slug)
    return categories


async def _flush(session: AsyncSession, sku: str) -> None:
    """Send a change, which another writer may have overtaken since the item was read."""
    try:
        await session.flush()
    except StaleDataError as error:
        await session.rollback()
        raise _stale(sku) from error


def _stale(sku: str) -> StaleVersionError:
    return StaleVersionError(f"{sku} was changed in the meantime. Read it again.")
