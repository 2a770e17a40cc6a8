"""Use cases of items."""

from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from legacy_app import errors
from legacy_app.database import retried
from legacy_app.items import repository
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


def search(session: Session, filters: ItemFilter) -> ItemPage:
    """Return one page of items, by name, and how many there are."""
    total = repository.count(session, filters)
    items = repository.search(session, filters)
    return ItemPage(items=[ItemRead.model_validate(item) for item in items], total=total)


def create(session: Session, payload: ItemCreate) -> ItemRead:
    """Make an item in existing categories."""
    categories = _categories(session, payload.categories)
    item = Item(**payload.model_dump(exclude={"categories"}), categories=categories)
    session.add(item)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if errors.constraint(error) == "uq_items_sku":
            raise DuplicateError(f"There is an item with the SKU {payload.sku}.") from error
        raise
    return ItemRead.model_validate(item)


@retried
def import_all(session: Session, payload: ItemImport) -> ImportReport:
    """Insert the rows that are good, all in one transaction, and say what is wrong with the others."""
    accepted, rejections = imports.check(payload.rows)
    taken = repository.find_taken(session, [row.sku for row in accepted.values()]) if accepted else []
    rows, rejections = imports.without_taken(accepted, rejections, taken)
    try:
        if rows:
            repository.insert_all(session, rows, imports.trail(rows))
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if errors.constraint(error) == "uq_items_sku":
            raise DuplicateError("One of these SKUs was taken in the meantime. Nothing was imported.") from error
        raise
    return ImportReport(imported=len(rows), rejected=len(payload.rows) - len(rows), errors=rejections)


def read(session: Session, sku: str) -> ItemRead:
    """Return an item."""
    return ItemRead.model_validate(_found(session, sku))


def change(session: Session, sku: str, payload: ItemPatch) -> ItemRead:
    """Change what the payload names, unless somebody else changed the item since the client read it."""
    item = _found(session, sku)
    if item.version != payload.version:
        raise _stale(sku)
    for field, value in payload.model_dump(exclude={"version"}, exclude_none=True).items():
        setattr(item, field, value)
    _commit(session, sku)
    return ItemRead.model_validate(item)


def delete(session: Session, sku: str) -> None:
    """Take an item out of the shop; orders keep it."""
    item = _found(session, sku)
    item.deleted_at = datetime.now(UTC)
    _commit(session, sku)


def read_thumbnail(session: Session, sku: str) -> bytes:
    """Return the picture of an item."""
    item = _found(session, sku)
    if item.thumbnail is None:
        raise NotFoundError("This item has no thumbnail.")
    return item.thumbnail


def change_thumbnail(session: Session, sku: str, image: bytes) -> None:
    """Give an item a picture."""
    item = _found(session, sku)
    item.thumbnail = image
    _commit(session, sku)


def list_categories(session: Session) -> list[CategoryTree]:
    """Return the tree of categories."""
    return [CategoryTree.model_validate(root) for root in repository.find_roots(session)]


def _found(session: Session, sku: str) -> Item:
    item = repository.find(session, sku)
    if item is None:
        raise NotFoundError("There is no such item.")
    return item


def _categories(session: Session, slugs: list[str]) -> list[Category]:
    categories = repository.find_categories(session, slugs)
    known = {category.slug for category in categories}
    for slug in slugs:
        if slug not in known:
            raise UnprocessableError(f"There is no category {slug}.", category=slug)
    return categories


def _commit(session: Session, sku: str) -> None:
    """Commit a change, which another writer may have overtaken since the item was read."""
    try:
        session.commit()
    except StaleDataError as error:
        session.rollback()
        raise _stale(sku) from error


def _stale(sku: str) -> StaleVersionError:
    return StaleVersionError(f"{sku} was changed in the meantime. Read it again.")
