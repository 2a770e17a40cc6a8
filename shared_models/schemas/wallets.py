"""Accounts and transfers."""

from decimal import Decimal
from uuid import UUID

from pydantic import AliasPath, Field

from shared_models.schemas.values import Amount, Answer, Payload, UtcDateTime


class AccountRead(Answer):
    """An account and what it holds."""

    id: UUID = Field(validation_alias="public_id")
    currency: str
    balance: Decimal


class TransferCreate(Payload):
    """Move an amount; the idempotency key travels as a header."""

    source: UUID
    target: UUID
    amount: Amount


class TransferRead(Answer):
    """A transfer that happened; `source_balance` is what was left right after it."""

    id: UUID = Field(validation_alias="public_id")
    source: UUID = Field(validation_alias=AliasPath("source", "public_id"))
    target: UUID = Field(validation_alias=AliasPath("target", "public_id"))
    amount: Decimal
    source_balance: Decimal
    created_at: UtcDateTime
