"""What both apps accept and answer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from compare.selftest.apps.model import Ship, Visit

Document = dict[str, Any]
Plant = Annotated[str, Header(alias="x-plant")]


class NewShip(BaseModel):
    """A ship that is entered into the books."""

    name: str = Field(min_length=2)
    kind: str = "tug"
    draught: float = 3.0
    tonnage: Decimal = Decimal("100.00")
    papers: dict[str, Any] = {}


class LooseShip(BaseModel):
    """NewShip as somebody typed it again: without the shortest name, and stricter about its size."""

    name: str
    kind: str = "tug"
    tonnage: Decimal = Field(default=Decimal("100.00"), gt=Decimal(10))


class NewVisit(BaseModel):
    """A ship that arrives."""

    ship: int
    berth: int
    fee: Decimal = Decimal("10.00")
    note: str = ""


class VisitDocument(BaseModel):
    """A visit."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    berth: int
    fee: Decimal


class FleetDocument(BaseModel):
    """A ship with all its visits."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    visits: list[VisitDocument]


def utc(moment: datetime) -> str:
    """One spelling for both drivers: psycopg2 gives the session's zone, asyncpg UTC."""
    return moment.astimezone(UTC).isoformat()


def of_ship(ship: Ship) -> Document:
    """A ship as it is answered."""
    return {"id": ship.id, "name": ship.name, "kind": ship.kind, "tonnage": ship.tonnage}


def of_visit(visit: Visit) -> Document:
    """A visit as it is answered."""
    return {"id": visit.id, "ship": visit.ship_id, "berth": visit.berth, "fee": visit.fee, "note": visit.note}
