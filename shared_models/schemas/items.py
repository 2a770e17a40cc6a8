"""Items, categories and the batch import."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from shared_models.schemas.values import (
    Answer,
    Float4,
    Name,
    Payload,
    Price,
    Sku,
    Text,
    UtcDateTime,
    shortest_float4,
)

Tags = Annotated[list[Name], Field(max_length=20)]
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False), AfterValidator(shortest_float4)]
Stock = Annotated[int, Field(ge=0, le=1_000_000_000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class ItemCreate(Payload):
    """A new item, in any number of existing categories."""

    sku: Sku
    name: Name
    price: Price
    weight: Weight | None = None
    tags: Tags = []
    stock: Stock = 0
    categories: Annotated[list[Slug], Field(max_length=20)] = []


class ItemPatch(Payload):
    """A change against the version that the client has read."""

    version: Annotated[int, Field(ge=1, lt=2**31)]
    name: Name | None = None
    price: Price | None = None
    weight: Weight | None = None
    tags: Tags | None = None
    stock: Stock | None = None


class CategoryRead(Answer):
    """A category by name."""

    slug: str
    name: str


class CategoryTree(CategoryRead):
    """A category with everything below it."""

    children: list["CategoryTree"]


class ItemRead(Answer):
    """An item with its categories."""

    sku: str
    name: str
    price: Decimal
    weight: Float4 | None
    tags: list[str]
    stock: int
    version: int
    categories: list[CategoryRead]
    created_at: UtcDateTime
    updated_at: UtcDateTime


class ItemPage(Answer):
    """One page of a list, with the number of all items that match."""

    items: list[ItemRead]
    total: int


class ItemFilter(Payload):
    """How a list is narrowed down; every filter may be left out."""

    name: Text | None = None
    tag: Text | None = None
    category: Slug | None = None
    min_price: Price | None = None
    max_price: Price | None = None
    in_stock: bool | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ItemImport(Payload):
    """Up to 10,000 rows. Each is checked by itself, so that one bad row does not cost the others their place."""

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)]


class ImportRow(Payload):
    """What a row of an import must look like."""

    sku: Sku
    name: Name
    price: Price
    weight: Weight | None = None
    tags: Tags = []
    stock: Stock = 0


class ImportRejection(Answer):
    """Why a row was left out; `row` counts from 0."""

    row: int
    field: str
    message: str


class ImportReport(Answer):
    """What became of an import."""

    imported: int
    rejected: int
    errors: list[ImportRejection]
