"""Use case of readiness."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared_models.schemas.health import Health


def check(session: Session) -> Health:
    """Ask the database for a sign of life."""
    session.execute(text("SELECT 1"))
    return Health(status="ok")
