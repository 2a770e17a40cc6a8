"""What the apps take and give: JSON of buoys, and the answers of two refusals."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

Depth = Annotated[Decimal, Field(ge=0, max_digits=6, decimal_places=2)]


class NewBuoy(BaseModel):
    """A buoy to be laid."""

    name: str = Field(min_length=1, max_length=40)
    depth_m: Depth


class Sounding(BaseModel):
    """A depth that was measured at a buoy."""

    depth_m: Depth


class Buoy(BaseModel):
    """A buoy as it lies."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    depth_m: Decimal
    laid_at: datetime


def missing(buoy_id: int) -> HTTPException:
    """The answer where no buoy has this id."""
    return HTTPException(404, f"no buoy {buoy_id}")


def taken(name: str) -> HTTPException:
    """The answer where the name is another buoy's."""
    return HTTPException(409, f"there is a buoy {name!r} already")
