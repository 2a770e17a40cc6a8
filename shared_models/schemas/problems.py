"""Problem details (RFC 9457), the body of every error."""

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One problem document; a type may bring extension members of its own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
