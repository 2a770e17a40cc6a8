"""Items and categories over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from async_app.auth.router import CurrentStaff
from async_app.database import SessionDep
from async_app.items import service
from shared_models.errors import TooLargeError
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
from shared_models.schemas.values import Sku

router = APIRouter(tags=["items"])

MAX_THUMBNAIL = 64 * 1024
PNG = {"image/png": {"schema": {"type": "string", "format": "binary"}}}


async def posted_image(request: Request) -> bytes:
    """Return the body of the request, read no further than a thumbnail may be long."""
    image = bytearray()
    async for chunk in request.stream():
        image += chunk
        if len(image) > MAX_THUMBNAIL:
            raise TooLargeError(f"A thumbnail has at most {MAX_THUMBNAIL} bytes.", limit=MAX_THUMBNAIL)
    return bytes(image)


@router.get("/items")
async def search_items(session: SessionDep, filters: Annotated[ItemFilter, Query()]) -> ItemPage:
    """List what is for sale, page by page."""
    return await service.search(session, filters)


@router.post("/items", status_code=201)
async def create_item(response: Response, session: SessionDep, _staff: CurrentStaff, payload: ItemCreate) -> ItemRead:
    """Put an item up for sale."""
    item = await service.create(session, payload)
    response.headers["Location"] = f"/items/{item.sku}"
    return item


@router.post("/items/import")
async def import_items(session: SessionDep, _staff: CurrentStaff, payload: ItemImport) -> ImportReport:
    """Put many items up for sale in one transaction; bad rows are left out and reported."""
    return await service.import_all(session, payload)


@router.get("/items/{sku}")
async def read_item(session: SessionDep, sku: Sku) -> ItemRead:
    """Read one item."""
    return await service.read(session, sku)


@router.patch("/items/{sku}")
async def change_item(session: SessionDep, _staff: CurrentStaff, sku: Sku, payload: ItemPatch) -> ItemRead:
    """Change one item, in the version that the client has read."""
    return await service.change(session, sku, payload)


@router.delete("/items/{sku}", status_code=204)
async def delete_item(session: SessionDep, _staff: CurrentStaff, sku: Sku) -> None:
    """Take one item out of the shop."""
    await service.delete(session, sku)


@router.get("/items/{sku}/thumbnail", response_class=Response, responses={200: {"content": PNG}})
async def read_thumbnail(session: SessionDep, sku: Sku) -> Response:
    """Read the picture of one item."""
    image = await service.read_thumbnail(session, sku)
    return Response(image, media_type="image/png")


@router.put(
    "/items/{sku}/thumbnail", status_code=204, openapi_extra={"requestBody": {"required": True, "content": PNG}}
)
async def change_thumbnail(
    session: SessionDep, _staff: CurrentStaff, sku: Sku, image: Annotated[bytes, Depends(posted_image)]
) -> None:
    """Replace the picture of one item."""
    await service.change_thumbnail(session, sku, image)


@router.get("/categories")
async def list_categories(session: SessionDep) -> list[CategoryTree]:
    """Read the whole tree of categories."""
    return await service.list_categories(session)
