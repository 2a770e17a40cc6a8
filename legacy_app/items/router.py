"""Items and categories over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from legacy_app.auth.router import CurrentStaff
from legacy_app.database import SessionDep
from legacy_app.items import service
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
def search_items(session: SessionDep, filters: Annotated[ItemFilter, Query()]) -> ItemPage:
    """List what is for sale, page by page."""
    return service.search(session, filters)


@router.post("/items", status_code=201)
async def create_item(response: Response, session: SessionDep, _staff: CurrentStaff, payload: ItemCreate) -> ItemRead:
    """Put an item up for sale."""
    item = await run_in_threadpool(service.create, session, payload)
    response.headers["Location"] = f"/items/{item.sku}"
    return item


@router.post("/items/import")
async def import_items(session: SessionDep, _staff: CurrentStaff, payload: ItemImport) -> ImportReport:
    """Put many items up for sale in one transaction; bad rows are left out and reported."""
    return await run_in_threadpool(service.import_all, session, payload)


@router.get("/items/{sku}")
def read_item(session: SessionDep, sku: Sku) -> ItemRead:
    """Read one item."""
    return service.read(session, sku)


@router.patch("/items/{sku}")
async def change_item(session: SessionDep, _staff: CurrentStaff, sku: Sku, payload: ItemPatch) -> ItemRead:
    """Change one item, in the version that the client has read."""
    return await run_in_threadpool(service.change, session, sku, payload)


@router.delete("/items/{sku}", status_code=204)
async def delete_item(session: SessionDep, _staff: CurrentStaff, sku: Sku) -> None:
    """Take one item out of the shop."""
    await run_in_threadpool(service.delete, session, sku)


@router.get("/items/{sku}/thumbnail", response_class=Response, responses={200: {"content": PNG}})
async def read_thumbnail(session: SessionDep, sku: Sku) -> Response:
    """Read the picture of one item."""
    image = await run_in_threadpool(service.read_thumbnail, session, sku)
    return Response(image, media_type="image/png")


@router.put(
    "/items/{sku}/thumbnail", status_code=204, openapi_extra={"requestBody": {"required": True, "content": PNG}}
)
async def change_thumbnail(
    session: SessionDep, _staff: CurrentStaff, sku: Sku, image: Annotated[bytes, Depends(posted_image)]
) -> None:
    """Replace the picture of one item."""
    await run_in_threadpool(service.change_thumbnail, session, sku, image)


@router.get("/categories")
def list_categories(session: SessionDep) -> list[CategoryTree]:
    """Read the whole tree of categories."""
    return service.list_categories(session)
