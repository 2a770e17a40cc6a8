"""Value types of the contract, chosen so that both drivers can take and give the same value."""

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("text cannot contain NUL characters")
    return text


def _in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def shortest_float4(value: float) -> float:
    """Return the shortest number that is the same `real`: psycopg2 gives 1.1, asyncpg 1.100000023841858 (T49)."""
    stored = struct.pack("f", value + 0.0)  # minus zero is zero: psycopg2 would drop the sign
    exact: float = struct.unpack("f", stored)[0]
    for digits in range(1, 10):  # nine always suffice
        short = float(f"{exact:.{digits}g}")
        if struct.pack("f", short) == stored:
            return short
    return exact


#: Text that PostgreSQL can hold: it has no NUL.
Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(_without_nul)]
#: A name a person gave.
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_without_nul)
]
#: What a client names a request by, so that sending it again does nothing more.
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_without_nul)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
#: With two decimals from the start: an object that is not read back after its INSERT says what the column would say.
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2), AfterValidator(_in_cents)]
Price = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2), AfterValidator(_in_cents)]
#: `timestamptz` comes back in the session's zone from psycopg2 and in UTC from asyncpg (T18); the contract says UTC.
UtcDateTime = Annotated[datetime, AfterValidator(_in_utc)]
Float4 = Annotated[float, AfterValidator(shortest_float4)]


class Payload(BaseModel):
    """What a client sends: a key that nobody knows is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What a client gets, read from mapped objects."""

    model_config = ConfigDict(from_attributes=True)
