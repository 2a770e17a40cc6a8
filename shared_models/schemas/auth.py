"""Logging in."""

from uuid import UUID

from pydantic import EmailStr

from shared_models.schemas.values import Answer, Payload, Text, UtcDateTime


class Login(Payload):
    """Who, and the proof."""

    email: EmailStr
    password: Text


class LoginRead(Answer):
    """A bearer token: it is shown once, here."""

    token: str
    expires_at: UtcDateTime
    customer: UUID
