"""What both log books accept and answer."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, PlainSerializer


def in_utc(moment: datetime) -> str:
    """One spelling for both drivers: psycopg2 gives the session's zone, asyncpg UTC."""
    return moment.astimezone(UTC).isoformat()


Moment = Annotated[datetime, PlainSerializer(in_utc, return_type=str)]


class NewEntry(BaseModel):
    """What a keeper writes into the book."""

    keeper: Annotated[int, Field(examples=[1])]
    visibility_km: Annotated[Decimal, Field(ge=0, lt=1000, decimal_places=2, examples=["3.50"])]
    remark: Annotated[str, Field(examples=["calm"])]


class Entry(BaseModel):
    """One line of the book."""

    id: UUID
    number: int
    keeper: str
    visibility_km: Decimal
    remark: str
    created_at: Moment


class Entries(BaseModel):
    """Lines of the book, with the sum of what could be seen."""

    entries: list[Entry]
    visibility_km: Decimal


class Relief(BaseModel):
    """Who takes over a watch."""

    keeper: int


class Watch(BaseModel):
    """Who keeps a watch, and how many entries they have written."""

    number: int
    keeper: str | None
    entries_written: int | None
    changed_at: Moment
